-- Whatever changes the outside world: what, by whom, why, how far it is and how it ended.
CREATE TABLE runs (
    id BIGINT NOT NULL PRIMARY KEY,
    parent_id BIGINT REFERENCES runs (id),
    action TEXT COLLATE "C" NOT NULL,
    title TEXT COLLATE "C" NOT NULL,
    -- What it is done to, for people and for the filter of the list: an app's or a zone's name.
    target TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('queued', 'running', 'cancelling', 'paused', 'succeeded', 'partial', 'failed', 'cancelled',
        'rolled_back', 'unknown')),
    -- JSON of the action's own: what is to be done, and what takes it back.
    plan TEXT COLLATE "C" NOT NULL,
    undo TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    actor TEXT COLLATE "C" NOT NULL,
    effective_actor TEXT COLLATE "C" NOT NULL,
    audit_id BIGINT NOT NULL,
    -- The larger, the sooner.
    priority INTEGER NOT NULL,
    requested_at TIMESTAMP NOT NULL,
    not_before TIMESTAMP NOT NULL,
    -- From its first claim on.
    deadline_seconds BIGINT NOT NULL,
    started_at TIMESTAMP,
    deadline_at TIMESTAMP,
    ended_at TIMESTAMP,
    -- In a sentence: how it ended.
    outcome TEXT COLLATE "C" NOT NULL,
    -- Why it takes back what it has done; empty while it goes forward.
    turned TEXT COLLATE "C" NOT NULL,
    cancel_requested_at TIMESTAMP,
    cancel_requested_by TEXT COLLATE "C" NOT NULL,
    worker TEXT COLLATE "C" NOT NULL,
    -- Raised by each claim: whoever has an older one writes nothing any more.
    epoch BIGINT NOT NULL,
    lease_until TIMESTAMP,
    -- From when on another worker takes it over: the lease, and the longest that its call may still be under way.
    reap_at TIMESTAMP,
    -- Raised by each change that a page shows.
    revision BIGINT NOT NULL,
    acknowledged_at TIMESTAMP,
    acknowledged_by TEXT COLLATE "C" NOT NULL
);
CREATE INDEX runs_waiting ON runs (priority DESC, id) WHERE state = 'queued';
CREATE INDEX runs_working ON runs (reap_at) WHERE state IN ('running', 'cancelling');
CREATE INDEX runs_by_state ON runs (state, id);
CREATE INDEX runs_by_action ON runs (action, id);
CREATE INDEX runs_by_actor ON runs (actor, id);
CREATE INDEX runs_ended ON runs (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX runs_unsettled ON runs (id) WHERE state IN ('unknown', 'partial') AND acknowledged_at IS NULL;
CREATE INDEX runs_of_parent ON runs (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX runs_audited ON runs (audit_id) WHERE ended_at IS NULL;

-- What a run has for itself while it runs: '<source>/<zone id>'.
CREATE TABLE run_lanes (
    run_id BIGINT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    lane TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    -- Its run runs.
    held BOOLEAN NOT NULL,
    -- Its run has not ended.
    wanted BOOLEAN NOT NULL,
    PRIMARY KEY (run_id, lane)
);
-- One running per lane, whatever a claim thinks.
CREATE UNIQUE INDEX run_lanes_held ON run_lanes (lane) WHERE held;
CREATE INDEX run_lanes_wanted ON run_lanes (lane, run_id) WHERE wanted;

CREATE TABLE run_steps (
    run_id BIGINT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    -- The step that this one takes back; null for one that goes forward.
    undoes INTEGER,
    title TEXT COLLATE "C" NOT NULL,
    -- JSON of the action's own.
    what TEXT COLLATE "C" NOT NULL,
    after_crash TEXT COLLATE "C" NOT NULL CHECK (after_crash IN ('again', 'settle', 'unknown')),
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('waiting', 'running', 'succeeded', 'partial', 'failed', 'skipped', 'unknown')),
    attempts INTEGER NOT NULL,
    started_at TIMESTAMP,
    -- When it was last allowed to write; nothing was sent before.
    fenced_at TIMESTAMP,
    ended_at TIMESTAMP,
    outcome TEXT COLLATE "C" NOT NULL,
    -- In short and redacted, as the provider's client told them.
    request TEXT COLLATE "C" NOT NULL,
    answer TEXT COLLATE "C" NOT NULL,
    -- The provider's own.
    request_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (run_id, position)
);

-- The resources that a run is about: who sees one of them sees the run.
CREATE TABLE run_subjects (
    run_id BIGINT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    resource_id BIGINT NOT NULL,
    PRIMARY KEY (run_id, resource_id)
);
CREATE INDEX run_subjects_of ON run_subjects (resource_id, run_id);

-- What a request that is sent again has already made.
CREATE TABLE idempotency_keys (
    actor TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    -- Of what was asked; the same key for something else is a mistake.
    body_hash TEXT COLLATE "C" NOT NULL,
    -- 'runs/12'; empty within the transaction that makes it.
    made TEXT COLLATE "C" NOT NULL,
    at TIMESTAMP NOT NULL,
    PRIMARY KEY (actor, key)
);
CREATE INDEX idempotency_keys_at ON idempotency_keys (at);
