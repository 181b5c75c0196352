-- Answers to requests that had an Idempotency-Key.
CREATE TABLE images.idempotency_keys (
    caller      text NOT NULL,
    key         text NOT NULL,
    -- Of the request: another one with the same key is refused.
    fingerprint text NOT NULL,
    -- The `data` of the answer as JSON; empty while the first request's transaction runs.
    answer      text NOT NULL DEFAULT '',
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (caller, key)
);
CREATE INDEX idempotency_keys_by_time ON images.idempotency_keys (created_at);
