DROP INDEX resource_places_ended;
DROP INDEX resource_terms_ended;
DROP INDEX resource_refs_ended;
DROP INDEX resource_keys_ended;
DROP INDEX resource_versions_ended;
