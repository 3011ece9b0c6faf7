ALTER TABLE `state_history`
	ADD `sequence` bigint unsigned NOT NULL AUTO_INCREMENT,
	ADD CONSTRAINT `state_history_sequence` UNIQUE(`sequence`),
	DROP INDEX `state_history_scope`,
	ADD INDEX `state_history_scope` (`tenant_id`,`scope_id`,`sequence`);
