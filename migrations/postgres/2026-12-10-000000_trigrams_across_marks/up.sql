-- pg_trgm cuts a text into words wherever no letter or digit stands, and has no trigram that goes across: of an address it knows
-- `52`, `73` and `235` apart, which millions share. With letters in place of the marks an address or a name is one word. Whoever
-- asks looks at the term itself besides, for a `q` may be one.
DROP INDEX terms_trigram;
CREATE INDEX terms_trigram ON terms USING gin (translate(term, '.-_:/=@ ', 'qxwjzkvy') public.gin_trgm_ops) WHERE NOT opaque;
-- What is known of an expression is known by its index.
ANALYZE terms;
