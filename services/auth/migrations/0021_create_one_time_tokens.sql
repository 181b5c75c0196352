-- What a mailed link proves: that somebody reads this mailbox. Each is good once.
CREATE TABLE auth.one_time_tokens (
    -- SHA-256 of the token in the link.
    token_hash text PRIMARY KEY,
    account_id text NOT NULL REFERENCES auth.accounts (id) ON DELETE CASCADE,
    purpose    text NOT NULL,
    -- Where the link was sent. A reset is void once the account has another address; a verification gives it this one.
    email      text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    CONSTRAINT one_time_tokens_purpose_known CHECK (purpose IN ('password_reset', 'email_verification'))
);
CREATE INDEX one_time_tokens_of_account ON auth.one_time_tokens (account_id, purpose, created_at);
CREATE INDEX one_time_tokens_expiry ON auth.one_time_tokens (expires_at);
