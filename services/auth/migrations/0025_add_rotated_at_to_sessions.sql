-- When the refresh token was last traded. `last_used_at` now also moves with every request that is made with the session.
ALTER TABLE auth.sessions ADD COLUMN rotated_at timestamptz NOT NULL DEFAULT now();
