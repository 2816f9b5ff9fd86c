-- Nothing to do: PostgreSQL's index belongs to the table.
SELECT 1;
