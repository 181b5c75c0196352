-- What DELETE /events/clear took out of the log. Positions go on rising over a clear, so the archive and the log never overlap.
CREATE TABLE bus.archives (
    id             text PRIMARY KEY,
    created_at     timestamptz NOT NULL DEFAULT now(),
    created_by     text NOT NULL,
    -- NULL until the first event has been moved.
    first_position bigint,
    last_position  bigint,
    events         bigint NOT NULL DEFAULT 0
);

CREATE TABLE bus.archived_events (
    position       bigint PRIMARY KEY,
    archive_id     text NOT NULL REFERENCES bus.archives (id),
    id             text NOT NULL,
    type           text NOT NULL,
    source         text NOT NULL,
    timestamp      timestamptz NOT NULL,
    data           text NOT NULL,
    status         text NOT NULL,
    correlation_id text NOT NULL,
    user_id        text,
    stored_at      timestamptz NOT NULL,
    CONSTRAINT archived_events_id_unique UNIQUE (id)
);
CREATE INDEX archived_events_by_archive ON bus.archived_events (archive_id, position);
CREATE INDEX archived_events_by_type ON bus.archived_events (type text_pattern_ops, position);
CREATE INDEX archived_events_by_user ON bus.archived_events (user_id, position) WHERE user_id IS NOT NULL;
CREATE INDEX archived_events_by_correlation ON bus.archived_events (correlation_id);

CREATE VIEW bus.all_events AS
    SELECT position, id, type, source, timestamp, data, status, correlation_id, user_id FROM bus.events
    UNION ALL
    SELECT position, id, type, source, timestamp, data, status, correlation_id, user_id FROM bus.archived_events;

-- As before, and an id that lies in the archive keeps its position too: a producer that sends again after a clear is harmless.
CREATE OR REPLACE FUNCTION bus.append(writer_epoch bigint, ids text[], types text[], sources text[], timestamps timestamptz[],
                                      datas text[], correlation_ids text[], user_ids text[])
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
          AND NOT EXISTS (SELECT FROM bus.archived_events a WHERE a.id = g.id)
    )
    INSERT INTO bus.events (position, id, type, source, timestamp, data, correlation_id, user_id)
    SELECT head_position + f.place, f.id, f.type, f.source, f.timestamp, f.data, f.correlation_id, f.user_id FROM fresh f;
    GET DIAGNOSTICS added = ROW_COUNT;

    UPDATE bus.head SET position = head_position + added;
    RETURN QUERY
        SELECT head_position, array_agg(COALESCE(e.position, a.position) ORDER BY g.ordinal)
        FROM unnest(ids) WITH ORDINALITY AS g(id, ordinal)
        LEFT JOIN bus.events e USING (id) LEFT JOIN bus.archived_events a USING (id);
END
$$;
