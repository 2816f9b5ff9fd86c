-- Who sees what: a team's rules name places, and its members see what lies in one of them.
CREATE TABLE teams (
    id BIGINT NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL UNIQUE,
    note TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMP NOT NULL
);

CREATE TABLE team_members (
    team_id BIGINT NOT NULL REFERENCES teams (id),
    user_id BIGINT NOT NULL REFERENCES users (id),
    PRIMARY KEY (team_id, user_id)
);
CREATE INDEX team_members_of ON team_members (user_id);

-- What is named must all hold; empty names nothing. In each, * stands for any run of characters.
CREATE TABLE team_rules (
    id BIGINT NOT NULL PRIMARY KEY,
    team_id BIGINT NOT NULL REFERENCES teams (id),
    region TEXT COLLATE "C" NOT NULL,
    cluster TEXT COLLATE "C" NOT NULL,
    app TEXT COLLATE "C" NOT NULL,
    CHECK (region <> '' OR cluster <> '' OR app <> ''),
    UNIQUE (team_id, region, cluster, app)
);

-- Whether somebody sees everything or what their teams see. Whoever is there already saw everything.
ALTER TABLE users ADD COLUMN reach TEXT COLLATE "C" NOT NULL DEFAULT 'everything' CHECK (reach IN ('everything', 'teams'));
ALTER TABLE invitations ADD COLUMN reach TEXT COLLATE "C" NOT NULL DEFAULT 'everything' CHECK (reach IN ('everything', 'teams'));

-- As whom the administrator of a session looks at the panel, and until when: a person or a team.
ALTER TABLE sessions ADD COLUMN views_user_id BIGINT;
ALTER TABLE sessions ADD COLUMN views_team_id BIGINT;
ALTER TABLE sessions ADD COLUMN views_until TIMESTAMP;
