-- The types of a webhook as LIKE wants them, so that one statement finds all webhooks that nothing has happened for.
ALTER TABLE bus.subscriptions ADD COLUMN like_patterns text[];
UPDATE bus.subscriptions
SET like_patterns = (SELECT array_agg(replace(replace(type, '_', '\_'), '*', '%')) FROM unnest(event_types) AS type);
ALTER TABLE bus.subscriptions ALTER COLUMN like_patterns SET NOT NULL;
