DROP TABLE annotations;
DROP TABLE resource_writes;
DROP TABLE dns_change_checks;
DROP TABLE dns_change_subjects;
DROP TABLE dns_change_sets;
DROP TABLE dns_changes;
