-- The secret before the last rotation, good for a day beside the new one so that the receiver can change over.
ALTER TABLE bus.subscriptions
    ADD COLUMN previous_secret text,
    ADD COLUMN previous_secret_until timestamptz,
    ADD CONSTRAINT subscriptions_previous_secret_ends CHECK ((previous_secret IS NULL) = (previous_secret_until IS NULL));
