ALTER TABLE sessions DROP COLUMN views_until;
ALTER TABLE sessions DROP COLUMN views_team_id;
ALTER TABLE sessions DROP COLUMN views_user_id;
ALTER TABLE invitations DROP COLUMN reach;
ALTER TABLE users DROP COLUMN reach;
DROP TABLE team_rules;
DROP TABLE team_members;
DROP TABLE teams;
