-- What the dashboard and the pulse ask of alerts: the worst few, and whether one speaks of a source. The words of the first are those of
-- `store/alerts.rs`.
CREATE INDEX alerts_by_urgency ON alerts ((CASE severity WHEN 'critical' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END), (due_at IS NULL),
    due_at, opened_at DESC, id DESC) WHERE state <> 'resolved';
CREATE INDEX alerts_by_link ON alerts (link) WHERE state <> 'resolved';

-- How many alerts there are in each state: every page tells in its frame how many are open, and there may be tens of thousands. The
-- database keeps them itself, so that no writer can forget to.
CREATE TABLE alert_counts (
    state TEXT NOT NULL,
    severity TEXT NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (state, severity)
);
INSERT INTO alert_counts (state, severity, n) SELECT state, severity, COUNT(*) FROM alerts GROUP BY state, severity;
CREATE TRIGGER alerts_counted_in AFTER INSERT ON alerts BEGIN
    INSERT INTO alert_counts (state, severity, n) VALUES (new.state, new.severity, 1)
        ON CONFLICT (state, severity) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER alerts_counted_out AFTER DELETE ON alerts BEGIN
    UPDATE alert_counts SET n = n - 1 WHERE state = old.state AND severity = old.severity;
END;
CREATE TRIGGER alerts_counted_anew AFTER UPDATE OF state, severity ON alerts BEGIN
    UPDATE alert_counts SET n = n - 1 WHERE state = old.state AND severity = old.severity;
    INSERT INTO alert_counts (state, severity, n) VALUES (new.state, new.severity, 1)
        ON CONFLICT (state, severity) DO UPDATE SET n = n + 1;
END;

-- How many findings a pass over everything has left, so that nobody counts them page by page.
CREATE TABLE finding_counts (
    rule TEXT NOT NULL,
    -- The kinds whose listings prove them, as in findings.
    needs TEXT NOT NULL,
    -- 'doubted', or empty where only the listings can make them unsure.
    doubt TEXT NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (rule, needs, doubt)
);
INSERT INTO finding_counts (rule, needs, doubt, n)
    SELECT rule, needs, CASE WHEN doubt = '' THEN '' ELSE 'doubted' END, COUNT(*) FROM findings GROUP BY 1, 2, 3;
