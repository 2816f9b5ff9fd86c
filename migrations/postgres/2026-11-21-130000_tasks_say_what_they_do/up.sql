-- What a task does and how often, as the worker that runs it says: pages know it without knowing the worker.
ALTER TABLE tasks ADD COLUMN about TEXT COLLATE "C" NOT NULL DEFAULT '';
-- Seconds.
ALTER TABLE tasks ADD COLUMN cadence BIGINT NOT NULL DEFAULT 0;
