CREATE TABLE sync_stage_anew (
    scope_id BIGINT NOT NULL REFERENCES scopes (id),
    external_hash BIGINT NOT NULL,
    op TEXT COLLATE "C" NOT NULL,
    external_id TEXT COLLATE "C" NOT NULL,
    fingerprint BIGINT NOT NULL,
    attrs TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (scope_id, external_hash)
);
INSERT INTO sync_stage_anew
    SELECT scope_id, external_hash, op, external_id, fingerprint, attrs FROM sync_stage;
DROP TABLE sync_stage;
ALTER TABLE sync_stage_anew RENAME TO sync_stage;
ALTER INDEX sync_stage_anew_pkey RENAME TO sync_stage_pkey;
DELETE FROM id_blocks WHERE name = 'sync_stage';

ALTER TABLE resource_versions ADD CONSTRAINT resource_versions_resource_id_fkey FOREIGN KEY (resource_id) REFERENCES resources (id);
ALTER TABLE resource_keys ADD CONSTRAINT resource_keys_resource_id_fkey FOREIGN KEY (resource_id) REFERENCES resources (id);
ALTER TABLE resource_refs ADD CONSTRAINT resource_refs_resource_id_fkey FOREIGN KEY (resource_id) REFERENCES resources (id);
ALTER TABLE resource_places ADD CONSTRAINT resource_places_resource_id_fkey FOREIGN KEY (resource_id) REFERENCES resources (id);
ALTER TABLE resource_terms ADD CONSTRAINT resource_terms_term_id_fkey FOREIGN KEY (term_id) REFERENCES terms (id);
ALTER TABLE resource_terms ADD CONSTRAINT resource_terms_resource_id_fkey FOREIGN KEY (resource_id) REFERENCES resources (id);
ALTER TABLE placement_due ADD CONSTRAINT placement_due_resource_id_fkey FOREIGN KEY (resource_id) REFERENCES resources (id);

DROP INDEX terms_trigram;
ALTER TABLE terms DROP COLUMN opaque;
CREATE INDEX terms_trigram ON terms USING gin ((term || '') public.gin_trgm_ops);
