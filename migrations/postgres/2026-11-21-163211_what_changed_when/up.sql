-- What began and what ended, kind by kind in the order of time: the tape is a range of each.
CREATE INDEX resources_were ON resources (kind, changed_at, id) WHERE gone_at IS NOT NULL;
CREATE INDEX resource_versions_begun ON resource_versions (kind, valid_from, resource_id);
DROP INDEX resource_versions_gone;
CREATE INDEX resource_versions_gone ON resource_versions (kind, valid_until, resource_id) WHERE ended_gone;
