-- Accounts, as the user.* events told of them: where mail can go and whom a broadcast reaches.
CREATE TABLE notifications.recipients (
    user_id    text PRIMARY KEY,
    email      text NOT NULL,
    username   text NOT NULL,
    role       text NOT NULL,
    status     text NOT NULL,
    -- Of the account: an event with a lower one is older than what stands here.
    version    bigint NOT NULL,
    created_at timestamptz NOT NULL
);

-- How far the log has been read for accounts that are older than the table above. One row.
CREATE TABLE notifications.recipients_backfill (
    position    bigint NOT NULL,
    finished_at timestamptz
);
INSERT INTO notifications.recipients_backfill (position) VALUES (0);

-- Mail to be sent, and what became of it.
CREATE TABLE notifications.mails (
    id              text PRIMARY KEY,
    -- The notification that is told by mail, which may be deleted or never have been stored (in_app off). Null: an account
    -- mail, asked for by auth-service.
    notification_id text,
    user_id         text,
    template        text NOT NULL,
    -- Null: the address that the user has when it is sent.
    recipient       text,
    -- What the template shows. Erased as soon as the mail is settled: it may hold a secret link.
    content         json,
    -- As in notifications.notifications.
    origin          text,
    correlation_id  text NOT NULL,
    -- 0 account mails, 1 notifications, 2 broadcasts: nobody waits for a password behind a thousand newsletters.
    urgency         smallint NOT NULL,
    status          text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'sent', 'failed')),
    attempts        integer NOT NULL DEFAULT 0,
    -- Not before; while an instance sends it, the end of its lease.
    available_at    timestamptz NOT NULL DEFAULT now(),
    -- An instance has taken it. True still when that instance died; the end of the lease is what counts then.
    sending         boolean NOT NULL DEFAULT false,
    -- Why the last attempt failed.
    problem         text,
    created_at      timestamptz NOT NULL DEFAULT now(),
    settled_at      timestamptz,
    CONSTRAINT mails_once_per_origin UNIQUE (origin, template, user_id)
);
CREATE INDEX mails_due ON notifications.mails (urgency, available_at) WHERE status = 'pending';
CREATE INDEX mails_of_user ON notifications.mails (user_id);
CREATE INDEX mails_settled_for_accounts ON notifications.mails (settled_at) WHERE notification_id IS NULL;

CREATE TRIGGER mails_wake_delivery AFTER INSERT ON notifications.mails
    FOR EACH STATEMENT EXECUTE FUNCTION notifications.wake_delivery();
