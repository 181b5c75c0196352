-- TOTP (RFC 6238). Unconfirmed until the first code has shown that the app has the secret.
CREATE TABLE auth.totp_factors (
    account_id    text PRIMARY KEY REFERENCES auth.accounts (id) ON DELETE CASCADE,
    -- AES-256-GCM under the key of AUTH_ENCRYPTION_KEY_FILE, see secret_box.hpp.
    sealed_secret text NOT NULL,
    confirmed_at  timestamptz,
    -- Time step of the last code that was taken: each is good once, and none before it any more.
    last_step     bigint NOT NULL DEFAULT 0,
    created_at    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE auth.recovery_codes (
    account_id text NOT NULL REFERENCES auth.totp_factors (account_id) ON DELETE CASCADE,
    -- SHA-256: a code has 80 random bits.
    code_hash  text NOT NULL,
    used_at    timestamptz,
    PRIMARY KEY (account_id, code_hash)
);
