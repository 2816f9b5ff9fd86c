-- One row: which secret key seals this database, and what is sealed with it that must outlive a rotation.
CREATE TABLE vault (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    key_id TEXT COLLATE "C" NOT NULL,
    -- The key of the digests, sealed.
    digest_key TEXT COLLATE "C" NOT NULL,
    since TIMESTAMP NOT NULL
);

-- The last few values of each secret of a resource, sealed. By identity and not by row, so that they can be written before it.
CREATE TABLE secret_values (
    id BIGINT NOT NULL PRIMARY KEY,
    scope_id BIGINT NOT NULL REFERENCES scopes (id),
    external_hash BIGINT NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    digest TEXT COLLATE "C" NOT NULL,
    sealed TEXT COLLATE "C" NOT NULL,
    since TIMESTAMP NOT NULL
);
CREATE INDEX secret_values_of ON secret_values (scope_id, external_hash, name, id);
