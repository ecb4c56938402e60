CREATE TABLE volume_transfers (
  id VARCHAR(36) PRIMARY KEY,
  volume_id VARCHAR(36) NOT NULL,
  project_id VARCHAR(64) NOT NULL,
  name VARCHAR(255),
  salt VARCHAR(64) NOT NULL,
  key_hash VARCHAR(64) NOT NULL,
  no_snapshots BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX volume_transfers_of_volume ON volume_transfers (volume_id);
CREATE INDEX volume_transfers_of_project ON volume_transfers (project_id, created_at, id);
CREATE INDEX volume_transfers_of_all ON volume_transfers (created_at, id);
