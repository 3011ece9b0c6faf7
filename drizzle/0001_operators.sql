CREATE TABLE `operators` (
	`id` char(26) character set ascii collate ascii_bin NOT NULL,
	`name` varchar(200) character set utf8mb4 collate utf8mb4_bin NOT NULL,
	`token_hash` char(64) character set ascii collate ascii_bin NOT NULL,
	`expires_at` datetime(3),
	`last_used_at` datetime(3),
	`removed_at` datetime(3),
	`created_at` datetime(3) NOT NULL DEFAULT (utc_timestamp(3)),
	CONSTRAINT `operators_id` PRIMARY KEY(`id`),
	CONSTRAINT `operators_hash` UNIQUE(`token_hash`)
);
