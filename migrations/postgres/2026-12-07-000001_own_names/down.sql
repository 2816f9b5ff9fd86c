ALTER TABLE annotations DROP COLUMN own_name;
