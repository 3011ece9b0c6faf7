ALTER TABLE `builds` ADD `artifact_key` varchar(255) character set utf8mb4 collate utf8mb4_bin;--> statement-breakpoint
ALTER TABLE `builds` ADD `artifact_kept_at` datetime(3);--> statement-breakpoint
CREATE INDEX `builds_artifact` ON `builds` (`artifact_kept_at`);