CREATE TABLE `attempts` (
	`task_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`number` int unsigned NOT NULL,
	`outcome` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`worker` varchar(64) character set ascii collate ascii_bin,
	`started_at` datetime(3),
	`ended_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	`failure` json,
	CONSTRAINT `attempts_task_id_number_pk` PRIMARY KEY(`task_id`,`number`)
);
--> statement-breakpoint
CREATE TABLE `run_holds` (
	`run_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`reason` varchar(32) character set ascii collate ascii_bin NOT NULL,
	`subject` varchar(64) character set ascii collate ascii_bin NOT NULL DEFAULT '',
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`account_id` char(26) character set ascii collate ascii_bin,
	`note` varchar(1000) character set utf8mb4 collate utf8mb4_bin,
	`since` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `run_holds_run_id_reason_subject_pk` PRIMARY KEY(`run_id`,`reason`,`subject`)
);
--> statement-breakpoint
CREATE TABLE `runs` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`kind` varchar(32) character set ascii collate ascii_bin NOT NULL,
	`subject_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`status` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`held` boolean NOT NULL DEFAULT false,
	`held_since` datetime(3),
	`queue` varchar(32) character set ascii collate ascii_bin NOT NULL,
	`fence` int unsigned NOT NULL DEFAULT 0,
	`run_at` datetime(3),
	`failures` int unsigned NOT NULL DEFAULT 0,
	`failure` json,
	`created_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	`started_at` datetime(3),
	`ended_at` datetime(3),
	CONSTRAINT `runs_id` PRIMARY KEY(`id`),
	CONSTRAINT `runs_subject` UNIQUE(`kind`,`subject_id`)
);
--> statement-breakpoint
CREATE TABLE `stages` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`run_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`stage_key` varchar(32) character set ascii collate ascii_bin NOT NULL,
	`ordinal` int unsigned NOT NULL,
	`queue` varchar(32) character set ascii collate ascii_bin NOT NULL,
	`status` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`attempt` int unsigned NOT NULL DEFAULT 0,
	`open_tasks` int NOT NULL DEFAULT 0,
	`opened_at` datetime(3),
	`closed_at` datetime(3),
	CONSTRAINT `stages_id` PRIMARY KEY(`id`),
	CONSTRAINT `stages_run_key` UNIQUE(`run_id`,`stage_key`)
);
--> statement-breakpoint
CREATE TABLE `task_dependencies` (
	`depends_on_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`task_id` char(26) character set ascii collate ascii_bin NOT NULL,
	CONSTRAINT `task_dependencies_depends_on_id_task_id_pk` PRIMARY KEY(`depends_on_id`,`task_id`)
);
--> statement-breakpoint
CREATE TABLE `task_signals` (
	`integration_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`signal_key` varchar(512) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`task_id` char(26) character set ascii collate ascii_bin NOT NULL,
	CONSTRAINT `task_signals_integration_id_signal_key_task_id_pk` PRIMARY KEY(`integration_id`,`signal_key`,`task_id`)
);
--> statement-breakpoint
CREATE TABLE `tasks` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`run_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`stage_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`stage_attempt` int unsigned NOT NULL,
	`task_key` varchar(96) character set ascii collate ascii_bin NOT NULL,
	`type` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`queue` varchar(32) character set ascii collate ascii_bin NOT NULL,
	`status` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`wait_reason` varchar(16) character set ascii collate ascii_bin,
	`held` boolean NOT NULL DEFAULT false,
	`fence` int unsigned NOT NULL DEFAULT 0,
	`attempt` int unsigned NOT NULL DEFAULT 0,
	`failures` int unsigned NOT NULL DEFAULT 0,
	`max_attempts` int unsigned NOT NULL,
	`lapses` int unsigned NOT NULL DEFAULT 0,
	`unmet_dependencies` int unsigned NOT NULL DEFAULT 0,
	`not_before` datetime(3),
	`run_at` datetime(3),
	`hurried` boolean NOT NULL DEFAULT false,
	`deadline_ms` bigint unsigned NOT NULL,
	`deadline_at` datetime(3),
	`on_deadline` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`lease_owner` varchar(64) character set ascii collate ascii_bin,
	`input` json,
	`output` json,
	`intents` json,
	`external_id` varchar(512) character set utf8mb4 collate utf8mb4_bin,
	`failure` json,
	`note` varchar(1000) character set utf8mb4 collate utf8mb4_bin,
	`settled_by` char(26) character set ascii collate ascii_bin,
	`created_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	`started_at` datetime(3),
	`attempt_started_at` datetime(3),
	`status_since` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	`finished_at` datetime(3),
	CONSTRAINT `tasks_id` PRIMARY KEY(`id`),
	CONSTRAINT `tasks_stage_key` UNIQUE(`stage_id`,`stage_attempt`,`task_key`)
);
--> statement-breakpoint
CREATE TABLE `state_history` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`scope_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`entity_type` varchar(32) character set ascii collate ascii_bin NOT NULL,
	`entity_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`action` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`account_id` char(26) character set ascii collate ascii_bin,
	`why` varchar(1000) character set utf8mb4 collate utf8mb4_bin,
	`occurred_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `state_history_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `state_history_items` (
	`history_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`ordinal` int unsigned NOT NULL,
	`entity_id` char(26) character set ascii collate ascii_bin,
	`field` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`value_before` text,
	`value_after` text,
	CONSTRAINT `state_history_items_history_id_ordinal_pk` PRIMARY KEY(`history_id`,`ordinal`)
);
--> statement-breakpoint
CREATE TABLE `ci_cd_configs` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`integration_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`name` varchar(200) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`created_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	`updated_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `ci_cd_configs_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `project_management_configs` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`integration_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`name` varchar(200) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`platforms` json NOT NULL,
	`created_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	`updated_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `project_management_configs_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `project_management_integrations` (
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
	CONSTRAINT `project_management_integrations_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `tenant_ci_cd_integrations` (
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
	CONSTRAINT `tenant_ci_cd_integrations_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `tenant_ci_cd_workflows` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`config_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`platform` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`workflow_type` varchar(32) character set ascii collate ascii_bin NOT NULL,
	`workflow_id` varchar(512) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`display_name` varchar(200) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`inputs` json NOT NULL,
	CONSTRAINT `tenant_ci_cd_workflows_id` PRIMARY KEY(`id`),
	CONSTRAINT `tenant_ci_cd_workflows_role` UNIQUE(`tenant_id`,`config_id`,`platform`,`workflow_type`)
);
--> statement-breakpoint
CREATE TABLE `tenant_comm_channels` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`integration_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`name` varchar(200) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`channels` json NOT NULL,
	`created_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	`updated_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `tenant_comm_channels_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `tenant_comm_integrations` (
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
	CONSTRAINT `tenant_comm_integrations_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `tenant_scm_integrations` (
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
	`owner` varchar(200) character set utf8mb4 collate utf8mb4_bin,
	`repo` varchar(200) character set utf8mb4 collate utf8mb4_bin,
	`default_branch` varchar(255) character set utf8mb4 collate utf8mb4_bin,
	CONSTRAINT `tenant_scm_integrations_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `test_management_configs` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`integration_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`name` varchar(200) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`project_id` varchar(200) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`pass_threshold_percent` int NOT NULL,
	`platforms` json NOT NULL,
	`created_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	`updated_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `test_management_configs_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `test_management_integrations` (
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
	CONSTRAINT `test_management_integrations_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `deliveries` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`subject_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`type` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`data` json NOT NULL,
	`dedupe_key` varchar(160) character set ascii collate ascii_bin NOT NULL,
	`posted` json,
	`status` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`fence` int unsigned NOT NULL DEFAULT 0,
	`run_at` datetime(3),
	`lease_owner` varchar(64) character set ascii collate ascii_bin,
	`failures` int unsigned NOT NULL DEFAULT 0,
	`failure` json,
	`created_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	`settled_at` datetime(3),
	CONSTRAINT `deliveries_id` PRIMARY KEY(`id`),
	CONSTRAINT `deliveries_dedupe` UNIQUE(`tenant_id`,`dedupe_key`)
);
--> statement-breakpoint
CREATE TABLE `webhook_events` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`integration_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`provider` varchar(32) character set ascii collate ascii_bin NOT NULL,
	`delivery_id` varchar(255) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`event` varchar(128) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`headers` json NOT NULL,
	`body` mediumblob NOT NULL,
	`status` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`fence` int unsigned NOT NULL DEFAULT 0,
	`run_at` datetime(3),
	`lease_owner` varchar(64) character set ascii collate ascii_bin,
	`failures` int unsigned NOT NULL DEFAULT 0,
	`failure` json,
	`created_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	`settled_at` datetime(3),
	CONSTRAINT `webhook_events_id` PRIMARY KEY(`id`),
	CONSTRAINT `webhook_events_delivery` UNIQUE(`integration_id`,`delivery_id`)
);
--> statement-breakpoint
CREATE TABLE `approvals` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`release_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`task_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`account_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`decision` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`comment` varchar(1000) character set utf8mb4 collate utf8mb4_bin,
	`commit_sha` varchar(64) character set ascii collate ascii_bin,
	`created_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `approvals_id` PRIMARY KEY(`id`),
	CONSTRAINT `approvals_account` UNIQUE(`tenant_id`,`task_id`,`account_id`)
);
--> statement-breakpoint
CREATE TABLE `builds` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`task_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`platform` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`ordinal` int unsigned NOT NULL,
	`workflow_type` varchar(32) character set ascii collate ascii_bin NOT NULL,
	`mode` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`integration_id` char(26) character set ascii collate ascii_bin,
	`workflow_id` varchar(512) character set utf8mb4 collate utf8mb4_bin,
	`ref` varchar(255) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`version` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`correlation_id` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`status` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`provider_state` varchar(64) character set utf8mb4 collate utf8mb4_bin,
	`handle` varchar(512) character set utf8mb4 collate utf8mb4_bin,
	`url` varchar(1024) character set utf8mb4 collate utf8mb4_bin,
	`commit_sha` varchar(64) character set ascii collate ascii_bin,
	`artifact_name` varchar(255) character set utf8mb4 collate utf8mb4_bin,
	`artifact_url` varchar(1024) character set utf8mb4 collate utf8mb4_bin,
	`artifact_size` bigint,
	`artifact_digest` varchar(128) character set utf8mb4 collate utf8mb4_bin,
	`dispatched_at` datetime(3),
	`created_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	`ended_at` datetime(3),
	CONSTRAINT `builds_id` PRIMARY KEY(`id`),
	CONSTRAINT `builds_task` UNIQUE(`task_id`,`platform`,`ordinal`),
	CONSTRAINT `builds_correlation` UNIQUE(`correlation_id`)
);
--> statement-breakpoint
CREATE TABLE `platform_releases` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`release_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`platform` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`target` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`version` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`ticket_key` varchar(128) character set utf8mb4 collate utf8mb4_bin,
	`ticket_url` varchar(1024) character set utf8mb4 collate utf8mb4_bin,
	`test_run_id` varchar(128) character set utf8mb4 collate utf8mb4_bin,
	`test_run_url` varchar(1024) character set utf8mb4 collate utf8mb4_bin,
	CONSTRAINT `platform_releases_id` PRIMARY KEY(`id`),
	CONSTRAINT `platform_releases_target` UNIQUE(`tenant_id`,`release_id`,`platform`,`target`)
);
--> statement-breakpoint
CREATE TABLE `regression_cycles` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`release_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`slot_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`number` int unsigned NOT NULL,
	`status` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`rc_tag` varchar(255) character set utf8mb4 collate utf8mb4_bin,
	`rc_commit` varchar(64) character set ascii collate ascii_bin,
	`started_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	`ended_at` datetime(3),
	CONSTRAINT `regression_cycles_id` PRIMARY KEY(`id`),
	CONSTRAINT `regression_cycles_number` UNIQUE(`tenant_id`,`release_id`,`number`)
);
--> statement-breakpoint
CREATE TABLE `regression_slots` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`release_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`date` datetime(3) NOT NULL,
	`status` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`reason` varchar(500) character set utf8mb4 collate utf8mb4_bin,
	`flags` json NOT NULL,
	`created_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `regression_slots_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `release_builds` (
	`release_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`build_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`stage_key` varchar(32) character set ascii collate ascii_bin NOT NULL,
	`cycle_id` char(26) character set ascii collate ascii_bin,
	`created_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `release_builds_release` UNIQUE(`tenant_id`,`release_id`,`build_id`)
);
--> statement-breakpoint
CREATE TABLE `release_configs` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`name` varchar(200) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`is_active` boolean NOT NULL DEFAULT true,
	`body` json NOT NULL,
	`created_by_account_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`created_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	`updated_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `release_configs_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `release_notes` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`release_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`kind` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`cycle` int unsigned NOT NULL,
	`base_ref` varchar(255) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`head_ref` varchar(255) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`markdown` mediumtext NOT NULL,
	`created_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `release_notes_id` PRIMARY KEY(`id`),
	CONSTRAINT `release_notes_kind` UNIQUE(`tenant_id`,`release_id`,`kind`,`cycle`)
);
--> statement-breakpoint
CREATE TABLE `releases` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`run_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`display_number` int unsigned NOT NULL,
	`config_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`config` json NOT NULL,
	`type` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`description` text,
	`branch` varchar(255) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`base_branch` varchar(255) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`base_release_id` char(26) character set ascii collate ascii_bin,
	`base_tag` varchar(255) character set utf8mb4 collate utf8mb4_bin,
	`fork_commit` varchar(64) character set ascii collate ascii_bin,
	`release_tag` varchar(255) character set utf8mb4 collate utf8mb4_bin,
	`build_mode` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`kick_off_reminder_date` datetime(3),
	`kick_off_date` datetime(3) NOT NULL,
	`target_release_date` datetime(3) NOT NULL,
	`delay_reason` text,
	`release_date` datetime(3),
	`archived_at` datetime(3),
	`regression_requested_at` datetime(3),
	`pre_release_requested_at` datetime(3),
	`attention` varchar(1000) character set utf8mb4 collate utf8mb4_bin,
	`pilot_account_id` char(26) character set ascii collate ascii_bin,
	`created_by_account_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`created_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	`updated_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `releases_id` PRIMARY KEY(`id`),
	CONSTRAINT `releases_number` UNIQUE(`tenant_id`,`display_number`)
);
--> statement-breakpoint
CREATE TABLE `accounts` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`email` varchar(320) character set utf8mb4 collate utf8mb4_bin,
	`display_name` varchar(200) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`created_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `accounts_id` PRIMARY KEY(`id`),
	CONSTRAINT `accounts_email` UNIQUE(`email`)
);
--> statement-breakpoint
CREATE TABLE `api_tokens` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`account_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`name` varchar(200) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`token_hash` char(64) character set ascii collate ascii_bin NOT NULL,
	`role` varchar(32) character set ascii collate ascii_bin NOT NULL,
	`scopes` json NOT NULL,
	`expires_at` datetime(3),
	`last_used_at` datetime(3),
	`revoked_at` datetime(3),
	`created_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `api_tokens_id` PRIMARY KEY(`id`),
	CONSTRAINT `api_tokens_hash` UNIQUE(`token_hash`)
);
--> statement-breakpoint
CREATE TABLE `idempotency_keys` (
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`account_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`idempotency_key` varchar(255) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`request_hash` char(64) character set ascii collate ascii_bin NOT NULL,
	`status` int,
	`body` json,
	`completed` boolean NOT NULL DEFAULT false,
	`created_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `idempotency_keys_tenant_id_account_id_idempotency_key_pk` PRIMARY KEY(`tenant_id`,`account_id`,`idempotency_key`)
);
--> statement-breakpoint
CREATE TABLE `members` (
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`account_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`role` varchar(32) character set ascii collate ascii_bin NOT NULL,
	`created_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `members_tenant_id_account_id_pk` PRIMARY KEY(`tenant_id`,`account_id`)
);
--> statement-breakpoint
CREATE TABLE `tenants` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`name` varchar(200) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`created_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `tenants_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE INDEX `runs_due` ON `runs` (`queue`,`run_at`,`id`);--> statement-breakpoint
CREATE INDEX `runs_tenant` ON `runs` (`tenant_id`,`id`);--> statement-breakpoint
CREATE INDEX `task_dependencies_task` ON `task_dependencies` (`task_id`);--> statement-breakpoint
CREATE INDEX `task_signals_task` ON `task_signals` (`task_id`);--> statement-breakpoint
CREATE INDEX `tasks_due` ON `tasks` (`queue`,`held`,`run_at`,`id`);--> statement-breakpoint
CREATE INDEX `tasks_run` ON `tasks` (`run_id`,`status`);--> statement-breakpoint
CREATE INDEX `state_history_scope` ON `state_history` (`tenant_id`,`scope_id`,`id`);--> statement-breakpoint
CREATE INDEX `ci_cd_configs_tenant` ON `ci_cd_configs` (`tenant_id`,`id`);--> statement-breakpoint
CREATE INDEX `project_management_configs_tenant` ON `project_management_configs` (`tenant_id`,`id`);--> statement-breakpoint
CREATE INDEX `project_management_integrations_tenant` ON `project_management_integrations` (`tenant_id`,`is_active`,`id`);--> statement-breakpoint
CREATE INDEX `project_management_integrations_verify` ON `project_management_integrations` (`is_active`,`verify_at`);--> statement-breakpoint
CREATE INDEX `tenant_ci_cd_integrations_tenant` ON `tenant_ci_cd_integrations` (`tenant_id`,`is_active`,`id`);--> statement-breakpoint
CREATE INDEX `tenant_ci_cd_integrations_verify` ON `tenant_ci_cd_integrations` (`is_active`,`verify_at`);--> statement-breakpoint
CREATE INDEX `tenant_comm_channels_tenant` ON `tenant_comm_channels` (`tenant_id`,`id`);--> statement-breakpoint
CREATE INDEX `tenant_comm_integrations_tenant` ON `tenant_comm_integrations` (`tenant_id`,`is_active`,`id`);--> statement-breakpoint
CREATE INDEX `tenant_comm_integrations_verify` ON `tenant_comm_integrations` (`is_active`,`verify_at`);--> statement-breakpoint
CREATE INDEX `tenant_scm_integrations_tenant` ON `tenant_scm_integrations` (`tenant_id`,`is_active`,`id`);--> statement-breakpoint
CREATE INDEX `tenant_scm_integrations_verify` ON `tenant_scm_integrations` (`is_active`,`verify_at`);--> statement-breakpoint
CREATE INDEX `test_management_configs_tenant` ON `test_management_configs` (`tenant_id`,`id`);--> statement-breakpoint
CREATE INDEX `test_management_integrations_tenant` ON `test_management_integrations` (`tenant_id`,`is_active`,`id`);--> statement-breakpoint
CREATE INDEX `test_management_integrations_verify` ON `test_management_integrations` (`is_active`,`verify_at`);--> statement-breakpoint
CREATE INDEX `deliveries_due` ON `deliveries` (`status`,`run_at`,`id`);--> statement-breakpoint
CREATE INDEX `deliveries_subject` ON `deliveries` (`tenant_id`,`subject_id`,`id`);--> statement-breakpoint
CREATE INDEX `webhook_events_due` ON `webhook_events` (`status`,`run_at`,`id`);--> statement-breakpoint
CREATE INDEX `webhook_events_tenant` ON `webhook_events` (`tenant_id`,`id`);--> statement-breakpoint
CREATE INDEX `approvals_release` ON `approvals` (`tenant_id`,`release_id`,`id`);--> statement-breakpoint
CREATE INDEX `builds_tenant` ON `builds` (`tenant_id`,`id`);--> statement-breakpoint
CREATE INDEX `regression_slots_release` ON `regression_slots` (`tenant_id`,`release_id`,`date`);--> statement-breakpoint
CREATE INDEX `release_configs_tenant` ON `release_configs` (`tenant_id`,`id`);--> statement-breakpoint
CREATE INDEX `releases_tenant` ON `releases` (`tenant_id`,`id`);--> statement-breakpoint
CREATE INDEX `releases_run` ON `releases` (`run_id`);--> statement-breakpoint
CREATE INDEX `api_tokens_tenant` ON `api_tokens` (`tenant_id`,`id`);--> statement-breakpoint
CREATE INDEX `idempotency_keys_created` ON `idempotency_keys` (`created_at`);