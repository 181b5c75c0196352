-- One-time links by which the first admin account is made. All die when an admin exists.
CREATE TABLE auth.setup_links (
    token_hash text PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
