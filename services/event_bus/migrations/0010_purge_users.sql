-- What the log holds about a deleted user goes: all their events up to user.deleted at once, what came late a day after. Only
-- user.deleted stays, in the end without e-mail and username. Positions keep their holes, as after a clear.
CREATE TABLE bus.removed_users (
    user_id     text PRIMARY KEY,
    removed_at  timestamptz NOT NULL DEFAULT now(),
    -- When the late events went, too.
    finished_at timestamptz
);
CREATE INDEX removed_users_unfinished ON bus.removed_users (removed_at) WHERE finished_at IS NULL;

-- The last user.deleted that was dealt with.
CREATE TABLE bus.purge_state (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    position bigint NOT NULL
);
INSERT INTO bus.purge_state (position) VALUES (0);
