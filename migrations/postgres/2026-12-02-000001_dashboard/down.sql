DROP TABLE finding_counts;
DROP TRIGGER alerts_counted ON alerts;
DROP FUNCTION count_alerts();
DROP TABLE alert_counts;
DROP INDEX alerts_by_link;
DROP INDEX alerts_by_urgency;
