DROP INDEX held_losses_waiting;
DROP INDEX scopes_by_kind_and_source;
