-- How old the facts of a kind are, source by source, without a look at each of its scopes; and the losses that wait, without a look at
-- those that are decided.
CREATE INDEX scopes_by_kind_and_source ON scopes (kind, source, confirmed_at) WHERE gone_at IS NULL;
CREATE INDEX held_losses_waiting ON held_losses (id) WHERE state = 'open';
