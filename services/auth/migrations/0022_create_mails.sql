-- Mails on their way to notification-service, written with what they tell of and deleted once it has taken them. Here and not
-- in the event log, because a link in a mail is a secret.
CREATE TABLE auth.pending_mails (
    id              text PRIMARY KEY,
    recipient       text NOT NULL,
    user_id         text,
    template        text NOT NULL,
    content         jsonb NOT NULL,
    attempts        integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    created_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX pending_mails_due ON auth.pending_mails (next_attempt_at);

-- Somebody asked for a link to this address. Whether it belongs to an account is found out after the answer, so that the
-- answer and the time it takes cannot tell.
CREATE TABLE auth.link_requests (
    id             text PRIMARY KEY,
    purpose        text NOT NULL,
    email          text NOT NULL,
    user_agent     text NOT NULL,
    address        text NOT NULL,
    correlation_id text NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT link_requests_purpose_known CHECK (purpose IN ('password_reset', 'email_verification'))
);
CREATE INDEX link_requests_age ON auth.link_requests (created_at);
