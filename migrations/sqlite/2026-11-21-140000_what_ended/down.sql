DROP INDEX resource_versions_gone;
