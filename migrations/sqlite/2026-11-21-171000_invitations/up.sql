-- Links by which somebody makes an account of a role that an administrator has chosen, by the hash of their token.
CREATE TABLE invitations (
    id BIGINT NOT NULL PRIMARY KEY,
    token_hash TEXT NOT NULL UNIQUE,
    email TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('admin', 'operator', 'viewer')),
    -- As the audit names them.
    invited_by TEXT NOT NULL,
    -- The administrator on whom it rests; NULL where that is whoever has a shell on the machine.
    inviter_id BIGINT REFERENCES users (id),
    -- The token by which they asked for it, if one was used.
    token_id BIGINT REFERENCES api_tokens (id),
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    used_at TIMESTAMP,
    revoked_at TIMESTAMP
);
CREATE INDEX invitations_of ON invitations (email);
