DROP TABLE idempotency_keys;
DROP TABLE run_subjects;
DROP TABLE run_steps;
DROP TABLE run_lanes;
DROP TABLE runs;
