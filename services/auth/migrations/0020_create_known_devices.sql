-- From what sort of device an account was signed in to before, longer than sessions are kept: the next one is news.
CREATE TABLE auth.known_devices (
    account_id    text NOT NULL REFERENCES auth.accounts (id) ON DELETE CASCADE,
    -- domain/device.hpp
    family        text NOT NULL,
    first_seen_at timestamptz NOT NULL DEFAULT now(),
    last_seen_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, family)
);
CREATE INDEX known_devices_age ON auth.known_devices (last_seen_at);
