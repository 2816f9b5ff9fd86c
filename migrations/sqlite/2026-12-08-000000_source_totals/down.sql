DROP TRIGGER scopes_totalled_after;
DROP TRIGGER scopes_totalled_before;
DROP TRIGGER scopes_totalled_out;
DROP TRIGGER scopes_totalled_in;
DROP TABLE source_totals;
