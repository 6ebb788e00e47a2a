-- Projects that are added to a running system, what a check from outside needs to know of each, and how far the index is.

ALTER TABLE projects
  ADD COLUMN origin        text NOT NULL DEFAULT 'configured',
  ADD COLUMN exclude       text[] NOT NULL DEFAULT '{}',        -- gitignore patterns, on top of the built-in rules
  ADD COLUMN index_secrets boolean NOT NULL DEFAULT false,      -- files that hold secrets by their name too
  ADD CONSTRAINT projects_origin CHECK (origin IN ('configured', 'added', 'removed'));
COMMENT ON COLUMN projects.origin IS
  'configured: stands in the configuration file; added: by code-analysisctl project add; removed: its rows are being deleted';

-- One row a project: how many files are in which state, and from those of the last ten seconds how long the rest will take.
CREATE VIEW project_progress AS
  SELECT id AS project_id, name, path, origin, scanned_at, files, indexed, pending, skipped, dead, round(recent / 10.0, 1) AS files_per_second,
    CASE WHEN pending > 0 AND recent > 0 THEN ceil(pending * 10.0 / recent)::bigint END AS seconds_left
  FROM projects p LEFT JOIN LATERAL (
    SELECT count(*) AS files,
      count(*) FILTER (WHERE status = 'indexed') AS indexed,
      count(*) FILTER (WHERE status = 'pending') AS pending,
      count(*) FILTER (WHERE status = 'skipped') AS skipped,
      count(*) FILTER (WHERE status = 'dead') AS dead,
      count(*) FILTER (WHERE indexed_at > now() - interval '10 seconds') AS recent
    FROM files f WHERE f.project_id = p.id) counted ON true;
COMMENT ON VIEW project_progress IS 'seconds_left: null where nothing is pending, or nothing was finished in the last ten seconds';
