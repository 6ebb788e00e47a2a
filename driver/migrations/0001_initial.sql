-- What the workers know about the configured source trees. docs/schema.md explains it for people who query it.
-- Applied by the driver in one transaction. No extension is needed, so that any PostgreSQL 12 or newer will do.

CREATE TABLE projects (
  id         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name       text NOT NULL UNIQUE,              -- as configured
  path       text NOT NULL,                     -- absolute
  created_at timestamptz NOT NULL DEFAULT now(),
  scanned_at timestamptz                        -- end of the last complete scan; null: never yet
);

CREATE TABLE files (
  id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  project_id       integer NOT NULL REFERENCES projects ON DELETE CASCADE,
  path             text NOT NULL,               -- relative to the project's root, "/" between the parts
  language         text,                        -- "python", "c", "cpp"; null: none that is known here, or not looked at yet
  size             bigint NOT NULL,             -- bytes, as the watcher saw it last
  mtime            timestamptz NOT NULL,        -- of the file, as the watcher saw it last
  stamp            text NOT NULL,               -- inode, size, mtime and ctime to the nanosecond: another stamp, another look
  status           text NOT NULL DEFAULT 'pending',
  error            text,                        -- why it is skipped or dead, or why the last attempt failed
  content_hash     bytea,                       -- XXH3-128 of the bytes that the rows below were made from
  analyser_version integer,                     -- of the analyser that made them
  line_count       integer,
  indexed_at       timestamptz,
  CONSTRAINT files_status CHECK (status IN ('pending', 'indexed', 'skipped', 'dead'))
);
-- text_pattern_ops serves `=` and `LIKE 'src/%'` whatever the database's collation.
CREATE UNIQUE INDEX files_project_path ON files (project_id, path text_pattern_ops);
CREATE INDEX files_not_indexed ON files (status) WHERE status <> 'indexed';
COMMENT ON COLUMN files.status IS
  'pending: to be indexed; indexed; skipped: not source text (error says why); dead: given up on (error says why)';

-- Work to do: one row for each pending file. A claim moves available_at into the future (the lease) and sets token;
-- whoever finishes proves with the token that the claim is still its own.
CREATE TABLE index_queue (
  file_id      bigint PRIMARY KEY REFERENCES files ON DELETE CASCADE,
  priority     smallint NOT NULL DEFAULT 1,     -- 0: a change just seen; 1: a scan; 2: a new analyser
  available_at timestamptz NOT NULL DEFAULT now(),
  attempts     smallint NOT NULL DEFAULT 0,     -- claims that were not given back, so that a crash counts too
  failures     smallint NOT NULL DEFAULT 0,     -- attempts that failed because of the file itself
  token        bigint,                          -- of the current claim; null: not claimed
  worker       text                             -- who holds the claim
);
CREATE INDEX index_queue_next ON index_queue (priority, available_at);
CREATE SEQUENCE index_claims;

-- id is file_id * 4194304 + the symbol's ordinal in its file: known before the row is stored, the same each time
-- the same bytes are indexed. It names a symbol until its file is indexed again.
CREATE TABLE symbols (
  id             bigint PRIMARY KEY,
  project_id     integer NOT NULL,
  file_id        bigint NOT NULL REFERENCES files ON DELETE CASCADE,
  parent_id      bigint,                        -- the enclosing symbol, in the same file
  kind           text NOT NULL,                 -- "class", "function", "method", ...
  name           text NOT NULL,                 -- as written at the definition, without scope, arguments or template part
  qualified_name text NOT NULL,
  is_definition  boolean NOT NULL,              -- false: declared only
  start_line     integer NOT NULL,              -- from 1
  end_line       integer NOT NULL,              -- from 1, inclusive
  start_column   integer NOT NULL,              -- bytes from 0
  end_column     integer NOT NULL,              -- bytes from 0, exclusive
  signature      text NOT NULL,
  docstring      text NOT NULL
);
CREATE INDEX symbols_file ON symbols (file_id);
CREATE INDEX symbols_name ON symbols (name text_pattern_ops);
CREATE INDEX symbols_lower_name ON symbols (lower(name) text_pattern_ops);
CREATE INDEX symbols_qualified_name ON symbols (qualified_name text_pattern_ops);

CREATE TABLE imports (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  project_id     integer NOT NULL,
  file_id        bigint NOT NULL REFERENCES files ON DELETE CASCADE,
  target         text NOT NULL,                 -- "os.path", "common/check.h"
  name           text,                          -- of a from-import
  alias          text,
  line           integer NOT NULL,
  relative_level integer NOT NULL,              -- leading dots of a Python relative import
  is_system      boolean NOT NULL,              -- C and C++: <...>
  at_top_level   boolean NOT NULL
);
CREATE INDEX imports_file ON imports (file_id);
CREATE INDEX imports_target ON imports (target text_pattern_ops);

CREATE TABLE issues (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  project_id   integer NOT NULL,
  file_id      bigint NOT NULL REFERENCES files ON DELETE CASCADE,
  rule         text NOT NULL,                   -- "parse-error", "function-too-long", ...
  severity     text NOT NULL,                   -- "info", "warning", "error"
  message      text NOT NULL,
  start_line   integer NOT NULL,
  end_line     integer NOT NULL,
  start_column integer NOT NULL,
  end_column   integer NOT NULL
);
CREATE INDEX issues_file ON issues (file_id);
CREATE INDEX issues_rule ON issues (rule);

-- References, packed: all uses of one name in one file are one row. Users read the view below.
CREATE TABLE packed_references (
  file_id   bigint NOT NULL REFERENCES files ON DELETE CASCADE,
  name      text NOT NULL,
  kind      text NOT NULL,                      -- "call", "name", "type", "base"
  lines     integer[] NOT NULL,
  enclosing integer[] NOT NULL                  -- for each line the ordinal of the enclosing symbol, null: none
);
CREATE INDEX packed_references_file ON packed_references (file_id);
CREATE INDEX packed_references_name ON packed_references (name text_pattern_ops);

CREATE VIEW symbol_references AS
  SELECT f.project_id, r.file_id, r.name, r.kind, spot.line, r.file_id * 4194304 + spot.ordinal AS enclosing_symbol_id
  FROM packed_references r
  LEFT JOIN files f ON f.id = r.file_id
  CROSS JOIN LATERAL unnest(r.lines, r.enclosing) AS spot (line, ordinal);
