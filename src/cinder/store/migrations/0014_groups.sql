CREATE TABLE volume_groups (
  id VARCHAR(36) PRIMARY KEY,
  project_id VARCHAR(64) NOT NULL,
  user_id VARCHAR(64) NOT NULL,
  name VARCHAR(255),
  description VARCHAR(255),
  status VARCHAR(32) NOT NULL,
  group_type_id VARCHAR(36) NOT NULL,
  availability_zone VARCHAR(255) NOT NULL,
  pool VARCHAR(255) NOT NULL,
  group_snapshot_id VARCHAR(36) NOT NULL,
  source_group_id VARCHAR(36) NOT NULL,
  operation_id VARCHAR(36) NOT NULL,
  task_owner VARCHAR(255) NOT NULL,
  task_deadline BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT,
  changes BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX volume_groups_of_project ON volume_groups (project_id, created_at, id);
CREATE INDEX volume_groups_of_all ON volume_groups (created_at, id);
CREATE INDEX volume_groups_of_type ON volume_groups (group_type_id);
CREATE INDEX volume_groups_made_of ON volume_groups (group_snapshot_id, status);
CREATE INDEX volume_groups_overdue ON volume_groups (task_deadline);

CREATE TABLE volume_group_types (
  group_id VARCHAR(36) NOT NULL,
  volume_type_id VARCHAR(36) NOT NULL,
  PRIMARY KEY (group_id, volume_type_id)
);
CREATE INDEX volume_group_types_of_type ON volume_group_types (volume_type_id, group_id);

CREATE TABLE group_snapshots (
  id VARCHAR(36) PRIMARY KEY,
  group_id VARCHAR(36) NOT NULL,
  group_type_id VARCHAR(36) NOT NULL,
  project_id VARCHAR(64) NOT NULL,
  user_id VARCHAR(64) NOT NULL,
  name VARCHAR(255),
  description VARCHAR(255),
  status VARCHAR(32) NOT NULL,
  operation_id VARCHAR(36) NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT,
  changes BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX group_snapshots_of_project ON group_snapshots (project_id, created_at, id);
CREATE INDEX group_snapshots_of_all ON group_snapshots (created_at, id);
CREATE INDEX group_snapshots_of_group ON group_snapshots (group_id);

ALTER TABLE volumes ADD COLUMN group_id VARCHAR(36) NOT NULL DEFAULT '';
CREATE INDEX volumes_of_group ON volumes (group_id, created_at, id);
ALTER TABLE snapshots ADD COLUMN group_snapshot_id VARCHAR(36) NOT NULL DEFAULT '';
CREATE INDEX snapshots_of_group_snapshot ON snapshots (group_snapshot_id, created_at, id);
