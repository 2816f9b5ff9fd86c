-- Whoever adds terms puts them into the index by one statement of its own (`store/terms.rs`): each statement that a trigger answered
-- made the index write out all that it held, and merging those crumbs took a third of a first sync.
DROP TRIGGER terms_added;
