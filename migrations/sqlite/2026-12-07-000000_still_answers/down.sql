ALTER TABLE dns_change_checks DROP COLUMN answering;
