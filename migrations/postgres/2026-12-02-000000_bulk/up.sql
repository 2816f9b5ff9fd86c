-- What a large first listing writes, and no more of it than somebody asks for.

-- An id of nothing but hexadecimal digits is typed or pasted from its beginning: nobody looks for three letters in the middle, of which
-- each has thirty.
ALTER TABLE terms ADD COLUMN opaque BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE terms SET opaque = TRUE WHERE length(replace(term, '-', '')) >= 24 AND term ~ '^[0-9a-f-]*$';
DROP INDEX terms_trigram;
CREATE INDEX terms_trigram ON terms USING gin ((term || '') public.gin_trgm_ops) WHERE NOT opaque;

-- The rows of links are written with their resource and forgotten with it (`store/apply`, `store/prune.rs`), so nothing is gained by
-- looking each resource up again.
ALTER TABLE resource_versions DROP CONSTRAINT resource_versions_resource_id_fkey;
ALTER TABLE resource_keys DROP CONSTRAINT resource_keys_resource_id_fkey;
ALTER TABLE resource_refs DROP CONSTRAINT resource_refs_resource_id_fkey;
ALTER TABLE resource_places DROP CONSTRAINT resource_places_resource_id_fkey;
ALTER TABLE resource_terms DROP CONSTRAINT resource_terms_term_id_fkey;
ALTER TABLE resource_terms DROP CONSTRAINT resource_terms_resource_id_fkey;
ALTER TABLE placement_due DROP CONSTRAINT placement_due_resource_id_fkey;

-- The stage is applied in the order in which it was listed: providers list by name, as a rule, and so do most of the indexes.
CREATE TABLE sync_stage_anew (
    scope_id BIGINT NOT NULL REFERENCES scopes (id),
    position BIGINT NOT NULL,
    external_hash BIGINT NOT NULL,
    op TEXT COLLATE "C" NOT NULL,
    external_id TEXT COLLATE "C" NOT NULL,
    fingerprint BIGINT NOT NULL,
    attrs TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (scope_id, position)
);
INSERT INTO sync_stage_anew
    SELECT scope_id, ROW_NUMBER() OVER (ORDER BY scope_id, external_hash), external_hash, op, external_id, fingerprint, attrs
    FROM sync_stage;
DROP TABLE sync_stage;
ALTER TABLE sync_stage_anew RENAME TO sync_stage;
ALTER INDEX sync_stage_anew_pkey RENAME TO sync_stage_pkey;
INSERT INTO id_blocks (name, next_id) SELECT 'sync_stage', COUNT(*) + 1 FROM sync_stage;
