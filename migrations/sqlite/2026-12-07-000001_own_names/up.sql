-- Of a record: it is a machine's own name, and a switch leaves it alone.
ALTER TABLE annotations ADD COLUMN own_name BOOLEAN NOT NULL DEFAULT FALSE;
