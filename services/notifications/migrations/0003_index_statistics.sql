-- GET /notifications/stats counts from indexes alone.
CREATE INDEX notifications_by_status ON notifications.notifications (user_id, type, status);
-- 0 is account mail, which is no notification.
CREATE INDEX mails_by_status ON notifications.mails (user_id, template, status) WHERE urgency > 0;
CREATE INDEX mails_recently_sent ON notifications.mails (user_id, settled_at) WHERE urgency > 0 AND status = 'sent';
