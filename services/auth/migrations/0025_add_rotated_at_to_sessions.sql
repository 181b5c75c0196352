-- When the refresh token was last traded.
ALTER TABLE auth.sessions ADD COLUMN rotated_at timestamptz NOT NULL DEFAULT now();
