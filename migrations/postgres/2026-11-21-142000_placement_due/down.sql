UPDATE resource_places SET position = 0 WHERE origin = 'relation';
DROP INDEX held_loss_items_of;
DROP TABLE placement_due;
