-- Accounts: who may sign in, and as what. The truth about e-mail, username, role and status.
CREATE TABLE auth.accounts (
    id            text PRIMARY KEY,
    email         text NOT NULL,
    username      text NOT NULL,
    full_name     text NOT NULL DEFAULT '',
    avatar_url    text,
    password_hash text NOT NULL,
    role          text NOT NULL DEFAULT 'user',
    status        text NOT NULL DEFAULT 'active',
    -- Rises with every change; readers of events keep the newest.
    version       bigint NOT NULL DEFAULT 1,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    last_login    timestamptz,
    CONSTRAINT accounts_role_known CHECK (role IN ('guest', 'user', 'premium', 'admin')),
    CONSTRAINT accounts_status_known CHECK (status IN ('active', 'inactive', 'suspended', 'pending'))
);

-- Ada@Example.com and ada@example.com are one mailbox, and Ada and ada one name. The names of these indexes are mapped to
-- errors in accounts_repository.cpp.
CREATE UNIQUE INDEX accounts_email_unique ON auth.accounts (lower(email));
CREATE UNIQUE INDEX accounts_username_unique ON auth.accounts (lower(username));
CREATE INDEX accounts_admins ON auth.accounts (id) WHERE role = 'admin';
