-- Failed sign-ins by what was tried: an account's id, or the hash of a name that belongs to nobody, which is counted alike so
-- that it takes the same time. See domain/lockout.hpp.
CREATE TABLE auth.login_failures (
    subject      text PRIMARY KEY,
    failures     integer NOT NULL,
    locked_until timestamptz,
    -- Forgotten then.
    expires_at   timestamptz NOT NULL
);
CREATE INDEX login_failures_expiry ON auth.login_failures (expires_at);
