-- Where imports lead: to which file of the project. An indexer finds that out for a whole project, after the facts are stored
-- (workers/indexer/import_round.h), since it depends on which other files there are.

ALTER TABLE imports
  ADD COLUMN resolution       text,
  ADD COLUMN resolved_path    text,
  ADD COLUMN resolved_file_id bigint,
  ADD CONSTRAINT imports_resolution CHECK (resolution IN ('file', 'folder', 'missing', 'foreign'));
COMMENT ON COLUMN imports.resolution IS
  'file, folder: resolved_path is it; missing: the project''s own by the way it is written, and not there; foreign: of others, or not to be told from that; null: not looked at yet';
COMMENT ON COLUMN imports.resolved_file_id IS
  'the file; no foreign key, so that deleting a file waits for none of its importers: for a moment it may name a file that is gone';
CREATE INDEX imports_resolved_file ON imports (resolved_file_id) WHERE resolved_file_id IS NOT NULL;
-- Those of folders. The condition names no column that foreign and missing imports change, so that writing these costs no index.
CREATE INDEX imports_resolved_folder ON imports (project_id, resolved_path text_pattern_ops)
  WHERE resolved_path IS NOT NULL AND resolved_file_id IS NULL;

-- What has to be looked at (again). Rows are only put in and deleted, and several may say the same: so nobody who puts one in
-- waits for anybody. The triggers below do it, in the transaction that makes it necessary.
CREATE TABLE import_resolution_due (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  project_id integer NOT NULL,
  file_id    bigint,                            -- the imports of this file; null: of all files of the project
  since      timestamptz NOT NULL DEFAULT now()
);

-- Who is at it: one indexer a project. The lease and the token mean what they mean in index_queue.
CREATE TABLE import_rounds (
  project_id integer PRIMARY KEY REFERENCES projects ON DELETE CASCADE,
  token      bigint NOT NULL,
  worker     text NOT NULL,
  until      timestamptz NOT NULL
);

-- Files came or went: any import of the project may lead somewhere else. Whoever put files in wakes the indexers by himself, since
-- there is something to index.
CREATE FUNCTION files_change_imports() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  INSERT INTO import_resolution_due (project_id) SELECT DISTINCT project_id FROM changed;
  IF FOUND AND TG_OP = 'DELETE' THEN
    PERFORM pg_notify('index_queue', '');
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER files_came AFTER INSERT ON files REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION files_change_imports();
CREATE TRIGGER files_went AFTER DELETE ON files REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION files_change_imports();

CREATE FUNCTION new_imports_are_due() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  INSERT INTO import_resolution_due (project_id, file_id) SELECT DISTINCT project_id, file_id FROM changed;
  RETURN NULL;
END $$;
CREATE TRIGGER imports_came AFTER INSERT ON imports REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION new_imports_are_due();

-- What was stored before.
INSERT INTO import_resolution_due (project_id) SELECT id FROM projects;
