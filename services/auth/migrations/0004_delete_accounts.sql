-- A deleted account is hidden at once and purged later (ACCOUNT_PURGE_AFTER); an admin can restore it in between. Its row keeps the
-- e-mail and the username reserved until then.
ALTER TABLE auth.accounts ADD COLUMN deleted_at timestamptz;
CREATE INDEX accounts_deleted ON auth.accounts (deleted_at) WHERE deleted_at IS NOT NULL;

-- Hidden from every statement of the service, those to come included: who wants to see deleted accounts says so in its transaction
-- (deletions_repository.cpp). The owner, who migrates and backs up, sees all.
ALTER TABLE auth.accounts ENABLE ROW LEVEL SECURITY;
CREATE POLICY accounts_hide_deleted ON auth.accounts
    USING (deleted_at IS NULL OR current_setting('darkroom.deleted_accounts', true) = 'visible')
    WITH CHECK (true);

-- A purge takes the sessions along, and their access tokens may live some minutes more: verifiers must go on hearing of them.
CREATE TABLE auth.ended_sessions (
    session_id text PRIMARY KEY,
    revoked_at timestamptz NOT NULL
);
CREATE INDEX ended_sessions_by_time ON auth.ended_sessions (revoked_at);

CREATE FUNCTION auth.remember_ended_session() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.revoked_at > now() - interval '1 hour' OR (OLD.revoked_at IS NULL AND OLD.expires_at > now()) THEN
        INSERT INTO auth.ended_sessions (session_id, revoked_at)
        VALUES (OLD.id, coalesce(OLD.revoked_at, clock_timestamp()))
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER sessions_remember_ended AFTER DELETE ON auth.sessions
    FOR EACH ROW EXECUTE FUNCTION auth.remember_ended_session();
