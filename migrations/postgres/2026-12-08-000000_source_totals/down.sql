DROP TRIGGER scopes_totalled ON scopes;
DROP FUNCTION total_scopes();
DROP TABLE source_totals;
