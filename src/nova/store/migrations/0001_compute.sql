CREATE TABLE instances (
  id VARCHAR(36) PRIMARY KEY,
  number BIGINT NOT NULL,
  project_id VARCHAR(64) NOT NULL,
  user_id VARCHAR(64) NOT NULL,
  name VARCHAR(255) NOT NULL,
  description TEXT,
  hostname VARCHAR(255) NOT NULL,
  reservation_id VARCHAR(64) NOT NULL,
  launch_index BIGINT NOT NULL,
  image_id VARCHAR(36) NOT NULL,
  flavor_id VARCHAR(255) NOT NULL,
  flavor TEXT NOT NULL,
  vcpus BIGINT NOT NULL,
  memory_mib BIGINT NOT NULL,
  disk_gib BIGINT NOT NULL,
  key_name VARCHAR(255),
  metadata TEXT NOT NULL,
  tags TEXT NOT NULL,
  host VARCHAR(255) NOT NULL,
  node VARCHAR(255) NOT NULL,
  availability_zone VARCHAR(255) NOT NULL,
  vm_state VARCHAR(32) NOT NULL,
  task_state VARCHAR(64) NOT NULL,
  power_state BIGINT NOT NULL,
  operation_id VARCHAR(36) NOT NULL,
  task_owner VARCHAR(255) NOT NULL,
  task_deadline BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  config_drive BIGINT NOT NULL,
  access_ipv4 VARCHAR(64) NOT NULL,
  access_ipv6 VARCHAR(64) NOT NULL,
  disk_config VARCHAR(16) NOT NULL,
  locked_by VARCHAR(16) NOT NULL,
  locked_reason TEXT,
  fault_code BIGINT NOT NULL,
  fault_message TEXT NOT NULL,
  fault_at BIGINT,
  ports TEXT NOT NULL,
  network_names TEXT NOT NULL,
  security_groups TEXT NOT NULL,
  server_group_id VARCHAR(36) NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  launched_at BIGINT,
  terminated_at BIGINT,
  deleted BIGINT NOT NULL
);
CREATE INDEX instances_of_project ON instances (project_id, deleted, created_at, id);
CREATE INDEX instances_of_all ON instances (deleted, created_at, id);
CREATE INDEX instances_usage ON instances (project_id, deleted, vcpus, memory_mib);
CREATE INDEX instances_of_host ON instances (host, deleted, task_state);
CREATE INDEX instances_overdue ON instances (task_deadline);
CREATE INDEX instances_number ON instances (number);
CREATE INDEX instances_of_group ON instances (server_group_id, deleted);
CREATE INDEX instances_of_operation ON instances (operation_id);
CREATE INDEX instances_changed ON instances (updated_at);

CREATE TABLE instance_system (
  instance_id VARCHAR(36) PRIMARY KEY,
  public_key TEXT NOT NULL,
  user_data TEXT NOT NULL,
  admin_password VARCHAR(255) NOT NULL,
  networks TEXT NOT NULL,
  security_groups TEXT NOT NULL,
  scheduler_hints TEXT NOT NULL,
  image_properties TEXT NOT NULL,
  requested_zone VARCHAR(255) NOT NULL,
  requested_host VARCHAR(255) NOT NULL,
  tried_hosts TEXT NOT NULL
);

CREATE TABLE block_devices (
  id VARCHAR(36) PRIMARY KEY,
  instance_id VARCHAR(36) NOT NULL,
  boot_index BIGINT NOT NULL,
  source_type VARCHAR(16) NOT NULL,
  destination_type VARCHAR(16) NOT NULL,
  image_id VARCHAR(36) NOT NULL,
  size_gib BIGINT NOT NULL,
  device_name VARCHAR(64) NOT NULL,
  delete_on_termination BIGINT NOT NULL
);
CREATE INDEX block_devices_of_instance ON block_devices (instance_id);

CREATE TABLE instance_actions (
  operation_id VARCHAR(36) PRIMARY KEY,
  instance_id VARCHAR(36) NOT NULL,
  action VARCHAR(64) NOT NULL,
  request_id VARCHAR(64) NOT NULL,
  user_id VARCHAR(64) NOT NULL,
  project_id VARCHAR(64) NOT NULL,
  message TEXT,
  started_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX actions_of_instance ON instance_actions (instance_id, started_at);

CREATE TABLE instance_events (
  id VARCHAR(400) PRIMARY KEY,
  operation_id VARCHAR(36) NOT NULL,
  event VARCHAR(64) NOT NULL,
  host VARCHAR(255) NOT NULL,
  started_at BIGINT NOT NULL,
  finished_at BIGINT,
  result VARCHAR(32),
  details TEXT
);
CREATE INDEX events_of_operation ON instance_events (operation_id, started_at);

CREATE TABLE allocations (
  instance_id VARCHAR(36) PRIMARY KEY,
  host VARCHAR(255) NOT NULL,
  vcpus BIGINT NOT NULL,
  memory_mib BIGINT NOT NULL,
  disk_gib BIGINT NOT NULL
);
CREATE INDEX allocations_of_host ON allocations (host, vcpus, memory_mib, disk_gib);

CREATE TABLE compute_nodes (
  id VARCHAR(36) PRIMARY KEY,
  number BIGINT NOT NULL,
  host VARCHAR(255) NOT NULL UNIQUE,
  hypervisor_hostname VARCHAR(255) NOT NULL,
  hypervisor_type VARCHAR(64) NOT NULL,
  hypervisor_version BIGINT NOT NULL,
  host_ip VARCHAR(64) NOT NULL,
  cpu_info TEXT NOT NULL,
  vcpus BIGINT NOT NULL,
  memory_mib BIGINT NOT NULL,
  disk_gib BIGINT NOT NULL,
  free_disk_gib BIGINT NOT NULL,
  running_guests BIGINT NOT NULL,
  virt_type VARCHAR(32) NOT NULL,
  generation BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX compute_nodes_generation ON compute_nodes (generation);
CREATE INDEX compute_nodes_number ON compute_nodes (number);

CREATE TABLE services (
  id VARCHAR(36) PRIMARY KEY,
  number BIGINT NOT NULL,
  host VARCHAR(255) NOT NULL,
  binary_name VARCHAR(64) NOT NULL,
  disabled BIGINT NOT NULL,
  disabled_reason TEXT,
  forced_down BIGINT NOT NULL,
  last_seen_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  UNIQUE (host, binary_name)
);
CREATE INDEX services_number ON services (number);

CREATE TABLE flavors (
  flavor_id VARCHAR(255) PRIMARY KEY,
  number BIGINT NOT NULL,
  name VARCHAR(255) NOT NULL UNIQUE,
  vcpus BIGINT NOT NULL,
  memory_mib BIGINT NOT NULL,
  disk_gib BIGINT NOT NULL,
  ephemeral_gib BIGINT NOT NULL,
  swap_mib BIGINT NOT NULL,
  rxtx_factor DOUBLE NOT NULL,
  is_public BIGINT NOT NULL,
  disabled BIGINT NOT NULL,
  description TEXT,
  extra_specs TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT
);
CREATE INDEX flavors_number ON flavors (number);

CREATE TABLE flavor_access (
  flavor_id VARCHAR(255) NOT NULL,
  project_id VARCHAR(64) NOT NULL,
  PRIMARY KEY (flavor_id, project_id)
);

CREATE TABLE keypairs (
  id VARCHAR(36) PRIMARY KEY,
  number BIGINT NOT NULL,
  user_id VARCHAR(64) NOT NULL,
  name VARCHAR(255) NOT NULL,
  type VARCHAR(16) NOT NULL,
  public_key TEXT NOT NULL,
  fingerprint VARCHAR(128) NOT NULL,
  created_at BIGINT NOT NULL,
  UNIQUE (user_id, name)
);
CREATE INDEX keypairs_number ON keypairs (number);

CREATE TABLE quotas (
  project_id VARCHAR(64) NOT NULL,
  user_id VARCHAR(64) NOT NULL,
  resource VARCHAR(64) NOT NULL,
  hard_limit BIGINT NOT NULL,
  PRIMARY KEY (project_id, user_id, resource)
);

CREATE TABLE quota_classes (
  class_name VARCHAR(255) NOT NULL,
  resource VARCHAR(64) NOT NULL,
  hard_limit BIGINT NOT NULL,
  PRIMARY KEY (class_name, resource)
);

CREATE TABLE server_groups (
  id VARCHAR(36) PRIMARY KEY,
  project_id VARCHAR(64) NOT NULL,
  user_id VARCHAR(64) NOT NULL,
  name VARCHAR(255) NOT NULL,
  policy VARCHAR(64) NOT NULL,
  rules TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX server_groups_of_project ON server_groups (project_id, created_at, id);

CREATE TABLE aggregates (
  id BIGINT PRIMARY KEY,
  uuid VARCHAR(36) NOT NULL,
  name VARCHAR(255) NOT NULL UNIQUE,
  availability_zone VARCHAR(255) NOT NULL,
  metadata TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT
);

CREATE TABLE aggregate_hosts (
  aggregate_id BIGINT NOT NULL,
  host VARCHAR(255) NOT NULL,
  PRIMARY KEY (aggregate_id, host)
);
CREATE INDEX aggregates_of_host ON aggregate_hosts (host);

CREATE TABLE scheduling_decisions (
  id VARCHAR(36) PRIMARY KEY,
  instance_id VARCHAR(36) NOT NULL,
  operation_id VARCHAR(36) NOT NULL,
  host VARCHAR(255) NOT NULL,
  decision TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX decisions_of_instance ON scheduling_decisions (instance_id, created_at);

CREATE TABLE sagas (
  operation_id VARCHAR(36) PRIMARY KEY,
  host VARCHAR(255) NOT NULL,
  progress TEXT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX sagas_updated ON sagas (updated_at);

CREATE TABLE outbox (
  id VARCHAR(36) PRIMARY KEY,
  topic VARCHAR(255) NOT NULL,
  message TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX outbox_order ON outbox (created_at, id);

CREATE TABLE leases (
  name VARCHAR(64) PRIMARY KEY,
  holder VARCHAR(255) NOT NULL,
  expires_at BIGINT NOT NULL
);
