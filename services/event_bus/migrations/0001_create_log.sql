-- The log: positions are gap-free and in commit order, because only `append` makes them, under the head's lock.
CREATE TABLE bus.events (
    position       bigint PRIMARY KEY,
    id             text NOT NULL,
    type           text NOT NULL,
    source         text NOT NULL,
    timestamp      timestamptz NOT NULL,
    -- As the producer wrote it, byte for byte; jsonb would not keep that.
    data           text NOT NULL,
    status         text NOT NULL DEFAULT 'published',
    correlation_id text NOT NULL,
    user_id        text,
    stored_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT events_id_unique UNIQUE (id)
);
CREATE INDEX events_by_type ON bus.events (type text_pattern_ops, position);
CREATE INDEX events_by_user ON bus.events (user_id, position) WHERE user_id IS NOT NULL;
CREATE INDEX events_by_correlation ON bus.events (correlation_id);

CREATE TABLE bus.head (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    epoch    bigint NOT NULL,
    position bigint NOT NULL
);
INSERT INTO bus.head (epoch, position) VALUES (0, 0);

-- Stores a batch and answers the position of each event, in the order given. An id that is stored already (or twice in the batch)
-- keeps its first position. Refuses an epoch that is not the newest: a writer that was replaced must not go on.
CREATE FUNCTION bus.append(writer_epoch bigint, ids text[], types text[], sources text[], timestamps timestamptz[], datas text[],
                           correlation_ids text[], user_ids text[])
RETURNS TABLE (old_head bigint, positions bigint[]) LANGUAGE plpgsql AS $$
DECLARE
    head_position bigint;
    added bigint;
BEGIN
    SELECT h.position INTO head_position FROM bus.head h WHERE h.epoch = writer_epoch FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the epoch % is not the newest', writer_epoch USING ERRCODE = 'DB001';
    END IF;

    WITH given AS (
        SELECT g.*, row_number() OVER (PARTITION BY g.id ORDER BY g.ordinal) AS occurrence
        FROM unnest(ids, types, sources, timestamps, datas, correlation_ids, user_ids) WITH ORDINALITY
            AS g(id, type, source, timestamp, data, correlation_id, user_id, ordinal)
    ), fresh AS (
        SELECT g.*, row_number() OVER (ORDER BY g.ordinal) AS place
        FROM given g
        WHERE g.occurrence = 1 AND NOT EXISTS (SELECT FROM bus.events e WHERE e.id = g.id)
    )
    INSERT INTO bus.events (position, id, type, source, timestamp, data, correlation_id, user_id)
    SELECT head_position + f.place, f.id, f.type, f.source, f.timestamp, f.data, f.correlation_id, f.user_id FROM fresh f;
    GET DIAGNOSTICS added = ROW_COUNT;

    UPDATE bus.head SET position = head_position + added;
    RETURN QUERY
        SELECT head_position, array_agg(e.position ORDER BY g.ordinal)
        FROM unnest(ids) WITH ORDINALITY AS g(id, ordinal) JOIN bus.events e USING (id);
END
$$;
