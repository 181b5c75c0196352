-- A session is one sign-in on one device: the family of refresh tokens that descend from it, and the access tokens with its id.
CREATE TABLE auth.sessions (
    id            text PRIMARY KEY,
    account_id    text NOT NULL REFERENCES auth.accounts (id) ON DELETE CASCADE,
    -- SHA-256 of the one refresh token that is good.
    current_token text NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    last_used_at  timestamptz NOT NULL DEFAULT now(),
    expires_at    timestamptz NOT NULL,
    user_agent    text NOT NULL DEFAULT '',
    address       text NOT NULL DEFAULT '',
    revoked_at    timestamptz
);
CREATE INDEX sessions_of_account ON auth.sessions (account_id, created_at DESC);
CREATE INDEX sessions_revoked ON auth.sessions (revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX sessions_expiry ON auth.sessions (expires_at);

-- Every refresh token ever issued for a session, so that the use of an old one is known for what it is.
CREATE TABLE auth.refresh_tokens (
    token_hash text PRIMARY KEY,
    session_id text NOT NULL REFERENCES auth.sessions (id) ON DELETE CASCADE,
    issued_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX refresh_tokens_of_session ON auth.refresh_tokens (session_id);
