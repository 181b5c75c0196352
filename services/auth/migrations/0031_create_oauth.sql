-- Applications that people let act for them, and programs that act for themselves (RFC 6749).
CREATE TABLE auth.oauth_clients (
    client_id     text PRIMARY KEY,
    name          text NOT NULL,
    -- SHA-256 of 256 random bits; NULL for an application that cannot keep a secret.
    secret_hash   text,
    redirect_uris text[] NOT NULL,
    grant_types   text[] NOT NULL,
    scopes        text[] NOT NULL,
    -- The session id of the tokens that it gets for itself.
    grant_id      text NOT NULL,
    created_by    text NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now()
);
CREATE TRIGGER oauth_clients_remember_deleted AFTER DELETE ON auth.oauth_clients
    FOR EACH ROW EXECUTE FUNCTION auth.remember_ended_grant();

-- What a person has allowed an application, so that they can see it.
CREATE TABLE auth.oauth_consents (
    account_id text NOT NULL REFERENCES auth.accounts (id) ON DELETE CASCADE,
    client_id  text NOT NULL REFERENCES auth.oauth_clients (client_id) ON DELETE CASCADE,
    scopes     text[] NOT NULL,
    granted_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, client_id)
);

-- A session that was begun by an application belongs to it: nobody else can renew it.
ALTER TABLE auth.sessions ADD COLUMN client_id text REFERENCES auth.oauth_clients (client_id) ON DELETE CASCADE;
ALTER TABLE auth.sessions ADD COLUMN scopes text[];
CREATE INDEX sessions_of_client ON auth.sessions (client_id) WHERE client_id IS NOT NULL;

CREATE TABLE auth.authorization_codes (
    -- SHA-256 of the code.
    code_hash      text PRIMARY KEY,
    client_id      text NOT NULL REFERENCES auth.oauth_clients (client_id) ON DELETE CASCADE,
    account_id     text NOT NULL REFERENCES auth.accounts (id) ON DELETE CASCADE,
    redirect_uri   text NOT NULL,
    scopes         text[] NOT NULL,
    -- base64url of the SHA-256 of the verifier (RFC 7636, S256).
    code_challenge text NOT NULL,
    nonce          text,
    created_at     timestamptz NOT NULL DEFAULT now(),
    expires_at     timestamptz NOT NULL,
    -- What it was traded for. A second use ends that session.
    session_id     text REFERENCES auth.sessions (id) ON DELETE SET NULL,
    redeemed_at    timestamptz
);
CREATE INDEX authorization_codes_expiry ON auth.authorization_codes (expires_at);
CREATE INDEX authorization_codes_of_session ON auth.authorization_codes (session_id) WHERE session_id IS NOT NULL;
