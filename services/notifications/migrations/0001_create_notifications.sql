CREATE TABLE notifications.notifications (
    id             text PRIMARY KEY,
    user_id        text NOT NULL,
    type           text NOT NULL,
    title          text NOT NULL,
    message        text NOT NULL,
    -- json, not jsonb: it is handed on as it came and never searched, and jsonb refuses \u0000.
    data           json NOT NULL DEFAULT '{}',
    status         text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'sent', 'read', 'failed')),
    -- What caused it: 'event:<id>' or 'request:<caller>:<idempotency key>'; null for a request without a key.
    origin         text,
    correlation_id text NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT now(),
    sent_at        timestamptz,
    read_at        timestamptz,
    -- False until the push has gone out: a crash between 'sent' and the push is found and repeated.
    announced      boolean NOT NULL DEFAULT false,
    -- One cause tells each user one thing once, whatever is delivered twice.
    CONSTRAINT notifications_once_per_origin UNIQUE (origin, type, user_id)
);
CREATE INDEX notifications_of_user ON notifications.notifications (user_id, created_at DESC, id DESC);
CREATE INDEX notifications_unread ON notifications.notifications (user_id) WHERE read_at IS NULL;
CREATE INDEX notifications_to_announce ON notifications.notifications (created_at) WHERE NOT announced;
CREATE INDEX notifications_recently_sent ON notifications.notifications (user_id, sent_at);

-- The deliverer of some instance is woken when the transaction that stored a notification commits.
CREATE FUNCTION notifications.wake_delivery() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('notifications.pending', '');
    RETURN NULL;
END
$$;
CREATE TRIGGER notifications_wake_delivery AFTER INSERT ON notifications.notifications
    FOR EACH STATEMENT EXECUTE FUNCTION notifications.wake_delivery();

CREATE TABLE notifications.preferences (
    user_id    text NOT NULL,
    type       text NOT NULL,
    in_app     boolean NOT NULL,
    email      boolean NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, type)
);

-- Accounts that are gone. Events about their last jobs may still come and must not store anything about them again.
CREATE TABLE notifications.removed_users (
    user_id    text PRIMARY KEY,
    removed_at timestamptz NOT NULL DEFAULT now()
);
