-- Webhooks: events sent to an address that a user named, in order, signed (Standard Webhooks).
CREATE TABLE bus.subscriptions (
    id              text PRIMARY KEY,
    owner_id        text NOT NULL,
    url             text NOT NULL,
    event_types     text[] NOT NULL,
    -- Needed to sign with: whoever reads it can forge events to this one receiver.
    secret          text NOT NULL,
    -- Of all users; kept to as long as the owner may see them.
    sees_all        boolean NOT NULL,
    status          text NOT NULL DEFAULT 'active',
    -- Everything up to here is delivered or given up.
    position        bigint NOT NULL,
    -- In a row, of the event behind `position`.
    failures        bigint NOT NULL DEFAULT 0,
    last_error      text,
    last_delivery_at timestamptz,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    -- Some instance is at it until then.
    leased_until    timestamptz,
    created_at      timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT subscriptions_status_known CHECK (status IN ('active', 'disabled'))
);
CREATE INDEX subscriptions_of_owner ON bus.subscriptions (owner_id, created_at DESC);
CREATE INDEX subscriptions_due ON bus.subscriptions (next_attempt_at) WHERE status = 'active';
