DROP INDEX syncs_running;
DROP INDEX syncs_queued;
DROP INDEX held_losses_of;
DROP INDEX resources_known;
DROP INDEX counts_by_size;
DELETE FROM counts WHERE cluster = '*';
DROP INDEX scopes_troubled;
DROP INDEX scopes_by_source;
DROP INDEX scopes_by_kind;
