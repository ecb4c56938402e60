ALTER TABLE volumes ADD COLUMN migration_status VARCHAR(255) NOT NULL DEFAULT '';

CREATE TABLE volume_migrations (
  volume_id VARCHAR(36) PRIMARY KEY,
  operation_id VARCHAR(36) NOT NULL,
  target_pool VARCHAR(255) NOT NULL,
  volume_type_id VARCHAR(36) NOT NULL,
  size_gib BIGINT NOT NULL
);
CREATE INDEX volume_migrations_of_pool ON volume_migrations (target_pool, size_gib);
