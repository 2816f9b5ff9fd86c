DROP INDEX terms_trigram;
CREATE INDEX terms_trigram ON terms USING gin ((term || '') public.gin_trgm_ops) WHERE NOT opaque;
