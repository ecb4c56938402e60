-- Text that is absent is '', so that every column can be sorted and paged by. JSON text holds what
-- is only ever read and written as a whole. Times are microseconds since 1970.

CREATE TABLE networks (
  id VARCHAR(36) NOT NULL PRIMARY KEY,
  project_id VARCHAR(255) NOT NULL,
  name VARCHAR(255) NOT NULL,
  description VARCHAR(255) NOT NULL,
  admin_state_up BIGINT NOT NULL,
  status VARCHAR(16) NOT NULL,
  mtu BIGINT NOT NULL,
  port_security_enabled BIGINT NOT NULL,
  is_default BIGINT NOT NULL,
  tags TEXT NOT NULL,
  revision_number BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX networks_project ON networks (project_id);
CREATE INDEX networks_name ON networks (name);

-- Which wire a network is on. The unique key is what keeps two networks off one wire; segments of
-- type local have no number and never meet.
CREATE TABLE network_segments (
  network_id VARCHAR(36) NOT NULL PRIMARY KEY REFERENCES networks (id) ON DELETE CASCADE,
  network_type VARCHAR(32) NOT NULL,
  physical_network VARCHAR(64) NOT NULL,
  segmentation_id BIGINT,
  UNIQUE (network_type, physical_network, segmentation_id)
);

CREATE TABLE subnetpools (
  id VARCHAR(36) NOT NULL PRIMARY KEY,
  project_id VARCHAR(255) NOT NULL,
  name VARCHAR(255) NOT NULL,
  description VARCHAR(255) NOT NULL,
  ip_version BIGINT NOT NULL,
  prefixes TEXT NOT NULL,
  default_prefixlen BIGINT NOT NULL,
  min_prefixlen BIGINT NOT NULL,
  max_prefixlen BIGINT NOT NULL,
  default_quota BIGINT,
  address_scope_id VARCHAR(36) NOT NULL,
  shared BIGINT NOT NULL,
  is_default BIGINT NOT NULL,
  tags TEXT NOT NULL,
  revision_number BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX subnetpools_project ON subnetpools (project_id);
CREATE INDEX subnetpools_scope ON subnetpools (address_scope_id);
CREATE INDEX subnetpools_default ON subnetpools (is_default, ip_version);

CREATE TABLE address_scopes (
  id VARCHAR(36) NOT NULL PRIMARY KEY,
  project_id VARCHAR(255) NOT NULL,
  name VARCHAR(255) NOT NULL,
  ip_version BIGINT NOT NULL,
  shared BIGINT NOT NULL
);
CREATE INDEX address_scopes_project ON address_scopes (project_id);

CREATE TABLE subnets (
  id VARCHAR(36) NOT NULL PRIMARY KEY,
  project_id VARCHAR(255) NOT NULL,
  network_id VARCHAR(36) NOT NULL REFERENCES networks (id),
  name VARCHAR(255) NOT NULL,
  description VARCHAR(255) NOT NULL,
  ip_version BIGINT NOT NULL,
  cidr VARCHAR(64) NOT NULL,
  gateway_ip VARCHAR(64) NOT NULL,
  enable_dhcp BIGINT NOT NULL,
  ipv6_ra_mode VARCHAR(16) NOT NULL,
  ipv6_address_mode VARCHAR(16) NOT NULL,
  allocation_pools TEXT NOT NULL,
  dns_nameservers TEXT NOT NULL,
  host_routes TEXT NOT NULL,
  service_types TEXT NOT NULL,
  subnetpool_id VARCHAR(36) NOT NULL,
  last_allocated VARCHAR(32) NOT NULL,
  tags TEXT NOT NULL,
  revision_number BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX subnets_network ON subnets (network_id);
CREATE INDEX subnets_project ON subnets (project_id);
CREATE INDEX subnets_pool ON subnets (subnetpool_id);

CREATE TABLE ports (
  id VARCHAR(36) NOT NULL PRIMARY KEY,
  project_id VARCHAR(255) NOT NULL,
  network_id VARCHAR(36) NOT NULL REFERENCES networks (id),
  name VARCHAR(255) NOT NULL,
  description VARCHAR(255) NOT NULL,
  mac_address VARCHAR(32) NOT NULL,
  admin_state_up BIGINT NOT NULL,
  status VARCHAR(16) NOT NULL,
  device_id VARCHAR(255) NOT NULL,
  device_owner VARCHAR(255) NOT NULL,
  port_security_enabled BIGINT NOT NULL,
  host VARCHAR(255) NOT NULL,
  vnic_type VARCHAR(64) NOT NULL,
  vif_type VARCHAR(64) NOT NULL,
  vif_details TEXT NOT NULL,
  profile TEXT NOT NULL,
  allowed_address_pairs TEXT NOT NULL,
  extra_dhcp_opts TEXT NOT NULL,
  tags TEXT NOT NULL,
  revision_number BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (network_id, mac_address)
);
CREATE INDEX ports_project ON ports (project_id);
CREATE INDEX ports_device ON ports (device_id);
CREATE INDEX ports_host ON ports (host);

-- `ip_key` is the address as hex of fixed width: text order is address order.
CREATE TABLE ip_allocations (
  subnet_id VARCHAR(36) NOT NULL REFERENCES subnets (id),
  ip_key VARCHAR(32) NOT NULL,
  port_id VARCHAR(36) NOT NULL REFERENCES ports (id) ON DELETE CASCADE,
  network_id VARCHAR(36) NOT NULL,
  ip_address VARCHAR(64) NOT NULL,
  PRIMARY KEY (subnet_id, ip_key)
);
-- With all that a list of ports shows of them.
CREATE INDEX ip_allocations_port ON ip_allocations (port_id, subnet_id, ip_address, ip_key, network_id);
CREATE INDEX ip_allocations_network ON ip_allocations (network_id);
CREATE INDEX ip_allocations_address ON ip_allocations (ip_address);

CREATE TABLE security_groups (
  id VARCHAR(36) NOT NULL PRIMARY KEY,
  project_id VARCHAR(255) NOT NULL,
  name VARCHAR(255) NOT NULL,
  description VARCHAR(255) NOT NULL,
  tags TEXT NOT NULL,
  revision_number BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX security_groups_project ON security_groups (project_id);

CREATE TABLE default_security_groups (
  project_id VARCHAR(255) NOT NULL PRIMARY KEY,
  security_group_id VARCHAR(36) NOT NULL REFERENCES security_groups (id) ON DELETE CASCADE
);
CREATE INDEX default_security_groups_group ON default_security_groups (security_group_id);

-- -1: no port range.
CREATE TABLE security_group_rules (
  id VARCHAR(36) NOT NULL PRIMARY KEY,
  project_id VARCHAR(255) NOT NULL,
  security_group_id VARCHAR(36) NOT NULL REFERENCES security_groups (id) ON DELETE CASCADE,
  description VARCHAR(255) NOT NULL,
  direction VARCHAR(16) NOT NULL,
  ethertype VARCHAR(16) NOT NULL,
  protocol VARCHAR(40) NOT NULL,
  port_range_min BIGINT NOT NULL,
  port_range_max BIGINT NOT NULL,
  remote_ip_prefix VARCHAR(64) NOT NULL,
  remote_group_id VARCHAR(36) NOT NULL,
  revision_number BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX security_group_rules_group ON security_group_rules (security_group_id);
CREATE INDEX security_group_rules_remote ON security_group_rules (remote_group_id);
CREATE INDEX security_group_rules_project ON security_group_rules (project_id);

CREATE TABLE port_security_groups (
  port_id VARCHAR(36) NOT NULL REFERENCES ports (id) ON DELETE CASCADE,
  security_group_id VARCHAR(36) NOT NULL REFERENCES security_groups (id),
  PRIMARY KEY (port_id, security_group_id)
);
CREATE INDEX port_security_groups_group ON port_security_groups (security_group_id);

CREATE TABLE rbac_policies (
  id VARCHAR(36) NOT NULL PRIMARY KEY,
  project_id VARCHAR(255) NOT NULL,
  object_type VARCHAR(32) NOT NULL,
  object_id VARCHAR(36) NOT NULL,
  action VARCHAR(32) NOT NULL,
  target_project VARCHAR(255) NOT NULL,
  UNIQUE (object_id, action, target_project)
);
CREATE INDEX rbac_policies_target ON rbac_policies (object_type, target_project);

CREATE TABLE agents (
  id VARCHAR(36) NOT NULL PRIMARY KEY,
  agent_type VARCHAR(64) NOT NULL,
  binary_name VARCHAR(64) NOT NULL,
  topic VARCHAR(64) NOT NULL,
  host VARCHAR(255) NOT NULL,
  admin_state_up BIGINT NOT NULL,
  description VARCHAR(255) NOT NULL,
  configurations TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  started_at BIGINT NOT NULL,
  heartbeat_timestamp BIGINT NOT NULL,
  UNIQUE (agent_type, host)
);

CREATE TABLE dhcp_agent_networks (
  network_id VARCHAR(36) NOT NULL REFERENCES networks (id) ON DELETE CASCADE,
  agent_id VARCHAR(36) NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
  PRIMARY KEY (network_id, agent_id)
);
CREATE INDEX dhcp_agent_networks_agent ON dhcp_agent_networks (agent_id);

CREATE TABLE quotas (
  project_id VARCHAR(255) NOT NULL,
  resource VARCHAR(64) NOT NULL,
  max_count BIGINT NOT NULL,
  PRIMARY KEY (project_id, resource)
);

CREATE TABLE outbox (
  id VARCHAR(64) NOT NULL PRIMARY KEY,
  topic VARCHAR(255) NOT NULL,
  message TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX outbox_created ON outbox (created_at);

CREATE TABLE leases (
  name VARCHAR(255) NOT NULL PRIMARY KEY,
  holder VARCHAR(255) NOT NULL,
  expires_at BIGINT NOT NULL
);
