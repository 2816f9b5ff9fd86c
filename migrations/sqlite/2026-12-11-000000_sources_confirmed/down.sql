DROP TRIGGER scopes_totalled_after;
DROP TRIGGER scopes_totalled_before;
DROP TRIGGER scopes_totalled_out;
DROP TRIGGER scopes_totalled_in;
ALTER TABLE source_totals DROP COLUMN oldest_confirmed_at;
ALTER TABLE source_totals DROP COLUMN confirmed_scopes;
CREATE TRIGGER scopes_totalled_in AFTER INSERT ON scopes WHEN new.gone_at IS NULL BEGIN
    INSERT INTO source_totals (source, scopes, complete_scopes, present)
        VALUES (new.source, 1, CASE WHEN new.state = 'complete' THEN 1 ELSE 0 END, new.present)
        ON CONFLICT (source) DO UPDATE SET scopes = source_totals.scopes + 1,
            complete_scopes = source_totals.complete_scopes + excluded.complete_scopes,
            present = source_totals.present + excluded.present;
END;
CREATE TRIGGER scopes_totalled_out AFTER DELETE ON scopes WHEN old.gone_at IS NULL BEGIN
    UPDATE source_totals SET scopes = scopes - 1, present = present - old.present,
        complete_scopes = complete_scopes - CASE WHEN old.state = 'complete' THEN 1 ELSE 0 END WHERE source = old.source;
END;
CREATE TRIGGER scopes_totalled_before AFTER UPDATE OF source, state, present, gone_at ON scopes WHEN old.gone_at IS NULL BEGIN
    UPDATE source_totals SET scopes = scopes - 1, present = present - old.present,
        complete_scopes = complete_scopes - CASE WHEN old.state = 'complete' THEN 1 ELSE 0 END WHERE source = old.source;
END;
CREATE TRIGGER scopes_totalled_after AFTER UPDATE OF source, state, present, gone_at ON scopes WHEN new.gone_at IS NULL BEGIN
    INSERT INTO source_totals (source, scopes, complete_scopes, present)
        VALUES (new.source, 1, CASE WHEN new.state = 'complete' THEN 1 ELSE 0 END, new.present)
        ON CONFLICT (source) DO UPDATE SET scopes = source_totals.scopes + 1,
            complete_scopes = source_totals.complete_scopes + excluded.complete_scopes,
            present = source_totals.present + excluded.present;
END;
