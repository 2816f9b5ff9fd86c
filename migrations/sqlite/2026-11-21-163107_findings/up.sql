-- What does not fit together, as the last pass over the inventory found it. A page looks at each again before it shows it.
CREATE TABLE findings (
    id BIGINT NOT NULL PRIMARY KEY,
    rule TEXT NOT NULL,
    -- What was looked at when it was found, which need not be what it is about: a stopped instance, whose records are the findings.
    walked_id BIGINT NOT NULL REFERENCES resources (id),
    resource_id BIGINT NOT NULL REFERENCES resources (id),
    -- The key that it is about, where there are several in one resource; else empty.
    subject TEXT NOT NULL,
    name TEXT NOT NULL,
    source TEXT NOT NULL,
    region TEXT NOT NULL,
    cluster TEXT NOT NULL,
    -- The kinds whose listings prove it, apart by spaces.
    needs TEXT NOT NULL,
    -- Why it is not sure in itself; empty where only the listings can make it so.
    doubt TEXT NOT NULL,
    found_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX findings_identity ON findings (rule, resource_id, subject);
CREATE INDEX findings_walked ON findings (rule, walked_id);
CREATE INDEX findings_by_name ON findings (rule, name, id);
CREATE INDEX findings_by_source ON findings (rule, source, name, id);
CREATE INDEX findings_by_region ON findings (rule, region, name, id);
CREATE INDEX findings_by_cluster ON findings (rule, cluster, name, id);

-- What somebody has looked at and does not want to be told of for a while. It outlives the finding, which may go and return.
CREATE TABLE finding_ignores (
    rule TEXT NOT NULL,
    resource_id BIGINT NOT NULL REFERENCES resources (id),
    subject TEXT NOT NULL,
    until TIMESTAMP NOT NULL,
    reason TEXT NOT NULL,
    ignored_by TEXT NOT NULL,
    ignored_at TIMESTAMP NOT NULL,
    PRIMARY KEY (rule, resource_id, subject)
);

-- When each rule went over the whole inventory, and how that looked then.
CREATE TABLE finding_passes (
    rule TEXT NOT NULL PRIMARY KEY,
    began_at TIMESTAMP NOT NULL,
    ended_at TIMESTAMP NOT NULL,
    state_of TEXT NOT NULL
);
