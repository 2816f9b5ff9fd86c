-- What has ended, by when it did: the order in which it is forgotten.
CREATE INDEX resource_versions_ended ON resource_versions (valid_until, id);
CREATE INDEX resource_keys_ended ON resource_keys (until, resource_id) WHERE until IS NOT NULL;
CREATE INDEX resource_refs_ended ON resource_refs (until, resource_id) WHERE until IS NOT NULL;
CREATE INDEX resource_terms_ended ON resource_terms (until, resource_id) WHERE until IS NOT NULL;
CREATE INDEX resource_places_ended ON resource_places (until, resource_id) WHERE until IS NOT NULL;
