-- What is to be written, or was: a plan, and the run that carried it out. How it ended is what its run says.
CREATE TABLE dns_changes (
    id BIGINT NOT NULL PRIMARY KEY,
    action TEXT NOT NULL CHECK (action IN ('edit', 'repoint', 'replace', 'switch', 'prepare', 'restore', 'undo')),
    title TEXT NOT NULL,
    -- JSON of what was asked for, from which it is planned again.
    ask TEXT NOT NULL,
    -- JSON of the plan that was shown last.
    plan TEXT NOT NULL,
    -- Raised by each new plan; what is applied is the plan of this generation.
    generation BIGINT NOT NULL,
    from_id BIGINT,
    to_id BIGINT,
    actor TEXT NOT NULL,
    effective_actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    -- Why what spoke against it was overridden; empty where nothing was.
    override_reason TEXT NOT NULL,
    planned_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    -- Null until it is applied.
    run_id BIGINT,
    applied_at TIMESTAMP,
    undo_until TIMESTAMP,
    -- The change that this one takes back, and the one that has taken this one back.
    undo_of BIGINT,
    undone_by BIGINT,
    -- The change that lowered the times to live for this one, or whose lowered ones this restores.
    follows BIGINT,
    -- When the old times to live are to come back.
    restore_at TIMESTAMP
);
CREATE INDEX dns_changes_of_run ON dns_changes (run_id) WHERE run_id IS NOT NULL;
CREATE INDEX dns_changes_from ON dns_changes (from_id, id) WHERE from_id IS NOT NULL;
CREATE INDEX dns_changes_to ON dns_changes (to_id, id) WHERE to_id IS NOT NULL;
CREATE INDEX dns_changes_to_restore ON dns_changes (restore_at) WHERE restore_at IS NOT NULL;
CREATE INDEX dns_changes_way_back ON dns_changes (undo_until) WHERE undo_until IS NOT NULL AND undone_by IS NULL;

-- The sets as each write has left them, which the way back starts from; and what was there before it, written down before it.
CREATE TABLE dns_change_sets (
    change_id BIGINT NOT NULL REFERENCES dns_changes (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    -- JSON of the change, its after as it was read back.
    change TEXT NOT NULL,
    -- Null until it is written; null again once it was taken back by its own run.
    written_at TIMESTAMP,
    PRIMARY KEY (change_id, position)
);

-- The resources that a change is about: who sees one of them sees the change.
CREATE TABLE dns_change_subjects (
    change_id BIGINT NOT NULL REFERENCES dns_changes (id) ON DELETE CASCADE,
    resource_id BIGINT NOT NULL,
    PRIMARY KEY (change_id, resource_id)
);
CREATE INDEX dns_change_subjects_of ON dns_change_subjects (resource_id, change_id);

-- What each server of a zone was last seen to say of a changed set.
CREATE TABLE dns_change_checks (
    change_id BIGINT NOT NULL REFERENCES dns_changes (id) ON DELETE CASCADE,
    zone TEXT NOT NULL,
    server TEXT NOT NULL,
    -- Sets that it serves as they shall be, of so many that can be judged by it.
    served INTEGER NOT NULL,
    judged INTEGER NOT NULL,
    -- The first one that it does not, or why it cannot be asked; empty where it serves all.
    trouble TEXT NOT NULL,
    asked_at TIMESTAMP NOT NULL,
    -- When it was first seen to serve them all.
    served_at TIMESTAMP,
    PRIMARY KEY (change_id, zone, server)
);

-- Records that the panel itself has written: a listing that began before that knows less of them.
CREATE TABLE resource_writes (
    scope_id BIGINT NOT NULL,
    external_hash BIGINT NOT NULL,
    written_at TIMESTAMP NOT NULL,
    PRIMARY KEY (scope_id, external_hash)
);
CREATE INDEX resource_writes_at ON resource_writes (written_at);

-- What people say about a resource.
CREATE TABLE annotations (
    resource_id BIGINT NOT NULL PRIMARY KEY,
    note TEXT NOT NULL,
    -- Whose it is, where it is not ours to change; empty otherwise.
    someone_elses TEXT NOT NULL,
    by_actor TEXT NOT NULL,
    at TIMESTAMP NOT NULL
);
