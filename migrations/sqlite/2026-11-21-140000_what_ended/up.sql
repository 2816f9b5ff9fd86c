-- What was gone at a moment and has returned since.
CREATE INDEX resource_versions_gone ON resource_versions (kind, valid_until) WHERE ended_gone;
