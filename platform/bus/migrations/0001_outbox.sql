-- What every service of the event system needs in its own schema. Names are unqualified: search_path is the service's schema.

-- Events promised by committed transactions and not yet acknowledged by the bus.
CREATE TABLE outbox (
    sequence       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id             text NOT NULL,
    type           text NOT NULL,
    source         text NOT NULL,
    created_at     timestamptz NOT NULL,
    data           text NOT NULL,
    correlation_id text NOT NULL,
    user_id        text
);

-- The relay is woken at commit. One channel per schema: notifications are seen by the whole database.
CREATE FUNCTION notify_outbox() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify(TG_TABLE_SCHEMA || '.outbox', '');
    RETURN NULL;
END
$$;
CREATE TRIGGER outbox_wakes_relay AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION notify_outbox();

-- How far each consumer has applied the log. Moved by compare-and-swap in the transaction of the effect.
CREATE TABLE checkpoints (
    consumer   text PRIMARY KEY,
    position   bigint NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- Ids already applied: an event that the bus stored twice (its log was cleared in between) still has one effect.
CREATE TABLE inbox (
    consumer   text NOT NULL,
    event_id   text NOT NULL,
    position   bigint NOT NULL,
    handled_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT inbox_pkey PRIMARY KEY (consumer, event_id)
);
CREATE INDEX inbox_handled_at ON inbox (handled_at);

-- Events given up: by a consumer after its last attempt, or refused by the bus for good (consumer 'outbox').
CREATE TABLE dead_letters (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    consumer   text NOT NULL,
    position   bigint NOT NULL,
    event_id   text NOT NULL,
    event_type text NOT NULL,
    event      text NOT NULL,
    error      text NOT NULL,
    attempts   integer NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX dead_letters_consumer ON dead_letters (consumer, id);
