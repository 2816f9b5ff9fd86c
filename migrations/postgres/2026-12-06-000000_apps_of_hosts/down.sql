DELETE FROM placement_due WHERE id < 0;
DELETE FROM resource_places WHERE position = 2;
