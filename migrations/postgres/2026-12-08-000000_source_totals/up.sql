-- What the scopes of a source come to: the dashboard, the pulse and the list of sources told it by reading every scope, of which there is
-- one for each zone. The database keeps it itself, so that no writer can forget to.
CREATE TABLE source_totals (
    source TEXT COLLATE "C" PRIMARY KEY,
    scopes BIGINT NOT NULL,
    complete_scopes BIGINT NOT NULL,
    present BIGINT NOT NULL
);
INSERT INTO source_totals (source, scopes, complete_scopes, present)
    SELECT source, COUNT(*), SUM(CASE WHEN state = 'complete' THEN 1 ELSE 0 END), COALESCE(SUM(present), 0)
    FROM scopes WHERE gone_at IS NULL GROUP BY source;
CREATE FUNCTION total_scopes() RETURNS trigger LANGUAGE plpgsql AS $$
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
