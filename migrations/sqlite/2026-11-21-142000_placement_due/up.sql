-- Resources whose own place, and whose neighbours' places, are still to be derived: written with the change that makes it so, so that
-- a crash in between loses nothing.
CREATE TABLE placement_due (
    id BIGINT NOT NULL PRIMARY KEY,
    resource_id BIGINT NOT NULL REFERENCES resources (id),
    -- How many relations lie between this and what was listed.
    hops BIGINT NOT NULL
);
-- Which losses a resource is held in.
CREATE INDEX held_loss_items_of ON held_loss_items (resource_id);
-- What the rules say (position 0) and what relations say (position 1) are two places of a resource, no longer one.
UPDATE resource_places SET position = 1 WHERE origin = 'relation';
