-- Accounts that are gone. An upload that was still under way must not store anything about them again.
CREATE TABLE images.removed_users (
    user_id    text PRIMARY KEY,
    removed_at timestamptz NOT NULL DEFAULT now()
);
