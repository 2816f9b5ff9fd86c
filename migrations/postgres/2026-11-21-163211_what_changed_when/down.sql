DROP INDEX resource_versions_gone;
CREATE INDEX resource_versions_gone ON resource_versions (kind, valid_until) WHERE ended_gone;
DROP INDEX resource_versions_begun;
DROP INDEX resources_were;
