ALTER TABLE server_volumes ADD COLUMN new_volume_id VARCHAR(36) NOT NULL DEFAULT '';
