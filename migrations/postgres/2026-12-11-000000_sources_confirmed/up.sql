-- How old the facts of a source are stands in the frame of every page, and was looked up twice a source among its scopes: 7 of 100
-- instructions of a list. The database keeps it beside the totals, so that no writer can forget to.
ALTER TABLE source_totals ADD COLUMN confirmed_scopes BIGINT NOT NULL DEFAULT 0;
ALTER TABLE source_totals ADD COLUMN oldest_confirmed_at TIMESTAMP;
UPDATE source_totals SET
    confirmed_scopes = (SELECT COUNT(s.confirmed_at) FROM scopes s WHERE s.source = source_totals.source AND s.gone_at IS NULL),
    oldest_confirmed_at = (SELECT MIN(s.confirmed_at) FROM scopes s WHERE s.source = source_totals.source AND s.gone_at IS NULL);
DROP TRIGGER scopes_totalled ON scopes;
CREATE OR REPLACE FUNCTION total_scopes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Whoever changes another scope of the source is waited for before the oldest is looked for: a statement that waited itself would
    -- still see the scopes as they were before.
    PERFORM 1 FROM source_totals
        WHERE (TG_OP <> 'INSERT' AND source = old.source) OR (TG_OP <> 'DELETE' AND source = new.source)
        ORDER BY source FOR UPDATE;
    IF TG_OP <> 'INSERT' AND old.gone_at IS NULL THEN
        UPDATE source_totals SET scopes = scopes - 1, present = present - old.present,
            complete_scopes = complete_scopes - CASE WHEN old.state = 'complete' THEN 1 ELSE 0 END,
            confirmed_scopes = confirmed_scopes - CASE WHEN old.confirmed_at IS NULL THEN 0 ELSE 1 END,
            oldest_confirmed_at = (SELECT MIN(s.confirmed_at) FROM scopes s WHERE s.source = old.source AND s.gone_at IS NULL)
            WHERE source = old.source;
    END IF;
    IF TG_OP <> 'DELETE' AND new.gone_at IS NULL THEN
        INSERT INTO source_totals (source, scopes, complete_scopes, present, confirmed_scopes, oldest_confirmed_at)
            VALUES (new.source, 1, CASE WHEN new.state = 'complete' THEN 1 ELSE 0 END, new.present,
                CASE WHEN new.confirmed_at IS NULL THEN 0 ELSE 1 END,
                (SELECT MIN(s.confirmed_at) FROM scopes s WHERE s.source = new.source AND s.gone_at IS NULL))
            ON CONFLICT (source) DO UPDATE SET scopes = source_totals.scopes + 1,
                complete_scopes = source_totals.complete_scopes + excluded.complete_scopes,
                present = source_totals.present + excluded.present,
                confirmed_scopes = source_totals.confirmed_scopes + excluded.confirmed_scopes,
                oldest_confirmed_at = excluded.oldest_confirmed_at;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER scopes_totalled AFTER INSERT OR DELETE OR UPDATE OF source, state, present, gone_at, confirmed_at ON scopes
    FOR EACH ROW EXECUTE FUNCTION total_scopes();
