DROP TRIGGER scopes_totalled ON scopes;
ALTER TABLE source_totals DROP COLUMN oldest_confirmed_at;
ALTER TABLE source_totals DROP COLUMN confirmed_scopes;
CREATE OR REPLACE FUNCTION total_scopes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND old.gone_at IS NULL THEN
        UPDATE source_totals SET scopes = scopes - 1, present = present - old.present,
            complete_scopes = complete_scopes - CASE WHEN old.state = 'complete' THEN 1 ELSE 0 END WHERE source = old.source;
    END IF;
    IF TG_OP <> 'DELETE' AND new.gone_at IS NULL THEN
        INSERT INTO source_totals (source, scopes, complete_scopes, present)
            VALUES (new.source, 1, CASE WHEN new.state = 'complete' THEN 1 ELSE 0 END, new.present)
            ON CONFLICT (source) DO UPDATE SET scopes = source_totals.scopes + 1,
                complete_scopes = source_totals.complete_scopes + excluded.complete_scopes,
                present = source_totals.present + excluded.present;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER scopes_totalled AFTER INSERT OR DELETE OR UPDATE OF source, state, present, gone_at ON scopes
    FOR EACH ROW EXECUTE FUNCTION total_scopes();
