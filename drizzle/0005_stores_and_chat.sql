CREATE TABLE `milestones` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`name` varchar(200) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`description` text,
	`due_date` datetime(3),
	`override_status` varchar(16) character set ascii collate ascii_bin,
	`override_reason` varchar(1000) character set utf8mb4 collate utf8mb4_bin,
	`override_by_account_id` char(26) character set ascii collate ascii_bin,
	`override_at` datetime(3),
	`created_by_account_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`created_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	`updated_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `milestones_id` PRIMARY KEY(`id`),
	CONSTRAINT `milestones_name` UNIQUE(`tenant_id`,`name`)
);
--> statement-breakpoint
CREATE TABLE `release_blockers` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`release_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`status` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`status_since` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	`source` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`status_by_account_id` char(26) character set ascii collate ascii_bin,
	`reason` varchar(1000) character set utf8mb4 collate utf8mb4_bin,
	`openings` int unsigned NOT NULL DEFAULT 1,
	`title` varchar(500) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`url` varchar(1024) character set utf8mb4 collate utf8mb4_bin,
	`integration_id` char(26) character set ascii collate ascii_bin,
	`ticket_key` varchar(128) character set utf8mb4 collate utf8mb4_bin,
	`completed_statuses` json,
	`ticket_status` varchar(255) character set utf8mb4 collate utf8mb4_bin,
	`ticket_done` boolean NOT NULL DEFAULT false,
	`checked_at` datetime(3),
	`check_failure` json,
	`failures` int unsigned NOT NULL DEFAULT 0,
	`run_at` datetime(3),
	`fence` int unsigned NOT NULL DEFAULT 0,
	`added_by_account_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`created_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `release_blockers_id` PRIMARY KEY(`id`),
	CONSTRAINT `release_blockers_ticket` UNIQUE(`tenant_id`,`release_id`,`ticket_key`)
);
--> statement-breakpoint
CREATE TABLE `release_milestones` (
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`release_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`milestone_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`linked_by_account_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`linked_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `release_milestones_release` UNIQUE(`tenant_id`,`release_id`,`milestone_id`)
);
--> statement-breakpoint
CREATE TABLE `chat_identities` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`integration_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`account_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`person_id` varchar(128) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`person_name` varchar(200) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`status` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`challenge_hash` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`expires_at` datetime(3) NOT NULL,
	`attempts` int unsigned NOT NULL DEFAULT 0,
	`created_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	`confirmed_at` datetime(3),
	CONSTRAINT `chat_identities_id` PRIMARY KEY(`id`),
	CONSTRAINT `chat_identities_account` UNIQUE(`tenant_id`,`integration_id`,`account_id`)
);
--> statement-breakpoint
CREATE TABLE `notification_templates` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`type` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`is_enabled` boolean NOT NULL DEFAULT true,
	`bucket` varchar(16) character set ascii collate ascii_bin,
	`headline` varchar(500) character set utf8mb4 collate utf8mb4_bin,
	`body` text,
	`updated_by_account_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`created_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	`updated_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `notification_templates_id` PRIMARY KEY(`id`),
	CONSTRAINT `notification_templates_type` UNIQUE(`tenant_id`,`type`)
);
--> statement-breakpoint
CREATE TABLE `attempt_calls` (
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`task_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`attempt` int unsigned NOT NULL,
	`ordinal` int unsigned NOT NULL,
	`provider` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`integration_id` char(26) character set ascii collate ascii_bin,
	`method` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`url` varchar(2048) character set utf8mb4 collate utf8mb4_bin,
	`status` int unsigned,
	`outcome` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`milliseconds` int unsigned NOT NULL,
	`request_id` varchar(128) character set utf8mb4 collate utf8mb4_bin,
	`request_body` text,
	`response_body` text,
	`called_at` datetime(3) NOT NULL,
	`created_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `attempt_calls_tenant_id_task_id_attempt_ordinal_pk` PRIMARY KEY(`tenant_id`,`task_id`,`attempt`,`ordinal`)
);
--> statement-breakpoint
CREATE TABLE `store_configs` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`integration_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`name` varchar(200) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`target` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`app_id` varchar(255) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`track` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`upload_by` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`update_priority` int,
	`owned_by_release_config_id` char(26) character set ascii collate ascii_bin,
	`created_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	`updated_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `store_configs_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `tenant_store_integrations` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`provider` varchar(32) character set ascii collate ascii_bin NOT NULL,
	`display_name` varchar(200) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`base_url` varchar(1024) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`settings` json NOT NULL,
	`credentials` text NOT NULL,
	`webhook_secret` text,
	`webhook_enabled` boolean NOT NULL DEFAULT false,
	`is_active` boolean NOT NULL DEFAULT true,
	`verification_status` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`last_verified_at` datetime(3),
	`verify_at` datetime(3),
	`verification_error` varchar(2000) character set utf8mb4 collate utf8mb4_bin,
	`provider_account` varchar(320) character set utf8mb4 collate utf8mb4_bin,
	`credential_expires_at` datetime(3),
	`rate_limit` json,
	`created_by_account_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`created_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	`updated_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `tenant_store_integrations_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `release_changes` (
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`kind` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`change_key` varchar(128) character set ascii collate ascii_bin NOT NULL,
	`release_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`first_cycle` int unsigned NOT NULL,
	CONSTRAINT `release_changes_tenant_id_kind_change_key_release_id_pk` PRIMARY KEY(`tenant_id`,`kind`,`change_key`,`release_id`)
);
--> statement-breakpoint
CREATE TABLE `release_delays` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`release_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`from_date` datetime(3) NOT NULL,
	`to_date` datetime(3) NOT NULL,
	`reason` text NOT NULL,
	`account_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`created_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `release_delays_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `rollouts` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`release_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`platform_release_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`target` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`task_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`plan` json NOT NULL,
	`status` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`pause_reason` varchar(16) character set ascii collate ascii_bin,
	`step` int unsigned NOT NULL DEFAULT 0,
	`step_reached_at` datetime(3),
	`fraction` double NOT NULL DEFAULT 0,
	`wanted` varchar(16) character set ascii collate ascii_bin NOT NULL DEFAULT 'RUN',
	`advance_requested_at` datetime(3),
	`intended` json,
	`version` int unsigned NOT NULL DEFAULT 0,
	`observed_at` datetime(3),
	`created_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	`updated_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `rollouts_id` PRIMARY KEY(`id`),
	CONSTRAINT `rollouts_target` UNIQUE(`tenant_id`,`release_id`,`target`)
);
--> statement-breakpoint
CREATE TABLE `store_notes` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`release_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`target` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`locale` varchar(35) character set ascii collate ascii_bin NOT NULL,
	`text` text NOT NULL,
	`updated_by_account_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`updated_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `store_notes_id` PRIMARY KEY(`id`),
	CONSTRAINT `store_notes_locale` UNIQUE(`tenant_id`,`release_id`,`target`,`locale`)
);
--> statement-breakpoint
CREATE TABLE `store_submissions` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`release_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`platform_release_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`target` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`task_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`ordinal` int unsigned NOT NULL,
	`build_number` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`status` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`provider_state` varchar(128) character set utf8mb4 collate utf8mb4_bin,
	`reason` text,
	`external_id` varchar(255) character set utf8mb4 collate utf8mb4_bin,
	`url` varchar(1024) character set utf8mb4 collate utf8mb4_bin,
	`notes` json NOT NULL,
	`created_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	`submitted_at` datetime(3),
	`decided_at` datetime(3),
	CONSTRAINT `store_submissions_id` PRIMARY KEY(`id`),
	CONSTRAINT `store_submissions_ordinal` UNIQUE(`tenant_id`,`release_id`,`target`,`ordinal`)
);
--> statement-breakpoint
CREATE TABLE `uploads` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`release_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`platform` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`type` varchar(32) character set ascii collate ascii_bin NOT NULL,
	`file_name` varchar(255) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`size_bytes` bigint,
	`digest` varchar(128) character set utf8mb4 collate utf8mb4_bin,
	`artifact_key` varchar(255) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`uploaded_by_account_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`build_id` char(26) character set ascii collate ascii_bin,
	`created_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	`stored_at` datetime(3),
	`removed_at` datetime(3),
	CONSTRAINT `uploads_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
DROP INDEX `ci_cd_configs_tenant` ON `ci_cd_configs`;--> statement-breakpoint
DROP INDEX `project_management_configs_tenant` ON `project_management_configs`;--> statement-breakpoint
DROP INDEX `tenant_comm_channels_tenant` ON `tenant_comm_channels`;--> statement-breakpoint
DROP INDEX `test_management_configs_tenant` ON `test_management_configs`;--> statement-breakpoint
ALTER TABLE `ci_cd_configs` ADD `owned_by_release_config_id` char(26) character set ascii collate ascii_bin;--> statement-breakpoint
ALTER TABLE `ci_cd_configs` ADD `frozen_for_release_id` char(26) character set ascii collate ascii_bin;--> statement-breakpoint
ALTER TABLE `project_management_configs` ADD `owned_by_release_config_id` char(26) character set ascii collate ascii_bin;--> statement-breakpoint
ALTER TABLE `project_management_configs` ADD `frozen_for_release_id` char(26) character set ascii collate ascii_bin;--> statement-breakpoint
ALTER TABLE `tenant_comm_channels` ADD `threads` boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `tenant_comm_channels` ADD `owned_by_release_config_id` char(26) character set ascii collate ascii_bin;--> statement-breakpoint
ALTER TABLE `tenant_comm_channels` ADD `frozen_for_release_id` char(26) character set ascii collate ascii_bin;--> statement-breakpoint
ALTER TABLE `test_management_configs` ADD `owned_by_release_config_id` char(26) character set ascii collate ascii_bin;--> statement-breakpoint
ALTER TABLE `test_management_configs` ADD `frozen_for_release_id` char(26) character set ascii collate ascii_bin;--> statement-breakpoint
ALTER TABLE `deliveries` ADD `outcomes` json;--> statement-breakpoint
ALTER TABLE `deliveries` ADD `errors` json;--> statement-breakpoint
ALTER TABLE `deliveries` ADD `revision` int unsigned DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `deliveries` ADD `replayed_at` datetime(3);--> statement-breakpoint
ALTER TABLE `builds` ADD `reported_status` varchar(16) character set ascii collate ascii_bin;--> statement-breakpoint
ALTER TABLE `builds` ADD `reported_at` datetime(3);--> statement-breakpoint
ALTER TABLE `release_configs` ADD `default_for` varchar(16) character set ascii collate ascii_bin;--> statement-breakpoint
ALTER TABLE `release_notes` ADD `document` json;--> statement-breakpoint
ALTER TABLE `release_notes` ADD `edits` json;--> statement-breakpoint
ALTER TABLE `release_notes` ADD `version` int unsigned DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE `releases` ADD `submitted_at` datetime(3);--> statement-breakpoint
ALTER TABLE `releases` ADD `turn_taken_at` datetime(3);--> statement-breakpoint
ALTER TABLE `release_configs` ADD CONSTRAINT `release_configs_default` UNIQUE(`tenant_id`,`default_for`);--> statement-breakpoint
CREATE INDEX `milestones_tenant` ON `milestones` (`tenant_id`,`id`);--> statement-breakpoint
CREATE INDEX `release_blockers_hint` ON `release_blockers` (`tenant_id`,`integration_id`,`ticket_key`);--> statement-breakpoint
CREATE INDEX `release_blockers_due` ON `release_blockers` (`run_at`,`id`);--> statement-breakpoint
CREATE INDEX `release_milestones_milestone` ON `release_milestones` (`tenant_id`,`milestone_id`,`release_id`);--> statement-breakpoint
CREATE INDEX `chat_identities_person` ON `chat_identities` (`tenant_id`,`integration_id`,`person_id`);--> statement-breakpoint
CREATE INDEX `attempt_calls_age` ON `attempt_calls` (`created_at`);--> statement-breakpoint
CREATE INDEX `store_configs_tenant` ON `store_configs` (`tenant_id`,`id`);--> statement-breakpoint
CREATE INDEX `tenant_store_integrations_tenant` ON `tenant_store_integrations` (`tenant_id`,`is_active`,`id`);--> statement-breakpoint
CREATE INDEX `tenant_store_integrations_verify` ON `tenant_store_integrations` (`is_active`,`verify_at`);--> statement-breakpoint
CREATE INDEX `release_changes_release` ON `release_changes` (`tenant_id`,`release_id`,`first_cycle`);--> statement-breakpoint
CREATE INDEX `release_delays_release` ON `release_delays` (`tenant_id`,`release_id`,`id`);--> statement-breakpoint
CREATE INDEX `rollouts_task` ON `rollouts` (`task_id`);--> statement-breakpoint
CREATE INDEX `uploads_release` ON `uploads` (`tenant_id`,`release_id`,`platform`,`type`,`stored_at`);--> statement-breakpoint
CREATE INDEX `uploads_created` ON `uploads` (`build_id`,`created_at`);--> statement-breakpoint
CREATE INDEX `state_history_tenant` ON `state_history` (`tenant_id`,`sequence`);--> statement-breakpoint
CREATE INDEX `ci_cd_configs_frozen` ON `ci_cd_configs` (`tenant_id`,`frozen_for_release_id`,`id`);--> statement-breakpoint
CREATE INDEX `project_management_configs_frozen` ON `project_management_configs` (`tenant_id`,`frozen_for_release_id`,`id`);--> statement-breakpoint
CREATE INDEX `tenant_comm_channels_frozen` ON `tenant_comm_channels` (`tenant_id`,`frozen_for_release_id`,`id`);--> statement-breakpoint
CREATE INDEX `test_management_configs_frozen` ON `test_management_configs` (`tenant_id`,`frozen_for_release_id`,`id`);--> statement-breakpoint
CREATE INDEX `deliveries_tenant` ON `deliveries` (`tenant_id`,`id`);--> statement-breakpoint
CREATE INDEX `releases_config` ON `releases` (`tenant_id`,`config_id`,`id`);