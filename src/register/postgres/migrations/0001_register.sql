-- The register's schema. Every column that holds a moment is in microseconds since 1970. Bodies are
-- described in src/register/codec.rs. The tables are those of the SQLite store: a test compares.
--
-- Nothing here that a distributed database with PostgreSQL's protocol lacks or that makes one slow:
-- no sequences, no triggers, no keys that grow on hot paths.

-- What was decided when the register was created and never changes.
CREATE TABLE meta (
    id         smallint PRIMARY KEY CHECK (id = 1),
    key        bytea    NOT NULL CHECK (length(key) = 32),
    shards     integer  NOT NULL CHECK (shards BETWEEN 1 AND 65535),
    created_at bigint   NOT NULL
);

-- The feed's end (seq) and the last change no longer kept (floor), for each shard. Bumped inside
-- the writing transaction, so that the lock on its row gives the order of commits. Its few rows
-- change all the time: the room on their page lets the old versions be cleaned away in passing.
CREATE TABLE head (
    shard integer PRIMARY KEY,
    seq   bigint  NOT NULL,
    floor bigint  NOT NULL,
    at    bigint,
    CHECK (floor >= 0 AND seq >= floor)
) WITH (fillfactor = 10);

-- Who, when and why, once for each commit that changed something. Never forgotten: history points
-- to it. The id is made by the writer.
CREATE TABLE commit_log (
    id           uuid   PRIMARY KEY,
    at           bigint NOT NULL,
    actor        text   NOT NULL,
    why          text   NOT NULL,
    request      uuid,
    on_behalf_of text   NOT NULL,
    end_user     text   NOT NULL,
    reference    text   NOT NULL
);

-- The feed. subject is NULL for a batch.
CREATE TABLE change (
    shard     integer  NOT NULL,
    seq       bigint   NOT NULL,
    subject   bytea CHECK (length(subject) = 16),
    kind      smallint NOT NULL,
    at        bigint   NOT NULL,
    commit_id uuid     NOT NULL,
    PRIMARY KEY (shard, seq)
);

CREATE TABLE record (
    iin         bigint   PRIMARY KEY,
    state       smallint NOT NULL,
    version     bigint   NOT NULL,
    recorded_at bigint   NOT NULL,
    body        bytea    NOT NULL,
    commit_id   uuid     NOT NULL
);

-- Versions of records that were replaced.
CREATE TABLE record_past (
    iin         bigint   NOT NULL,
    version     bigint   NOT NULL,
    state       smallint NOT NULL,
    recorded_at bigint   NOT NULL,
    commit_id   uuid     NOT NULL,
    body        bytea    NOT NULL,
    PRIMARY KEY (iin, version)
);

-- Under the number's keyed hash only: who is on the list does not show in a dump of this table.
CREATE TABLE hotlist (
    subject     bytea  NOT NULL CHECK (length(subject) = 16),
    id          uuid   NOT NULL,
    body        bytea  NOT NULL,
    version     bigint NOT NULL,
    recorded_at bigint NOT NULL,
    commit_id   uuid   NOT NULL,
    PRIMARY KEY (subject, id)
);

-- An entry is taken away by its id alone.
CREATE UNIQUE INDEX hotlist_by_id ON hotlist (id);

-- Versions of hotlist entries that were replaced or taken away: ended_by is the commit that did. An
-- id can be used again after it was taken away, and then counts from 1 anew.
CREATE TABLE hotlist_past (
    id          uuid   NOT NULL,
    version     bigint NOT NULL,
    subject     bytea  NOT NULL CHECK (length(subject) = 16),
    recorded_at bigint NOT NULL,
    commit_id   uuid   NOT NULL,
    ended_by    uuid   NOT NULL,
    body        bytea  NOT NULL
);

CREATE INDEX hotlist_past_by_id ON hotlist_past (id, version);

CREATE TABLE application (
    id           uuid   PRIMARY KEY,
    version      bigint NOT NULL,
    recorded_at  bigint NOT NULL,
    submitted_at bigint NOT NULL,
    number       bytea CHECK (length(number) = 16),
    applicant    bytea CHECK (length(applicant) = 16),
    body         bytea  NOT NULL
);

CREATE INDEX application_by_number ON application (number, submitted_at DESC, id DESC)
    WHERE number IS NOT NULL;
CREATE INDEX application_by_applicant ON application (applicant, submitted_at DESC, id DESC)
    WHERE applicant IS NOT NULL;

-- An application is its events and loses none of them; who wrote each version, and why, is here.
CREATE TABLE application_commit (
    id        uuid   NOT NULL,
    version   bigint NOT NULL,
    commit_id uuid   NOT NULL,
    PRIMARY KEY (id, version)
);

-- Requests that must not be carried out twice, and what a repeated one is answered.
CREATE TABLE request (
    id     uuid   PRIMARY KEY,
    digest bytea  NOT NULL CHECK (length(digest) = 32),
    token  text   NOT NULL,
    at     bigint NOT NULL,
    answer bytea  NOT NULL
);

CREATE INDEX request_by_age ON request (at);

-- How far the batches of imports are.
CREATE TABLE batch (
    id       uuid   PRIMARY KEY,
    at       bigint NOT NULL,
    last_row bigint NOT NULL,
    landed   bigint NOT NULL,
    refused  bigint NOT NULL,
    note     bytea  NOT NULL
);

CREATE INDEX batch_by_age ON batch (at);
