CREATE TABLE `clean_ups` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`scope_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`kind` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`subject` varchar(255) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`state` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`outcome` varchar(1000) character set utf8mb4 collate utf8mb4_bin,
	`force_delete` boolean NOT NULL DEFAULT false,
	`move_to` varchar(255) character set utf8mb4 collate utf8mb4_bin,
	`reason` varchar(1000) character set utf8mb4 collate utf8mb4_bin,
	`account_id` char(26) character set ascii collate ascii_bin,
	`failure` json,
	`failures` int unsigned NOT NULL DEFAULT 0,
	`run_at` datetime(3),
	`deadline_at` datetime(3) NOT NULL,
	`fence` int unsigned NOT NULL DEFAULT 0,
	`created_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	`ended_at` datetime(3),
	CONSTRAINT `clean_ups_id` PRIMARY KEY(`id`),
	CONSTRAINT `clean_ups_subject` UNIQUE(`tenant_id`,`scope_id`,`kind`,`subject`)
);
--> statement-breakpoint
CREATE TABLE `analysis_runs` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`service_rollout_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`analysis_key` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`kind` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`definition` json NOT NULL,
	`verdict` varchar(16) character set ascii collate ascii_bin,
	`reason` text,
	`started_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	`ended_at` datetime(3),
	CONSTRAINT `analysis_runs_id` PRIMARY KEY(`id`),
	CONSTRAINT `analysis_runs_key` UNIQUE(`tenant_id`,`service_rollout_id`,`analysis_key`)
);
--> statement-breakpoint
CREATE TABLE `config_versions` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`environment_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`service_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`version` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`deploy_integration_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`deploy_config` json NOT NULL,
	`replicas` int unsigned NOT NULL,
	`secrets` json NOT NULL,
	`variables` mediumtext NOT NULL,
	`kept_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `config_versions_id` PRIMARY KEY(`id`),
	CONSTRAINT `config_versions_version` UNIQUE(`tenant_id`,`environment_id`,`service_id`,`version`)
);
--> statement-breakpoint
CREATE TABLE `deployment_locks` (
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`environment_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`service_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`deployment_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`since` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `deployment_locks_environment_id_service_id_pk` PRIMARY KEY(`environment_id`,`service_id`)
);
--> statement-breakpoint
CREATE TABLE `deployments` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`run_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`display_number` int unsigned NOT NULL,
	`app_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`environment_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`kind` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`scope` varchar(24) character set ascii collate ascii_bin NOT NULL,
	`service_release_id` char(26) character set ascii collate ascii_bin,
	`reverts_id` char(26) character set ascii collate ascii_bin,
	`source_environment_id` char(26) character set ascii collate ascii_bin,
	`pipeline_version_id` char(26) character set ascii collate ascii_bin,
	`plan` json NOT NULL,
	`reason` text,
	`overrides` json NOT NULL,
	`requested_by_account_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`created_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	`cancel_requested_at` datetime(3),
	`cancel_reason` text,
	`cancel_deadline_at` datetime(3),
	`outcome` varchar(16) character set ascii collate ascii_bin,
	`failure` text,
	`ended_at` datetime(3),
	`updated_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `deployments_id` PRIMARY KEY(`id`),
	CONSTRAINT `deployments_number` UNIQUE(`tenant_id`,`display_number`)
);
--> statement-breakpoint
CREATE TABLE `installed_services` (
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`environment_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`service_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`artifact_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`config_version` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`side` varchar(8) character set ascii collate ascii_bin NOT NULL,
	`deployment_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`healthy` boolean NOT NULL,
	`since` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `installed_services_tenant_id_environment_id_service_id_pk` PRIMARY KEY(`tenant_id`,`environment_id`,`service_id`)
);
--> statement-breakpoint
CREATE TABLE `measurements` (
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`analysis_run_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`metric` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`ordinal` int unsigned NOT NULL,
	`value` double,
	`result` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`message` varchar(1000) character set utf8mb4 collate utf8mb4_bin,
	`at` datetime(3) NOT NULL,
	CONSTRAINT `measurements_tenant_id_analysis_run_id_metric_ordinal_pk` PRIMARY KEY(`tenant_id`,`analysis_run_id`,`metric`,`ordinal`)
);
--> statement-breakpoint
CREATE TABLE `migration_runs` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`deployment_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`service_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`name` varchar(255) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`class` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`checksum` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`integration_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`ran_beside` json,
	`status` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`error` text,
	`at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `migration_runs_id` PRIMARY KEY(`id`),
	CONSTRAINT `migration_runs_name` UNIQUE(`tenant_id`,`deployment_id`,`service_id`,`name`)
);
--> statement-breakpoint
CREATE TABLE `service_deployments` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`deployment_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`service_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`layer` int unsigned NOT NULL,
	`ordinal` int unsigned NOT NULL,
	`artifact_id` char(26) character set ascii collate ascii_bin,
	`from_artifact_id` char(26) character set ascii collate ascii_bin,
	`config_version` varchar(64) character set ascii collate ascii_bin,
	`status` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`failure` text,
	`note` text,
	`change_order` int unsigned,
	`started_at` datetime(3),
	`ended_at` datetime(3),
	CONSTRAINT `service_deployments_id` PRIMARY KEY(`id`),
	CONSTRAINT `service_deployments_service` UNIQUE(`tenant_id`,`deployment_id`,`service_id`)
);
--> statement-breakpoint
CREATE TABLE `service_rollouts` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`deployment_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`service_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`task_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`state` json NOT NULL,
	`status` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`pause_reason` varchar(16) character set ascii collate ascii_bin,
	`step` int unsigned NOT NULL DEFAULT 0,
	`weight` double,
	`wanted` varchar(16) character set ascii collate ascii_bin NOT NULL DEFAULT 'RUN',
	`advance_requested_at` datetime(3),
	`version` int unsigned NOT NULL DEFAULT 0,
	`observed_at` datetime(3),
	`created_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	`updated_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `service_rollouts_id` PRIMARY KEY(`id`),
	CONSTRAINT `service_rollouts_service` UNIQUE(`tenant_id`,`deployment_id`,`service_id`)
);
--> statement-breakpoint
CREATE TABLE `snapshots` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`deployment_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`environment_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`content` json NOT NULL,
	`hash` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`created_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `snapshots_id` PRIMARY KEY(`id`),
	CONSTRAINT `snapshots_deployment` UNIQUE(`deployment_id`)
);
--> statement-breakpoint
CREATE TABLE `window_overrides` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`subject_kind` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`subject_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`reason` text NOT NULL,
	`account_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`expires_at` datetime(3) NOT NULL,
	`created_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `window_overrides_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `windows` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`name` varchar(200) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`kind` varchar(8) character set ascii collate ascii_bin NOT NULL,
	`cron` varchar(128) character set ascii collate ascii_bin NOT NULL,
	`duration_minutes` int unsigned NOT NULL,
	`zone` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`scope` json NOT NULL,
	`on_close` varchar(8) character set ascii collate ascii_bin NOT NULL,
	`is_active` boolean NOT NULL DEFAULT true,
	`created_by_account_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`created_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	`updated_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `windows_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `approval_delegations` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`from_account_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`to_account_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`starts_at` datetime(3) NOT NULL,
	`ends_at` datetime(3) NOT NULL,
	`reason` varchar(1000) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`revoked_at` datetime(3),
	`created_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `approval_delegations_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `gate_overrides` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`release_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`task_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`account_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`reason` varchar(1000) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`how` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`unmet` json NOT NULL,
	`created_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `gate_overrides_id` PRIMARY KEY(`id`),
	CONSTRAINT `gate_overrides_task` UNIQUE(`tenant_id`,`task_id`)
);
--> statement-breakpoint
CREATE TABLE `tenant_deployment_integrations` (
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
	CONSTRAINT `tenant_deployment_integrations_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `tenant_monitoring_integrations` (
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
	CONSTRAINT `tenant_monitoring_integrations_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `apps` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`name` varchar(63) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`description` text,
	`created_by_account_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`created_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	`updated_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `apps_id` PRIMARY KEY(`id`),
	CONSTRAINT `apps_name` UNIQUE(`tenant_id`,`name`)
);
--> statement-breakpoint
CREATE TABLE `artifacts` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`service_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`version` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`digest` varchar(71) character set ascii collate ascii_bin NOT NULL,
	`commit_sha` varchar(64) character set ascii collate ascii_bin,
	`committed_at` datetime(3),
	`source` json NOT NULL,
	`build_number` varchar(64) character set utf8mb4 collate utf8mb4_bin,
	`recipe_hash` varchar(64) character set ascii collate ascii_bin,
	`migrations` json NOT NULL,
	`created_by_account_id` char(26) character set ascii collate ascii_bin,
	`created_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `artifacts_id` PRIMARY KEY(`id`),
	CONSTRAINT `artifacts_digest` UNIQUE(`tenant_id`,`service_id`,`digest`)
);
--> statement-breakpoint
CREATE TABLE `environment_variables` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`environment_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`service_id` varchar(26) character set ascii collate ascii_bin NOT NULL DEFAULT '',
	`name` varchar(128) character set ascii collate ascii_bin NOT NULL,
	`is_secret` boolean NOT NULL,
	`value` text NOT NULL,
	`fingerprint` varchar(64) character set ascii collate ascii_bin,
	`expires_at` datetime(3),
	`updated_by_account_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`updated_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `environment_variables_id` PRIMARY KEY(`id`),
	CONSTRAINT `environment_variables_name` UNIQUE(`tenant_id`,`environment_id`,`service_id`,`name`)
);
--> statement-breakpoint
CREATE TABLE `environments` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`name` varchar(63) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`tier` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`kind` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`approval` json,
	`max_parallel` int unsigned NOT NULL DEFAULT 1,
	`comms_config_id` char(26) character set ascii collate ascii_bin,
	`created_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	`updated_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `environments_id` PRIMARY KEY(`id`),
	CONSTRAINT `environments_name` UNIQUE(`tenant_id`,`name`)
);
--> statement-breakpoint
CREATE TABLE `pipeline_versions` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`pipeline_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`version` int unsigned NOT NULL,
	`body` json NOT NULL,
	`hash` varchar(64) character set ascii collate ascii_bin NOT NULL,
	`created_by_account_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`created_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `pipeline_versions_id` PRIMARY KEY(`id`),
	CONSTRAINT `pipeline_versions_version` UNIQUE(`tenant_id`,`pipeline_id`,`version`)
);
--> statement-breakpoint
CREATE TABLE `pipelines` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`app_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`name` varchar(63) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`version` int unsigned NOT NULL,
	`created_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `pipelines_id` PRIMARY KEY(`id`),
	CONSTRAINT `pipelines_name` UNIQUE(`tenant_id`,`app_id`,`name`)
);
--> statement-breakpoint
CREATE TABLE `release_rejections` (
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`service_release_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`environment_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`deployment_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`reason` text NOT NULL,
	`at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `release_rejections_pk` PRIMARY KEY(`tenant_id`,`service_release_id`,`environment_id`)
);
--> statement-breakpoint
CREATE TABLE `service_dependencies` (
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`service_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`depends_on_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`kind` varchar(16) character set ascii collate ascii_bin NOT NULL,
	CONSTRAINT `service_dependencies_tenant_id_service_id_depends_on_id_kind_pk` PRIMARY KEY(`tenant_id`,`service_id`,`depends_on_id`,`kind`)
);
--> statement-breakpoint
CREATE TABLE `service_release_items` (
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`service_release_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`service_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`artifact_id` char(26) character set ascii collate ascii_bin NOT NULL,
	CONSTRAINT `service_release_items_tenant_id_service_release_id_service_id_pk` PRIMARY KEY(`tenant_id`,`service_release_id`,`service_id`)
);
--> statement-breakpoint
CREATE TABLE `service_releases` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`app_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`version` varchar(64) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`description` text,
	`sealed_hash` varchar(64) character set ascii collate ascii_bin,
	`sealed_at` datetime(3),
	`created_by_account_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`created_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `service_releases_id` PRIMARY KEY(`id`),
	CONSTRAINT `service_releases_version` UNIQUE(`tenant_id`,`app_id`,`version`)
);
--> statement-breakpoint
CREATE TABLE `services` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`app_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`name` varchar(40) character set ascii collate ascii_bin NOT NULL,
	`kind` varchar(16) character set ascii collate ascii_bin NOT NULL,
	`source` json,
	`recipe` json,
	`created_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	`updated_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `services_id` PRIMARY KEY(`id`),
	CONSTRAINT `services_name` UNIQUE(`tenant_id`,`app_id`,`name`)
);
--> statement-breakpoint
CREATE TABLE `targets` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`tenant_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`environment_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`service_id` char(26) character set ascii collate ascii_bin NOT NULL,
	`body` json NOT NULL,
	`created_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	`updated_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `targets_id` PRIMARY KEY(`id`),
	CONSTRAINT `targets_place` UNIQUE(`tenant_id`,`environment_id`,`service_id`)
);
--> statement-breakpoint
ALTER TABLE `regression_slots` MODIFY COLUMN `reason` varchar(1000) character set utf8mb4 collate utf8mb4_bin;--> statement-breakpoint
ALTER TABLE `store_submissions` MODIFY COLUMN `release_id` char(26) character set ascii collate ascii_bin;--> statement-breakpoint
ALTER TABLE `store_submissions` MODIFY COLUMN `platform_release_id` char(26) character set ascii collate ascii_bin;--> statement-breakpoint
ALTER TABLE `tasks` ADD `on_failure` varchar(8) character set ascii collate ascii_bin DEFAULT 'hold' NOT NULL;--> statement-breakpoint
ALTER TABLE `approvals` ADD `subject` json;--> statement-breakpoint
ALTER TABLE `approvals` ADD `for_account_ids` json;--> statement-breakpoint
ALTER TABLE `builds` ADD `artifact_source` text;--> statement-breakpoint
ALTER TABLE `builds` ADD `artifact_source_shown` varchar(1024) character set utf8mb4 collate utf8mb4_bin;--> statement-breakpoint
ALTER TABLE `builds` ADD `artifact_source_sha256` varchar(64) character set ascii collate ascii_bin;--> statement-breakpoint
ALTER TABLE `builds` ADD `artifact_source_size` bigint;--> statement-breakpoint
ALTER TABLE `builds` ADD `artifact_source_failure` json;--> statement-breakpoint
ALTER TABLE `builds` ADD `adopted_by_account_id` char(26) character set ascii collate ascii_bin;--> statement-breakpoint
ALTER TABLE `builds` ADD `expected_commit` varchar(64) character set ascii collate ascii_bin;--> statement-breakpoint
ALTER TABLE `builds` ADD `other_commit_reason` varchar(1000) character set utf8mb4 collate utf8mb4_bin;--> statement-breakpoint
ALTER TABLE `builds` ADD `store_build_number` varchar(64) character set utf8mb4 collate utf8mb4_bin;--> statement-breakpoint
ALTER TABLE `regression_cycles` ADD `reason` varchar(1000) character set utf8mb4 collate utf8mb4_bin;--> statement-breakpoint
ALTER TABLE `regression_cycles` ADD `abandoned_by_account_id` char(26) character set ascii collate ascii_bin;--> statement-breakpoint
ALTER TABLE `releases` ADD `archiving` json;--> statement-breakpoint
ALTER TABLE `store_submissions` ADD `deployment_id` char(26) character set ascii collate ascii_bin;--> statement-breakpoint
ALTER TABLE `store_submissions` ADD `service_id` char(26) character set ascii collate ascii_bin;--> statement-breakpoint
ALTER TABLE `store_submissions` ADD CONSTRAINT `store_submissions_service` UNIQUE(`tenant_id`,`deployment_id`,`service_id`,`ordinal`);--> statement-breakpoint
CREATE INDEX `clean_ups_due` ON `clean_ups` (`run_at`,`id`);--> statement-breakpoint
CREATE INDEX `deployment_locks_deployment` ON `deployment_locks` (`deployment_id`);--> statement-breakpoint
CREATE INDEX `deployments_tenant` ON `deployments` (`tenant_id`,`id`);--> statement-breakpoint
CREATE INDEX `deployments_environment` ON `deployments` (`tenant_id`,`environment_id`,`id`);--> statement-breakpoint
CREATE INDEX `deployments_run` ON `deployments` (`run_id`);--> statement-breakpoint
CREATE INDEX `migration_runs_database` ON `migration_runs` (`tenant_id`,`service_id`,`integration_id`);--> statement-breakpoint
CREATE INDEX `service_rollouts_task` ON `service_rollouts` (`task_id`);--> statement-breakpoint
CREATE INDEX `snapshots_environment` ON `snapshots` (`tenant_id`,`environment_id`,`id`);--> statement-breakpoint
CREATE INDEX `window_overrides_subject` ON `window_overrides` (`tenant_id`,`subject_kind`,`subject_id`);--> statement-breakpoint
CREATE INDEX `windows_tenant` ON `windows` (`tenant_id`,`is_active`,`id`);--> statement-breakpoint
CREATE INDEX `approval_delegations_tenant` ON `approval_delegations` (`tenant_id`,`id`);--> statement-breakpoint
CREATE INDEX `approval_delegations_to` ON `approval_delegations` (`tenant_id`,`to_account_id`,`ends_at`);--> statement-breakpoint
CREATE INDEX `gate_overrides_release` ON `gate_overrides` (`tenant_id`,`release_id`,`id`);--> statement-breakpoint
CREATE INDEX `tenant_deployment_integrations_tenant` ON `tenant_deployment_integrations` (`tenant_id`,`is_active`,`id`);--> statement-breakpoint
CREATE INDEX `tenant_deployment_integrations_verify` ON `tenant_deployment_integrations` (`is_active`,`verify_at`);--> statement-breakpoint
CREATE INDEX `tenant_monitoring_integrations_tenant` ON `tenant_monitoring_integrations` (`tenant_id`,`is_active`,`id`);--> statement-breakpoint
CREATE INDEX `tenant_monitoring_integrations_verify` ON `tenant_monitoring_integrations` (`is_active`,`verify_at`);--> statement-breakpoint
CREATE INDEX `artifacts_service` ON `artifacts` (`tenant_id`,`service_id`,`id`);--> statement-breakpoint
CREATE INDEX `artifacts_recipe` ON `artifacts` (`tenant_id`,`service_id`,`commit_sha`,`recipe_hash`);--> statement-breakpoint
CREATE INDEX `environment_variables_fingerprint` ON `environment_variables` (`tenant_id`,`fingerprint`);--> statement-breakpoint
CREATE INDEX `environments_tenant` ON `environments` (`tenant_id`,`id`);--> statement-breakpoint
CREATE INDEX `service_dependencies_reverse` ON `service_dependencies` (`tenant_id`,`depends_on_id`);--> statement-breakpoint
CREATE INDEX `store_submissions_review` ON `store_submissions` (`tenant_id`,`target`,`status`);