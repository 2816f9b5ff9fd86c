-- Since when somebody has to give a code as well; NULL while there is none, or one that was not confirmed yet.
ALTER TABLE users ADD COLUMN second_factor_at TIMESTAMP;

-- What somebody's device computes codes from, sealed.
CREATE TABLE second_factors (
    user_id BIGINT NOT NULL PRIMARY KEY REFERENCES users (id),
    sealed TEXT NOT NULL,
    begun_at TIMESTAMP NOT NULL,
    -- The time step of the last code that was accepted: neither that code nor an older one is accepted again.
    last_step BIGINT NOT NULL,
    -- Wrong codes since the last right one.
    failures BIGINT NOT NULL
);

-- Codes for when the device is lost, by a keyed hash; each works once.
CREATE TABLE recovery_codes (
    user_id BIGINT NOT NULL REFERENCES users (id),
    code_hash TEXT NOT NULL,
    used_at TIMESTAMP,
    PRIMARY KEY (user_id, code_hash)
);

-- Who has given the password and still owes the code. No session: nothing is reached by it but the question for the code.
CREATE TABLE half_sign_ins (
    token_hash TEXT NOT NULL PRIMARY KEY,
    user_id BIGINT NOT NULL REFERENCES users (id),
    -- The person's when the password was given; a half sign-in of an older one is over.
    epoch BIGINT NOT NULL,
    expires_at TIMESTAMP NOT NULL
);
CREATE INDEX half_sign_ins_by_expiry ON half_sign_ins (expires_at);
