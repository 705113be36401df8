-- The register's first schema. Every column that holds a moment is in microseconds since 1970.
-- Bodies are described in src/register/codec.rs.

-- What was decided when the register was created and never changes.
CREATE TABLE meta (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    key        BLOB    NOT NULL CHECK (length(key) = 32),
    shards     INTEGER NOT NULL CHECK (shards BETWEEN 1 AND 65535),
    created_at INTEGER NOT NULL
) STRICT;

-- The feed's end (seq) and the last change no longer kept (floor), for each shard. Bumped inside
-- the writing transaction, so that its row gives the order of commits.
CREATE TABLE head (
    shard INTEGER PRIMARY KEY,
    seq   INTEGER NOT NULL CHECK (seq >= floor),
    floor INTEGER NOT NULL CHECK (floor >= 0),
    at    INTEGER
) STRICT;

-- Who, when and why, once for each commit that changed something.
CREATE TABLE commit_log (
    id      INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    actor   TEXT    NOT NULL,
    why     TEXT    NOT NULL,
    request BLOB
) STRICT;

-- The feed. subject is NULL for a batch.
CREATE TABLE change (
    shard     INTEGER NOT NULL,
    seq       INTEGER NOT NULL,
    subject   BLOB CHECK (length(subject) = 16),
    kind      INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    commit_id INTEGER NOT NULL,
    PRIMARY KEY (shard, seq)
) STRICT, WITHOUT ROWID;

-- Rowid tables keep big rows out of the tree's inner pages: with 20 million persons the path to
-- any of them stays at four pages, of which the upper three fit the cache.
CREATE TABLE record (
    iin         INTEGER PRIMARY KEY,
    state       INTEGER NOT NULL,
    version     INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    body        BLOB    NOT NULL
) STRICT;

-- Under the number's keyed hash only: who is on the list does not show in a dump of this table.
CREATE TABLE hotlist (
    subject BLOB NOT NULL CHECK (length(subject) = 16),
    id      BLOB NOT NULL CHECK (length(id) = 16),
    body    BLOB NOT NULL,
    PRIMARY KEY (subject, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE application (
    row          INTEGER PRIMARY KEY,
    id           BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    version      INTEGER NOT NULL,
    recorded_at  INTEGER NOT NULL,
    submitted_at INTEGER NOT NULL,
    number       BLOB CHECK (length(number) = 16),
    applicant    BLOB CHECK (length(applicant) = 16),
    body         BLOB    NOT NULL
) STRICT;

CREATE INDEX application_by_number ON application (number, submitted_at DESC, id DESC)
    WHERE number IS NOT NULL;
CREATE INDEX application_by_applicant ON application (applicant, submitted_at DESC, id DESC)
    WHERE applicant IS NOT NULL;

-- Requests that must not be carried out twice.
CREATE TABLE request (
    id     BLOB    PRIMARY KEY CHECK (length(id) = 16),
    digest BLOB    NOT NULL CHECK (length(digest) = 32),
    token  TEXT    NOT NULL,
    at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX request_by_age ON request (at);
