CREATE TABLE volumes (
  id VARCHAR(36) PRIMARY KEY,
  project_id VARCHAR(64) NOT NULL,
  user_id VARCHAR(64) NOT NULL,
  name VARCHAR(255),
  description VARCHAR(255),
  size_gib BIGINT NOT NULL,
  claimed_gib BIGINT NOT NULL,
  status VARCHAR(32) NOT NULL,
  previous_status VARCHAR(32) NOT NULL,
  volume_type_id VARCHAR(36) NOT NULL,
  availability_zone VARCHAR(255) NOT NULL,
  pool VARCHAR(255) NOT NULL,
  bootable BIGINT NOT NULL,
  readonly VARCHAR(8) NOT NULL,
  multiattach BIGINT NOT NULL,
  metadata TEXT NOT NULL,
  image_metadata TEXT NOT NULL,
  snapshot_id VARCHAR(36) NOT NULL,
  source_volume_id VARCHAR(36) NOT NULL,
  image_id VARCHAR(36) NOT NULL,
  scheduler_hints TEXT NOT NULL,
  tried_pools TEXT NOT NULL,
  operation_id VARCHAR(36) NOT NULL,
  task_owner VARCHAR(255) NOT NULL,
  task_deadline BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT,
  launched_at BIGINT
);
CREATE INDEX volumes_of_project ON volumes (project_id, created_at, id);
CREATE INDEX volumes_of_all ON volumes (created_at, id);
CREATE INDEX volumes_usage ON volumes (project_id, volume_type_id, claimed_gib);
CREATE INDEX volumes_of_pool ON volumes (pool, claimed_gib);
CREATE INDEX volumes_of_type ON volumes (volume_type_id);
CREATE INDEX volumes_overdue ON volumes (task_deadline);
CREATE INDEX volumes_of_owner ON volumes (task_owner, task_deadline);

CREATE TABLE snapshots (
  id VARCHAR(36) PRIMARY KEY,
  volume_id VARCHAR(36) NOT NULL,
  project_id VARCHAR(64) NOT NULL,
  user_id VARCHAR(64) NOT NULL,
  name VARCHAR(255),
  description VARCHAR(255),
  size_gib BIGINT NOT NULL,
  status VARCHAR(32) NOT NULL,
  volume_type_id VARCHAR(36) NOT NULL,
  pool VARCHAR(255) NOT NULL,
  metadata TEXT NOT NULL,
  operation_id VARCHAR(36) NOT NULL,
  task_owner VARCHAR(255) NOT NULL,
  task_deadline BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT
);
CREATE INDEX snapshots_of_project ON snapshots (project_id, created_at, id);
CREATE INDEX snapshots_of_all ON snapshots (created_at, id);
CREATE INDEX snapshots_usage ON snapshots (project_id, volume_type_id, size_gib);
CREATE INDEX snapshots_of_volume ON snapshots (volume_id);
CREATE INDEX snapshots_of_pool ON snapshots (pool, size_gib);
CREATE INDEX snapshots_overdue ON snapshots (task_deadline);
CREATE INDEX snapshots_of_owner ON snapshots (task_owner, task_deadline);

CREATE TABLE volume_types (
  id VARCHAR(36) PRIMARY KEY,
  name VARCHAR(255) NOT NULL,
  description VARCHAR(255),
  is_public BIGINT NOT NULL,
  extra_specs TEXT NOT NULL,
  qos_specs_id VARCHAR(36) NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT
);
CREATE UNIQUE INDEX volume_types_name ON volume_types (name);
CREATE INDEX volume_types_qos ON volume_types (qos_specs_id);

CREATE TABLE volume_type_access (
  volume_type_id VARCHAR(36) NOT NULL,
  project_id VARCHAR(64) NOT NULL,
  PRIMARY KEY (volume_type_id, project_id)
);
CREATE INDEX volume_type_access_of_project ON volume_type_access (project_id, volume_type_id);

CREATE TABLE pools (
  name VARCHAR(255) PRIMARY KEY,
  host VARCHAR(255) NOT NULL,
  backend_name VARCHAR(255) NOT NULL,
  total_gib BIGINT NOT NULL,
  free_gib BIGINT NOT NULL,
  thin BIGINT NOT NULL,
  over_subscription_percent BIGINT NOT NULL,
  reserved_percentage BIGINT NOT NULL,
  capabilities TEXT NOT NULL,
  claims BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

CREATE TABLE services (
  id VARCHAR(36) PRIMARY KEY,
  host VARCHAR(255) NOT NULL,
  binary_name VARCHAR(64) NOT NULL,
  availability_zone VARCHAR(255) NOT NULL,
  disabled BIGINT NOT NULL,
  disabled_reason VARCHAR(255),
  last_seen_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX services_name ON services (host, binary_name);

CREATE TABLE scheduling_decisions (
  id VARCHAR(36) PRIMARY KEY,
  volume_id VARCHAR(36) NOT NULL,
  operation_id VARCHAR(36) NOT NULL,
  pool VARCHAR(255) NOT NULL,
  decision TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX scheduling_decisions_of_volume ON scheduling_decisions (volume_id, created_at);

CREATE TABLE quotas (
  project_id VARCHAR(64) NOT NULL,
  resource VARCHAR(255) NOT NULL,
  hard_limit BIGINT NOT NULL,
  PRIMARY KEY (project_id, resource)
);

CREATE TABLE quota_classes (
  class_name VARCHAR(255) NOT NULL,
  resource VARCHAR(255) NOT NULL,
  hard_limit BIGINT NOT NULL,
  PRIMARY KEY (class_name, resource)
);

CREATE TABLE outbox (
  id VARCHAR(36) PRIMARY KEY,
  topic VARCHAR(255) NOT NULL,
  message TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX outbox_in_order ON outbox (created_at, id);

CREATE TABLE leases (
  name VARCHAR(64) PRIMARY KEY,
  holder VARCHAR(255) NOT NULL,
  expires_at BIGINT NOT NULL
);
