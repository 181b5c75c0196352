-- Keys that people give to programs. Each may do less than its owner: see scopes.
CREATE TABLE auth.api_keys (
    id           text PRIMARY KEY,
    account_id   text NOT NULL REFERENCES auth.accounts (id) ON DELETE CASCADE,
    name         text NOT NULL,
    -- How its owner knows it again in a list.
    prefix       text NOT NULL,
    -- SHA-256: a key has 256 random bits.
    key_hash     text NOT NULL,
    scopes       text[] NOT NULL,
    -- The session id of the access tokens that this key is traded for. A new one whenever the owner's rights change, so that those
    -- tokens end and the key goes on with the new rights.
    grant_id     text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz,
    last_used_at timestamptz
);
CREATE UNIQUE INDEX api_keys_hash ON auth.api_keys (key_hash);
CREATE UNIQUE INDEX api_keys_grant ON auth.api_keys (grant_id);
CREATE INDEX api_keys_of_account ON auth.api_keys (account_id, created_at DESC);

-- A key that goes takes its tokens with it, however it goes.
CREATE FUNCTION auth.remember_ended_grant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO auth.ended_sessions (session_id, revoked_at) VALUES (OLD.grant_id, clock_timestamp()) ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER api_keys_remember_deleted AFTER DELETE ON auth.api_keys
    FOR EACH ROW EXECUTE FUNCTION auth.remember_ended_grant();
CREATE TRIGGER api_keys_remember_replaced AFTER UPDATE OF grant_id ON auth.api_keys
    FOR EACH ROW WHEN (OLD.grant_id <> NEW.grant_id) EXECUTE FUNCTION auth.remember_ended_grant();
