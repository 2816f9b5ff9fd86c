DROP TABLE finding_counts;
DROP TRIGGER alerts_counted_anew;
DROP TRIGGER alerts_counted_out;
DROP TRIGGER alerts_counted_in;
DROP TABLE alert_counts;
DROP INDEX alerts_by_link;
DROP INDEX alerts_by_urgency;
