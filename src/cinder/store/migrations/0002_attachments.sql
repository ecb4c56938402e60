CREATE TABLE attachments (
  id VARCHAR(36) PRIMARY KEY,
  volume_id VARCHAR(36) NOT NULL,
  project_id VARCHAR(64) NOT NULL,
  server_id VARCHAR(36) NOT NULL,
  status VARCHAR(32) NOT NULL,
  mode VARCHAR(8) NOT NULL,
  mountpoint VARCHAR(255) NOT NULL,
  host VARCHAR(255) NOT NULL,
  made_by_nova BIGINT NOT NULL,
  connector TEXT NOT NULL,
  connection_info TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT,
  attached_at BIGINT
);
CREATE INDEX attachments_of_volume ON attachments (volume_id);
CREATE INDEX attachments_of_project ON attachments (project_id, created_at, id);
CREATE INDEX attachments_of_all ON attachments (created_at, id);
CREATE INDEX attachments_of_server ON attachments (server_id);
CREATE INDEX attachments_of_status ON attachments (status, created_at, id);

ALTER TABLE volumes ADD COLUMN attachments TEXT NOT NULL DEFAULT '[]';
