PRAGMA foreign_keys = OFF;
BEGIN IMMEDIATE;

CREATE TABLE sync_stage_anew (
    scope_id BIGINT NOT NULL REFERENCES scopes (id),
    external_hash BIGINT NOT NULL,
    op TEXT NOT NULL,
    external_id TEXT NOT NULL,
    fingerprint BIGINT NOT NULL,
    attrs TEXT NOT NULL,
    PRIMARY KEY (scope_id, external_hash)
);
INSERT INTO sync_stage_anew
    SELECT scope_id, external_hash, op, external_id, fingerprint, attrs FROM sync_stage;
DROP TABLE sync_stage;
ALTER TABLE sync_stage_anew RENAME TO sync_stage;
DELETE FROM id_blocks WHERE name = 'sync_stage';

CREATE TABLE placement_due_anew (
    id BIGINT NOT NULL PRIMARY KEY,
    resource_id BIGINT NOT NULL REFERENCES resources (id),
    hops BIGINT NOT NULL
);
INSERT INTO placement_due_anew
    SELECT * FROM placement_due ORDER BY id;
DROP TABLE placement_due;
ALTER TABLE placement_due_anew RENAME TO placement_due;

CREATE TABLE resource_terms_anew (
    term_id BIGINT NOT NULL REFERENCES terms (id),
    resource_id BIGINT NOT NULL REFERENCES resources (id),
    since TIMESTAMP NOT NULL,
    until TIMESTAMP
);
INSERT INTO resource_terms_anew
    SELECT * FROM resource_terms ORDER BY rowid;
DROP TABLE resource_terms;
ALTER TABLE resource_terms_anew RENAME TO resource_terms;
CREATE INDEX resource_terms_by_term ON resource_terms (term_id, resource_id);
CREATE INDEX resource_terms_of ON resource_terms (resource_id);
CREATE INDEX resource_terms_ended ON resource_terms (until, resource_id) WHERE until IS NOT NULL;

CREATE TABLE resource_places_anew (
    resource_id BIGINT NOT NULL REFERENCES resources (id),
    position INTEGER NOT NULL,
    region TEXT NOT NULL,
    cluster TEXT NOT NULL,
    app TEXT NOT NULL,
    role TEXT NOT NULL,
    app_type TEXT NOT NULL,
    environment TEXT NOT NULL,
    origin TEXT NOT NULL,
    since TIMESTAMP NOT NULL,
    until TIMESTAMP
);
INSERT INTO resource_places_anew
    SELECT * FROM resource_places ORDER BY rowid;
DROP TABLE resource_places;
ALTER TABLE resource_places_anew RENAME TO resource_places;
CREATE INDEX resource_places_of ON resource_places (resource_id, position);
CREATE INDEX resource_places_ended ON resource_places (until, resource_id) WHERE until IS NOT NULL;

CREATE TABLE resource_refs_anew (
    resource_id BIGINT NOT NULL REFERENCES resources (id),
    key TEXT NOT NULL,
    role TEXT NOT NULL,
    since TIMESTAMP NOT NULL,
    until TIMESTAMP
);
INSERT INTO resource_refs_anew
    SELECT * FROM resource_refs ORDER BY rowid;
DROP TABLE resource_refs;
ALTER TABLE resource_refs_anew RENAME TO resource_refs;
CREATE INDEX resource_refs_by_key ON resource_refs (key, role, resource_id);
CREATE INDEX resource_refs_of ON resource_refs (resource_id);
CREATE INDEX resource_refs_ended ON resource_refs (until, resource_id) WHERE until IS NOT NULL;

CREATE TABLE resource_keys_anew (
    resource_id BIGINT NOT NULL REFERENCES resources (id),
    key TEXT NOT NULL,
    role TEXT NOT NULL,
    since TIMESTAMP NOT NULL,
    until TIMESTAMP
);
INSERT INTO resource_keys_anew
    SELECT * FROM resource_keys ORDER BY rowid;
DROP TABLE resource_keys;
ALTER TABLE resource_keys_anew RENAME TO resource_keys;
CREATE INDEX resource_keys_by_key ON resource_keys (key, role, resource_id);
CREATE INDEX resource_keys_of ON resource_keys (resource_id);
CREATE INDEX resource_keys_ended ON resource_keys (until, resource_id) WHERE until IS NOT NULL;

CREATE TABLE resource_versions_anew (
    id BIGINT NOT NULL PRIMARY KEY,
    resource_id BIGINT NOT NULL REFERENCES resources (id),
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    region TEXT NOT NULL,
    cluster TEXT NOT NULL,
    app TEXT NOT NULL,
    role TEXT NOT NULL,
    app_type TEXT NOT NULL,
    environment TEXT NOT NULL,
    facet_a TEXT NOT NULL,
    facet_b TEXT NOT NULL,
    facet_c TEXT NOT NULL,
    due_at TIMESTAMP,
    attrs TEXT NOT NULL,
    valid_from TIMESTAMP NOT NULL,
    valid_until TIMESTAMP NOT NULL,
    ended_gone BOOLEAN NOT NULL
);
INSERT INTO resource_versions_anew
    SELECT * FROM resource_versions ORDER BY id;
DROP TABLE resource_versions;
ALTER TABLE resource_versions_anew RENAME TO resource_versions;
CREATE INDEX resource_versions_of ON resource_versions (resource_id, valid_until);
CREATE INDEX resource_versions_ended ON resource_versions (valid_until, id);
CREATE INDEX resource_versions_by_name ON resource_versions (kind, name, resource_id, valid_until, valid_from);
CREATE INDEX resource_versions_by_time ON resource_versions (kind, valid_until, valid_from);
CREATE INDEX resource_versions_begun ON resource_versions (kind, valid_from, resource_id);
CREATE INDEX resource_versions_gone ON resource_versions (kind, valid_until, resource_id) WHERE ended_gone;

CREATE TABLE resources_anew (
    id BIGINT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    scope_id BIGINT NOT NULL REFERENCES scopes (id),
    external_id TEXT NOT NULL,
    external_hash BIGINT NOT NULL,
    fingerprint BIGINT NOT NULL,
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    region TEXT NOT NULL,
    cluster TEXT NOT NULL,
    app TEXT NOT NULL,
    role TEXT NOT NULL,
    app_type TEXT NOT NULL,
    environment TEXT NOT NULL,
    facet_a TEXT NOT NULL,
    facet_b TEXT NOT NULL,
    facet_c TEXT NOT NULL,
    due_at TIMESTAMP,
    attrs TEXT NOT NULL,
    first_seen_at TIMESTAMP NOT NULL,
    changed_at TIMESTAMP NOT NULL,
    missing_since TIMESTAMP,
    gone_at TIMESTAMP
);
INSERT INTO resources_anew
    SELECT * FROM resources ORDER BY id;
DROP TABLE resources;
ALTER TABLE resources_anew RENAME TO resources;
CREATE UNIQUE INDEX resources_identity ON resources (scope_id, external_hash);
CREATE INDEX resources_by_name ON resources (kind, name, id) WHERE gone_at IS NULL;
CREATE INDEX resources_by_status ON resources (kind, status, name, id) WHERE gone_at IS NULL;
CREATE INDEX resources_by_cluster ON resources (kind, cluster, name, id) WHERE gone_at IS NULL;
CREATE INDEX resources_by_facet_a ON resources (kind, facet_a, name, id) WHERE gone_at IS NULL;
CREATE INDEX resources_by_facet_b ON resources (kind, facet_b, name, id) WHERE gone_at IS NULL;
CREATE INDEX resources_by_changed ON resources (kind, changed_at, id) WHERE gone_at IS NULL;
CREATE INDEX resources_by_source ON resources (kind, source, id) WHERE gone_at IS NULL;
CREATE INDEX resources_by_region ON resources (kind, region, id) WHERE gone_at IS NULL;
CREATE INDEX resources_by_app ON resources (kind, app, id) WHERE gone_at IS NULL;
CREATE INDEX resources_by_first_seen ON resources (kind, first_seen_at, id) WHERE gone_at IS NULL;
CREATE INDEX resources_by_due ON resources (kind, due_at, id) WHERE gone_at IS NULL AND due_at IS NOT NULL;
CREATE INDEX resources_gone ON resources (kind, gone_at, id) WHERE gone_at IS NOT NULL;
CREATE INDEX resources_missing ON resources (scope_id, id) WHERE missing_since IS NOT NULL;
CREATE INDEX resources_known ON resources (scope_id, external_hash, fingerprint) WHERE gone_at IS NULL;
CREATE INDEX resources_by_facet_c ON resources (kind, facet_c, name, id) WHERE gone_at IS NULL;
CREATE INDEX resources_were ON resources (kind, changed_at, id) WHERE gone_at IS NOT NULL;

DROP TABLE terms_trigram;
CREATE TABLE terms_anew (
    id BIGINT NOT NULL PRIMARY KEY,
    term TEXT NOT NULL UNIQUE
);
INSERT INTO terms_anew
    SELECT id, term FROM terms ORDER BY id;
DROP TABLE terms;
ALTER TABLE terms_anew RENAME TO terms;
CREATE VIRTUAL TABLE terms_trigram USING fts5 (term, content = 'terms', content_rowid = 'id', tokenize = 'trigram', detail = 'full');
INSERT INTO terms_trigram (terms_trigram) VALUES ('rebuild');
CREATE TRIGGER terms_removed AFTER DELETE ON terms BEGIN
    INSERT INTO terms_trigram (terms_trigram, rowid, term) VALUES ('delete', old.id, old.term);
END;

COMMIT;
PRAGMA foreign_keys = ON;
