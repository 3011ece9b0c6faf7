CREATE INDEX `deliveries_ended` ON `deliveries` (`status`,`created_at`);--> statement-breakpoint
CREATE INDEX `webhook_events_ended` ON `webhook_events` (`status`,`created_at`);