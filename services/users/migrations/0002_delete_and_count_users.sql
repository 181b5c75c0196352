-- A deleted user is hidden at once. After the purge the row stays as a mark, without anything personal, so that a late event or an
-- old token cannot bring the user back: its version is above all.
ALTER TABLE users.users ADD COLUMN deleted_at timestamptz;
ALTER TABLE users.users ADD COLUMN purged boolean NOT NULL DEFAULT false;
-- When they last signed in or renewed a token. Not shown; counted by GET /users/stats.
ALTER TABLE users.users ADD COLUMN last_seen timestamptz;
UPDATE users.users SET last_seen = last_login;
CREATE INDEX users_by_last_seen ON users.users (last_seen) WHERE deleted_at IS NULL;

-- POST /users with an Idempotency-Key: the id that the account has or will have.
CREATE TABLE users.creations (
    creator     text NOT NULL,
    key         text NOT NULL,
    -- SHA-256 of the request without its password: the same key for another request is refused.
    fingerprint text NOT NULL,
    user_id     text NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (creator, key)
);
CREATE INDEX creations_by_age ON users.creations (created_at);

-- Rows that were changed while Redis could not be told: what it holds of them is dropped once it is back.
CREATE TABLE users.uncached_writes (
    user_id    text PRIMARY KEY,
    written_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
