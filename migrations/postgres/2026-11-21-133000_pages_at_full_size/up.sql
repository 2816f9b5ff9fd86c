-- What every page asks, answered by an index whatever the number of scopes, values and syncs.

-- The oldest confirmation: of a kind, of a source, of both.
CREATE INDEX scopes_by_kind ON scopes (kind, confirmed_at) WHERE gone_at IS NULL;
CREATE INDEX scopes_by_source ON scopes (source, confirmed_at) WHERE gone_at IS NULL;
-- Those that are not complete are few.
CREATE INDEX scopes_troubled ON scopes (kind, source, name) WHERE gone_at IS NULL AND state <> 'complete';

-- The sums over all clusters stand under the cluster '*', so that a filter's most frequent values are the head of an index.
INSERT INTO counts (kind, facet, value, cluster, present)
    SELECT kind, facet, value, '*', SUM(present) FROM counts GROUP BY kind, facet, value;
CREATE INDEX counts_by_size ON counts (kind, facet, cluster, present DESC, value);

-- Identity and fingerprint of what is present: all that a listing is compared with, without reading a row.
CREATE INDEX resources_known ON resources (scope_id, external_hash, fingerprint) WHERE gone_at IS NULL;

CREATE INDEX held_losses_of ON held_losses (scope_id, state);
-- One each, since SQLite does not use an index on both for either.
CREATE INDEX syncs_queued ON syncs (requested_at) WHERE state = 'queued';
CREATE INDEX syncs_running ON syncs (lease_until) WHERE state = 'running';
