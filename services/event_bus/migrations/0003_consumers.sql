-- What consumers say of themselves; the truth about positions and dead letters is in their own schemas.
CREATE TABLE bus.consumers (
    name        text PRIMARY KEY,
    service     text NOT NULL,
    position    bigint NOT NULL,
    event_types text[] NOT NULL,
    paused      boolean NOT NULL,
    -- The event that holds it up.
    held_position bigint,
    held_attempts bigint,
    held_error    text,
    reported_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE bus.dead_letters (
    consumer   text NOT NULL,
    letter_id  text NOT NULL,
    event_id   text NOT NULL,
    event_type text NOT NULL,
    position   bigint NOT NULL,
    user_id    text,
    error      text NOT NULL,
    attempts   bigint NOT NULL,
    created_at timestamptz NOT NULL,
    -- Somebody has asked for another attempt, which the consumer has not reported yet.
    replay_requested_at timestamptz,
    PRIMARY KEY (consumer, letter_id)
);
CREATE INDEX dead_letters_by_event ON bus.dead_letters (event_id);
CREATE INDEX dead_letters_by_time ON bus.dead_letters (created_at DESC);

-- Which events a consumer is given: the most specific pattern decides.
CREATE TABLE bus.routes (
    id         text PRIMARY KEY,
    -- A name, or * for all.
    consumer   text NOT NULL,
    pattern    text NOT NULL,
    action     text NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT routes_action_known CHECK (action IN ('deliver', 'exclude', 'pause')),
    CONSTRAINT routes_unique UNIQUE (consumer, pattern)
);
