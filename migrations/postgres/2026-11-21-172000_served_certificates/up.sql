-- What each target of each host was last seen to send, and what that amounts to. A host is stored as a key, its labels reversed, so that
-- a list goes through a domain at a time.
CREATE TABLE served_certificates (
    id BIGINT NOT NULL PRIMARY KEY,
    host TEXT COLLATE "C" NOT NULL,
    -- The key of the wildcard that would cover the host.
    wildcard TEXT COLLATE "C" NOT NULL,
    -- Empty for a host that has none.
    address TEXT COLLATE "C" NOT NULL,
    port INTEGER NOT NULL,
    -- How the address is known: 'record', 'balancer eu-edge', 'resolver'.
    via TEXT COLLATE "C" NOT NULL,
    proxied BOOLEAN NOT NULL,
    outcome TEXT COLLATE "C" NOT NULL CHECK (outcome IN ('waiting', 'read', 'unreachable', 'unresolved', 'not_probed')),
    error TEXT COLLATE "C" NOT NULL,
    -- JSON of what was read last; empty before that.
    chain TEXT COLLATE "C" NOT NULL,
    fingerprint TEXT COLLATE "C" NOT NULL,
    not_after TIMESTAMP,
    -- The worst of the findings, and how bad that is: the smaller, the worse.
    judgement TEXT COLLATE "C" NOT NULL,
    rank INTEGER NOT NULL,
    findings TEXT COLLATE "C" NOT NULL,
    -- The certificate or app of the inventory that it is about.
    resource_id BIGINT,
    planned_at TIMESTAMP NOT NULL,
    checked_at TIMESTAMP,
    read_at TIMESTAMP,
    -- Since when the judgement is what it is.
    since TIMESTAMP NOT NULL,
    good_at TIMESTAMP,
    -- When time alone will make it another.
    judge_at TIMESTAMP,
    -- Since when nothing leads there any more.
    gone_at TIMESTAMP,
    UNIQUE (host, address, port)
);
CREATE INDEX served_certificates_worst ON served_certificates (rank, host, address, port, id) WHERE gone_at IS NULL;
CREATE INDEX served_certificates_of_wildcard ON served_certificates (wildcard);
CREATE INDEX served_certificates_to_judge ON served_certificates (judge_at) WHERE judge_at IS NOT NULL;
CREATE INDEX served_certificates_gone ON served_certificates (gone_at) WHERE gone_at IS NOT NULL;
