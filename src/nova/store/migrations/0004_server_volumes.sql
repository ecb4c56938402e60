CREATE TABLE server_volumes (
  id VARCHAR(36) PRIMARY KEY,
  server_id VARCHAR(36) NOT NULL,
  volume_id VARCHAR(36) NOT NULL,
  device_name VARCHAR(64) NOT NULL,
  boot_index BIGINT NOT NULL,
  delete_on_termination BIGINT NOT NULL,
  tag VARCHAR(60) NOT NULL,
  state VARCHAR(16) NOT NULL,
  operation_id VARCHAR(36) NOT NULL,
  task_deadline BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX server_volumes_of_server ON server_volumes (server_id, volume_id);
CREATE INDEX server_volumes_overdue ON server_volumes (task_deadline);

ALTER TABLE instances ADD COLUMN volumes TEXT NOT NULL DEFAULT '[]';
