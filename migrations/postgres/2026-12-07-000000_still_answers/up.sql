-- Of the sets that a server serves: those that the provider answers with addresses of its own, so that no more can be seen.
ALTER TABLE dns_change_checks ADD COLUMN answering INTEGER NOT NULL DEFAULT 0;
