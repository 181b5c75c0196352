-- A link sent to the address that an account is to have: it becomes the account's when the link is used.
ALTER TABLE auth.one_time_tokens DROP CONSTRAINT one_time_tokens_purpose_known;
ALTER TABLE auth.one_time_tokens ADD CONSTRAINT one_time_tokens_purpose_known
    CHECK (purpose IN ('password_reset', 'email_verification', 'email_change'));
