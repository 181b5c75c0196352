-- Answers to requests that had an Idempotency-Key, for a day.
CREATE TABLE auth.idempotency_keys (
    caller        text NOT NULL,
    key           text NOT NULL,
    -- Whom the answer is about; it goes with the account.
    account_id    text REFERENCES auth.accounts (id) ON DELETE CASCADE,
    -- The `data` of the answer, AES-256-GCM, bound to the request: it opens for an equal one only (idempotency_repository.cpp). Empty
    -- while the first request's transaction runs.
    sealed_answer text NOT NULL DEFAULT '',
    created_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (caller, key)
);
CREATE INDEX idempotency_keys_by_time ON auth.idempotency_keys (created_at);
CREATE INDEX idempotency_keys_of_account ON auth.idempotency_keys (account_id) WHERE account_id IS NOT NULL;
