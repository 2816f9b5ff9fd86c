-- The kinds that a source may list, apart by spaces: while it was never listed, any of them may be there.
ALTER TABLE sources ADD COLUMN kinds TEXT NOT NULL DEFAULT '';
