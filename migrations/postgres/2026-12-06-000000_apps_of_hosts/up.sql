-- Apps lie under their own names. Those that were listed before that was so are written once more by their next listing.
UPDATE resources SET fingerprint = 0 WHERE kind = 'app' AND app = '';
-- What serves their hosts lies with them: it is looked for once, app by app. Ids are handed out from one on.
INSERT INTO placement_due (id, resource_id, hops) SELECT -id, id, 0 FROM resources WHERE kind = 'app' AND gone_at IS NULL;
