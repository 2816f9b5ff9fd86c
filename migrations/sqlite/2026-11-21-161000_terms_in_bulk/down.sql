CREATE TRIGGER terms_added AFTER INSERT ON terms BEGIN
    INSERT INTO terms_trigram (rowid, term) VALUES (new.id, new.term);
END;
