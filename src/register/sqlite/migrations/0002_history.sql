-- What was replaced or taken away is kept, with who wrote it and why. A commit is never forgotten
-- now: history points to it.

ALTER TABLE commit_log ADD COLUMN on_behalf_of TEXT NOT NULL DEFAULT '';
ALTER TABLE commit_log ADD COLUMN end_user TEXT NOT NULL DEFAULT '';
ALTER TABLE commit_log ADD COLUMN reference TEXT NOT NULL DEFAULT '';

-- NULL: written before there was a history, its commit forgotten.
ALTER TABLE record ADD COLUMN commit_id INTEGER;

-- Versions of records that were replaced.
CREATE TABLE record_past (
    iin         INTEGER NOT NULL,
    version     INTEGER NOT NULL,
    state       INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    commit_id   INTEGER,
    body        BLOB    NOT NULL
) STRICT;

CREATE UNIQUE INDEX record_past_by_version ON record_past (iin, version);

ALTER TABLE hotlist ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE hotlist ADD COLUMN recorded_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE hotlist ADD COLUMN commit_id INTEGER;

-- An entry is taken away by its id alone.
CREATE UNIQUE INDEX hotlist_by_id ON hotlist (id);

-- Versions of hotlist entries that were replaced or taken away: ended_by is the commit that did.
CREATE TABLE hotlist_past (
    id          BLOB    NOT NULL CHECK (length(id) = 16),
    version     INTEGER NOT NULL,
    subject     BLOB    NOT NULL CHECK (length(subject) = 16),
    recorded_at INTEGER NOT NULL,
    commit_id   INTEGER,
    ended_by    INTEGER NOT NULL,
    body        BLOB    NOT NULL
) STRICT;

CREATE INDEX hotlist_past_by_id ON hotlist_past (id, version);

-- An application is its events and loses none of them; who wrote each version, and why, is here.
CREATE TABLE application_commit (
    id        BLOB    NOT NULL CHECK (length(id) = 16),
    version   INTEGER NOT NULL,
    commit_id INTEGER NOT NULL,
    PRIMARY KEY (id, version)
) STRICT, WITHOUT ROWID;

-- What a repeated request is answered.
ALTER TABLE request ADD COLUMN answer BLOB NOT NULL DEFAULT x'';

-- How far the batches of imports are.
CREATE TABLE batch (
    id       BLOB    PRIMARY KEY CHECK (length(id) = 16),
    at       INTEGER NOT NULL,
    last_row INTEGER NOT NULL,
    landed   INTEGER NOT NULL,
    refused  INTEGER NOT NULL,
    note     BLOB    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX batch_by_age ON batch (at);
