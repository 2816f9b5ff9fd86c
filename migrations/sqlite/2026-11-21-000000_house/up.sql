-- The house: what is known (resources and their history), how it was learned (sources, scopes, syncs), what follows from it
-- (alerts, counts), who may see and do what (users, sessions, tokens), and what was done (audit).
--
-- Both folders build the same tables and columns; a test compares them. Text that is ordered or compared is COLLATE "C" on
-- PostgreSQL, which is what SQLite's BINARY does.

CREATE TABLE id_blocks (
    name TEXT NOT NULL PRIMARY KEY,
    next_id BIGINT NOT NULL
);

CREATE TABLE sources (
    name TEXT NOT NULL PRIMARY KEY,
    provider TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('ok', 'stale', 'failing', 'auth', 'not_configured')),
    reason TEXT NOT NULL,
    every_seconds BIGINT NOT NULL,
    region TEXT NOT NULL,
    cluster TEXT NOT NULL,
    attempted_at TIMESTAMP,
    succeeded_at TIMESTAMP,
    -- The configuration no longer names it; its resources stay until they are looked up no more.
    removed_at TIMESTAMP
);

CREATE TABLE scopes (
    id BIGINT NOT NULL PRIMARY KEY,
    source TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    parent_kind TEXT NOT NULL,
    parent_external_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('complete', 'partial', 'skipped', 'held', 'applying', 'never')),
    reason TEXT NOT NULL,
    present BIGINT NOT NULL,
    -- The largest accepted count of each hour of the last day, as JSON; losses are measured against their maximum.
    peaks TEXT NOT NULL,
    -- While the state is 'applying': how the scope ends when its stage is empty, as JSON.
    plan TEXT NOT NULL,
    attempted_at TIMESTAMP,
    confirmed_at TIMESTAMP,
    -- The parent is confirmed gone, and this with it.
    gone_at TIMESTAMP,
    UNIQUE (source, kind, name)
);

CREATE TABLE resources (
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
    -- Since when the current version is true.
    changed_at TIMESTAMP NOT NULL,
    -- Since when a complete listing lacks it while the guard holds the loss.
    missing_since TIMESTAMP,
    gone_at TIMESTAMP
);
CREATE UNIQUE INDEX resources_identity ON resources (scope_id, external_hash);
CREATE INDEX resources_by_name ON resources (kind, name, id) WHERE gone_at IS NULL;
CREATE INDEX resources_by_status ON resources (kind, status, name, id) WHERE gone_at IS NULL;
CREATE INDEX resources_by_cluster ON resources (kind, cluster, name, id) WHERE gone_at IS NULL;
CREATE INDEX resources_by_facet_a ON resources (kind, facet_a, name, id) WHERE gone_at IS NULL;
CREATE INDEX resources_by_facet_b ON resources (kind, facet_b, name, id) WHERE gone_at IS NULL;
CREATE INDEX resources_by_changed ON resources (kind, changed_at, id) WHERE gone_at IS NULL;
-- Beside these, rows come in the order of their ids, so that a large first listing only appends to them.
CREATE INDEX resources_by_source ON resources (kind, source, id) WHERE gone_at IS NULL;
CREATE INDEX resources_by_region ON resources (kind, region, id) WHERE gone_at IS NULL;
CREATE INDEX resources_by_app ON resources (kind, app, id) WHERE gone_at IS NULL;
CREATE INDEX resources_by_facet_c ON resources (kind, facet_c, id) WHERE gone_at IS NULL;
CREATE INDEX resources_by_first_seen ON resources (kind, first_seen_at, id) WHERE gone_at IS NULL;
CREATE INDEX resources_by_due ON resources (kind, due_at, id) WHERE gone_at IS NULL AND due_at IS NOT NULL;
CREATE INDEX resources_gone ON resources (kind, gone_at, id) WHERE gone_at IS NOT NULL;
CREATE INDEX resources_missing ON resources (scope_id, id) WHERE missing_since IS NOT NULL;

CREATE TABLE resource_versions (
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
    -- It was superseded by a tombstone, not by another version.
    ended_gone BOOLEAN NOT NULL
);
CREATE INDEX resource_versions_of ON resource_versions (resource_id, valid_until);
CREATE INDEX resource_versions_by_name ON resource_versions (kind, name, id);
CREATE INDEX resource_versions_by_time ON resource_versions (kind, valid_until);

CREATE TABLE resource_keys (
    resource_id BIGINT NOT NULL REFERENCES resources (id),
    key TEXT NOT NULL,
    role TEXT NOT NULL,
    since TIMESTAMP NOT NULL,
    until TIMESTAMP
);
CREATE INDEX resource_keys_by_key ON resource_keys (key, role, resource_id);
CREATE INDEX resource_keys_of ON resource_keys (resource_id);

CREATE TABLE resource_refs (
    resource_id BIGINT NOT NULL REFERENCES resources (id),
    key TEXT NOT NULL,
    role TEXT NOT NULL,
    since TIMESTAMP NOT NULL,
    until TIMESTAMP
);
CREATE INDEX resource_refs_by_key ON resource_refs (key, role, resource_id);
CREATE INDEX resource_refs_of ON resource_refs (resource_id);

CREATE TABLE resource_places (
    resource_id BIGINT NOT NULL REFERENCES resources (id),
    position INTEGER NOT NULL,
    region TEXT NOT NULL,
    cluster TEXT NOT NULL,
    app TEXT NOT NULL,
    role TEXT NOT NULL,
    app_type TEXT NOT NULL,
    environment TEXT NOT NULL,
    -- 'rule', 'source' or 'relation'.
    origin TEXT NOT NULL,
    since TIMESTAMP NOT NULL,
    until TIMESTAMP
);
CREATE INDEX resource_places_of ON resource_places (resource_id, position);

CREATE TABLE terms (
    id BIGINT NOT NULL PRIMARY KEY,
    term TEXT NOT NULL UNIQUE
);
CREATE VIRTUAL TABLE terms_trigram USING fts5 (term, content = 'terms', content_rowid = 'id', tokenize = 'trigram', detail = 'full');
CREATE TRIGGER terms_added AFTER INSERT ON terms BEGIN
    INSERT INTO terms_trigram (rowid, term) VALUES (new.id, new.term);
END;
CREATE TRIGGER terms_removed AFTER DELETE ON terms BEGIN
    INSERT INTO terms_trigram (terms_trigram, rowid, term) VALUES ('delete', old.id, old.term);
END;

CREATE TABLE resource_terms (
    term_id BIGINT NOT NULL REFERENCES terms (id),
    resource_id BIGINT NOT NULL REFERENCES resources (id),
    since TIMESTAMP NOT NULL,
    until TIMESTAMP
);
CREATE INDEX resource_terms_by_term ON resource_terms (term_id, resource_id);
CREATE INDEX resource_terms_of ON resource_terms (resource_id);

CREATE TABLE counts (
    kind TEXT NOT NULL,
    facet TEXT NOT NULL,
    value TEXT NOT NULL,
    cluster TEXT NOT NULL,
    present BIGINT NOT NULL,
    PRIMARY KEY (kind, facet, value, cluster)
);

CREATE TABLE syncs (
    id BIGINT NOT NULL PRIMARY KEY,
    source TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'succeeded', 'partial', 'failed', 'cancelled', 'unknown')),
    -- 'schedule', 'start', or the person or token that asked.
    requested_by TEXT NOT NULL,
    requested_at TIMESTAMP NOT NULL,
    started_at TIMESTAMP,
    ended_at TIMESTAMP,
    worker TEXT NOT NULL,
    lease_until TIMESTAMP,
    reason TEXT NOT NULL,
    notes TEXT NOT NULL
);
-- One sync of a source waits and one runs, never two.
CREATE UNIQUE INDEX syncs_open ON syncs (source, state) WHERE state IN ('queued', 'running');
CREATE INDEX syncs_of ON syncs (source, id);

CREATE TABLE sync_results (
    sync_id BIGINT NOT NULL REFERENCES syncs (id),
    scope_id BIGINT NOT NULL REFERENCES scopes (id),
    state TEXT NOT NULL CHECK (state IN ('complete', 'partial', 'skipped', 'held', 'applying', 'never')),
    reason TEXT NOT NULL,
    added BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    gone BIGINT NOT NULL,
    unchanged BIGINT NOT NULL,
    held BIGINT NOT NULL,
    PRIMARY KEY (sync_id, scope_id)
);

CREATE TABLE sync_stage (
    scope_id BIGINT NOT NULL REFERENCES scopes (id),
    external_hash BIGINT NOT NULL,
    -- 'put', 'gone', 'missing' or 'back'.
    op TEXT NOT NULL,
    external_id TEXT NOT NULL,
    fingerprint BIGINT NOT NULL,
    attrs TEXT NOT NULL,
    PRIMARY KEY (scope_id, external_hash)
);

CREATE TABLE held_losses (
    id BIGINT NOT NULL PRIMARY KEY,
    scope_id BIGINT NOT NULL REFERENCES scopes (id),
    -- 'rows', or the field that most rows have lost.
    subject TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'accepted', 'rejected', 'dissolved')),
    reason TEXT NOT NULL,
    baseline BIGINT NOT NULL,
    opened_at TIMESTAMP NOT NULL,
    -- Complete listings that have shown the same loss.
    seen BIGINT NOT NULL,
    decided_at TIMESTAMP,
    decided_by TEXT NOT NULL,
    decision_reason TEXT NOT NULL
);
CREATE INDEX held_losses_open ON held_losses (scope_id, subject) WHERE state = 'open';

CREATE TABLE held_loss_items (
    held_loss_id BIGINT NOT NULL REFERENCES held_losses (id),
    resource_id BIGINT NOT NULL REFERENCES resources (id),
    PRIMARY KEY (held_loss_id, resource_id)
);

CREATE TABLE tasks (
    name TEXT NOT NULL PRIMARY KEY,
    enabled BOOLEAN NOT NULL,
    due_at TIMESTAMP NOT NULL,
    requested_at TIMESTAMP,
    requested_by TEXT NOT NULL,
    started_at TIMESTAMP,
    ended_at TIMESTAMP,
    -- 'never', 'running', 'succeeded', 'failed', 'unknown'.
    outcome TEXT NOT NULL,
    report TEXT NOT NULL,
    worker TEXT NOT NULL,
    lease_until TIMESTAMP
);

CREATE TABLE worker_heartbeats (
    worker TEXT NOT NULL PRIMARY KEY,
    version TEXT NOT NULL,
    started_at TIMESTAMP NOT NULL,
    beat_at TIMESTAMP NOT NULL
);

CREATE TABLE alerts (
    id BIGINT NOT NULL PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    rule TEXT NOT NULL,
    severity TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'acknowledged', 'snoozed', 'resolved')),
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    -- Where to look: a path of the panel.
    link TEXT NOT NULL,
    resource_id BIGINT REFERENCES resources (id),
    source TEXT NOT NULL,
    due_at TIMESTAMP,
    opened_at TIMESTAMP NOT NULL,
    changed_at TIMESTAMP NOT NULL,
    resolved_at TIMESTAMP
);
CREATE UNIQUE INDEX alerts_open ON alerts (fingerprint) WHERE state <> 'resolved';
CREATE INDEX alerts_by_time ON alerts (state, opened_at, id);
CREATE INDEX alerts_of ON alerts (resource_id);

CREATE TABLE alert_transitions (
    id BIGINT NOT NULL PRIMARY KEY,
    alert_id BIGINT NOT NULL REFERENCES alerts (id),
    at TIMESTAMP NOT NULL,
    from_state TEXT NOT NULL,
    to_state TEXT NOT NULL,
    actor TEXT NOT NULL,
    note TEXT NOT NULL
);
CREATE INDEX alert_transitions_of ON alert_transitions (alert_id, id);

CREATE TABLE audit_log (
    id BIGINT NOT NULL PRIMARY KEY,
    at TIMESTAMP NOT NULL,
    actor TEXT NOT NULL,
    -- On whose behalf, where that differs from the actor.
    effective_actor TEXT NOT NULL,
    address TEXT NOT NULL,
    request_id TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    reason TEXT NOT NULL,
    before_state TEXT NOT NULL,
    after_state TEXT NOT NULL,
    -- 'begun' until it is completed: begun and never completed means that nobody knows.
    outcome TEXT NOT NULL CHECK (outcome IN ('begun', 'succeeded', 'failed', 'refused', 'unknown')),
    completed_at TIMESTAMP
);
CREATE INDEX audit_log_by_time ON audit_log (at, id);
CREATE INDEX audit_log_open ON audit_log (outcome, at) WHERE outcome = 'begun';

CREATE TABLE users (
    id BIGINT NOT NULL PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL CHECK (role IN ('admin', 'operator', 'viewer')),
    password_hash TEXT NOT NULL,
    -- Raised by a password or role change; sessions of an older epoch are over.
    epoch BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    disabled_at TIMESTAMP,
    last_sign_in_at TIMESTAMP
);

CREATE TABLE sessions (
    token_hash TEXT NOT NULL PRIMARY KEY,
    -- NULL before sign-in, when a session holds no more than a CSRF token.
    user_id BIGINT REFERENCES users (id),
    state TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    used_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    address TEXT NOT NULL,
    user_agent TEXT NOT NULL
);
CREATE INDEX sessions_of ON sessions (user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE sign_in_attempts (
    id BIGINT NOT NULL PRIMARY KEY,
    -- 'account:<hash of the address>' or 'address:<ip>'.
    subject TEXT NOT NULL,
    at TIMESTAMP NOT NULL
);
CREATE INDEX sign_in_attempts_of ON sign_in_attempts (subject, at);

CREATE TABLE setup_links (
    token_hash TEXT NOT NULL PRIMARY KEY,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    used_at TIMESTAMP
);

CREATE TABLE api_tokens (
    id BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    prefix TEXT NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    scope TEXT NOT NULL CHECK (scope IN ('read', 'act', 'generated')),
    created_by TEXT NOT NULL,
    -- Whose role bounds it; NULL for one made on the command line.
    user_id BIGINT REFERENCES users (id),
    allowed_networks TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    last_used_at TIMESTAMP,
    last_used_address TEXT NOT NULL,
    revoked_at TIMESTAMP
);
