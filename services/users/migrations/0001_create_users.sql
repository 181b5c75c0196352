-- People as the system shows them: a copy of auth's accounts, kept by user.* events, and what only this service knows of them.
-- E-mail and username are not unique here: copies may arrive in an order in which two rows share one for a moment.
CREATE TABLE users.users (
    id              text PRIMARY KEY,
    email           text NOT NULL,
    username        text NOT NULL,
    full_name       text NOT NULL DEFAULT '',
    role            text NOT NULL,
    status          text NOT NULL DEFAULT 'active',
    avatar_url      text,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    last_login      timestamptz,
    -- Of auth's account, so that an older event never overwrites a newer copy. 0: made from a token's claims.
    account_version bigint NOT NULL,
    preferences     jsonb NOT NULL DEFAULT '{}',
    -- Rises with every write of this row; what If-Match is held against while it is written.
    revision        bigint NOT NULL DEFAULT 1,
    CONSTRAINT users_role_known CHECK (role IN ('guest', 'user', 'premium', 'admin')),
    CONSTRAINT users_status_known CHECK (status IN ('active', 'inactive', 'suspended', 'pending'))
);
CREATE INDEX users_newest ON users.users (created_at DESC, id DESC);
CREATE INDEX users_by_role ON users.users (role);
CREATE INDEX users_by_email ON users.users (lower(email));
CREATE INDEX users_by_username ON users.users (lower(username));
