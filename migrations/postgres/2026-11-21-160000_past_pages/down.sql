DROP INDEX resources_by_facet_c;
CREATE INDEX resources_by_facet_c ON resources (kind, facet_c, id) WHERE gone_at IS NULL;
DROP INDEX resource_versions_by_time;
CREATE INDEX resource_versions_by_time ON resource_versions (kind, valid_until);
DROP INDEX resource_versions_by_name;
CREATE INDEX resource_versions_by_name ON resource_versions (kind, name, id);
