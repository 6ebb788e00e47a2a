-- What the watcher knows of a project's tree besides its files, so that a tree that cannot be seen is not taken for an empty one.

ALTER TABLE projects
  ADD COLUMN root_device text,                  -- number of the file system that the root was on at scanned_at
  ADD COLUMN trouble     text;                  -- why the tree cannot be seen whole; null: it can
COMMENT ON COLUMN projects.trouble IS
  'why the watcher cannot see the tree, or a part of it: until it can, the rows of what it cannot see stay as they are';

-- A project that is being removed gives its name free at once: one of the same name that is added then is another row, with
-- another id, and nothing that still goes on for the old one touches it.
CREATE FUNCTION removed_name(id integer, name text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT format('%s (removed, %s)', name, id)
$$;
UPDATE projects SET name = removed_name(id, name) WHERE origin = 'removed';

-- trouble is new.
CREATE OR REPLACE VIEW project_progress AS
  SELECT id AS project_id, name, path, origin, scanned_at, files, indexed, pending, skipped, dead, round(recent / 10.0, 1) AS files_per_second,
    CASE WHEN pending > 0 AND recent > 0 THEN ceil(pending * 10.0 / recent)::bigint END AS seconds_left, trouble
  FROM projects p LEFT JOIN LATERAL (
    SELECT count(*) AS files,
      count(*) FILTER (WHERE status = 'indexed') AS indexed,
      count(*) FILTER (WHERE status = 'pending') AS pending,
      count(*) FILTER (WHERE status = 'skipped') AS skipped,
      count(*) FILTER (WHERE status = 'dead') AS dead,
      count(*) FILTER (WHERE indexed_at > now() - interval '10 seconds') AS recent
    FROM files f WHERE f.project_id = p.id) counted ON true;
