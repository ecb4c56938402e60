-- A domain is a project whose is_domain is 1 and whose domain_id is '' (as in Keystone).
CREATE TABLE projects (
  id VARCHAR(64) NOT NULL PRIMARY KEY,
  domain_id VARCHAR(64) NOT NULL,
  name VARCHAR(255) NOT NULL,
  parent_id VARCHAR(64),
  description TEXT NOT NULL,
  enabled BIGINT NOT NULL,
  is_domain BIGINT NOT NULL,
  extra TEXT NOT NULL,
  options TEXT NOT NULL
);
CREATE UNIQUE INDEX projects_by_name ON projects (domain_id, name, is_domain);
CREATE INDEX projects_by_parent ON projects (parent_id);
CREATE INDEX projects_by_kind ON projects (is_domain, id);
CREATE INDEX projects_by_name_alone ON projects (name);

CREATE TABLE project_tags (
  project_id VARCHAR(64) NOT NULL,
  name VARCHAR(255) NOT NULL,
  PRIMARY KEY (project_id, name)
);
CREATE INDEX project_tags_by_name ON project_tags (name);

CREATE TABLE users (
  id VARCHAR(64) NOT NULL PRIMARY KEY,
  domain_id VARCHAR(64) NOT NULL,
  name VARCHAR(255) NOT NULL,
  enabled BIGINT NOT NULL,
  default_project_id VARCHAR(64),
  created_at BIGINT NOT NULL,
  failed_auth_count BIGINT NOT NULL,
  failed_auth_at BIGINT NOT NULL,
  extra TEXT NOT NULL,
  options TEXT NOT NULL
);
CREATE UNIQUE INDEX users_by_name ON users (domain_id, name);
CREATE INDEX users_by_name_alone ON users (name);
CREATE INDEX users_by_default_project ON users (default_project_id);

CREATE TABLE passwords (
  id VARCHAR(64) NOT NULL PRIMARY KEY,
  user_id VARCHAR(64) NOT NULL,
  hash TEXT NOT NULL,
  self_service BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT
);
CREATE INDEX passwords_by_user ON passwords (user_id, created_at);
CREATE INDEX passwords_by_expiry ON passwords (expires_at);

CREATE TABLE user_groups (
  id VARCHAR(64) NOT NULL PRIMARY KEY,
  domain_id VARCHAR(64) NOT NULL,
  name VARCHAR(255) NOT NULL,
  description TEXT NOT NULL,
  extra TEXT NOT NULL
);
CREATE UNIQUE INDEX user_groups_by_name ON user_groups (domain_id, name);
CREATE INDEX user_groups_by_name_alone ON user_groups (name);

CREATE TABLE group_members (
  group_id VARCHAR(64) NOT NULL,
  user_id VARCHAR(64) NOT NULL,
  PRIMARY KEY (group_id, user_id)
);
CREATE INDEX group_members_by_user ON group_members (user_id);

CREATE TABLE roles (
  id VARCHAR(64) NOT NULL PRIMARY KEY,
  domain_id VARCHAR(64) NOT NULL,
  name VARCHAR(255) NOT NULL,
  description TEXT,
  extra TEXT NOT NULL,
  options TEXT NOT NULL
);
CREATE UNIQUE INDEX roles_by_name ON roles (domain_id, name);

CREATE TABLE implied_roles (
  prior_role_id VARCHAR(64) NOT NULL,
  implied_role_id VARCHAR(64) NOT NULL,
  PRIMARY KEY (prior_role_id, implied_role_id)
);
CREATE INDEX implied_roles_by_implied ON implied_roles (implied_role_id);

-- actor_type: 'user', 'group'; target_type: 'project', 'domain', 'system' (target_id 'all').
CREATE TABLE assignments (
  actor_type VARCHAR(16) NOT NULL,
  actor_id VARCHAR(64) NOT NULL,
  target_type VARCHAR(16) NOT NULL,
  target_id VARCHAR(64) NOT NULL,
  role_id VARCHAR(64) NOT NULL,
  inherited BIGINT NOT NULL,
  PRIMARY KEY (actor_type, actor_id, target_type, target_id, role_id, inherited)
);
CREATE INDEX assignments_by_target ON assignments (target_type, target_id);
CREATE INDEX assignments_by_role ON assignments (role_id);

CREATE TABLE regions (
  id VARCHAR(255) NOT NULL PRIMARY KEY,
  description TEXT NOT NULL,
  parent_region_id VARCHAR(255),
  extra TEXT NOT NULL
);

CREATE TABLE services (
  id VARCHAR(64) NOT NULL PRIMARY KEY,
  type VARCHAR(255) NOT NULL,
  name VARCHAR(255) NOT NULL,
  enabled BIGINT NOT NULL,
  extra TEXT NOT NULL
);
CREATE INDEX services_by_type ON services (type);

CREATE TABLE endpoints (
  id VARCHAR(64) NOT NULL PRIMARY KEY,
  service_id VARCHAR(64) NOT NULL,
  interface VARCHAR(16) NOT NULL,
  region_id VARCHAR(255),
  url TEXT NOT NULL,
  enabled BIGINT NOT NULL,
  extra TEXT NOT NULL
);
CREATE INDEX endpoints_by_service ON endpoints (service_id);

CREATE TABLE endpoint_groups (
  id VARCHAR(64) NOT NULL PRIMARY KEY,
  name VARCHAR(255) NOT NULL,
  description TEXT,
  filters TEXT NOT NULL
);
CREATE TABLE project_endpoint_groups (
  endpoint_group_id VARCHAR(64) NOT NULL,
  project_id VARCHAR(64) NOT NULL,
  PRIMARY KEY (endpoint_group_id, project_id)
);
CREATE INDEX project_endpoint_groups_by_project ON project_endpoint_groups (project_id);
CREATE TABLE project_endpoints (
  endpoint_id VARCHAR(64) NOT NULL,
  project_id VARCHAR(64) NOT NULL,
  PRIMARY KEY (endpoint_id, project_id)
);
CREATE INDEX project_endpoints_by_project ON project_endpoints (project_id);

CREATE TABLE credentials (
  id VARCHAR(64) NOT NULL PRIMARY KEY,
  user_id VARCHAR(64) NOT NULL,
  project_id VARCHAR(64),
  type VARCHAR(255) NOT NULL,
  content TEXT NOT NULL,
  extra TEXT NOT NULL
);
CREATE INDEX credentials_by_user ON credentials (user_id);
CREATE INDEX credentials_by_project ON credentials (project_id);

CREATE TABLE policies (
  id VARCHAR(64) NOT NULL PRIMARY KEY,
  type VARCHAR(255) NOT NULL,
  content TEXT NOT NULL,
  extra TEXT NOT NULL
);
CREATE TABLE application_credentials (
  id VARCHAR(64) NOT NULL PRIMARY KEY,
  user_id VARCHAR(64) NOT NULL,
  project_id VARCHAR(64) NOT NULL,
  name VARCHAR(255) NOT NULL,
  description TEXT,
  secret_hash TEXT NOT NULL,
  roles TEXT NOT NULL,
  access_rules TEXT NOT NULL,
  is_unrestricted BIGINT NOT NULL,
  expires_at BIGINT,
  created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX application_credentials_by_name ON application_credentials (user_id, name);
CREATE INDEX application_credentials_by_project ON application_credentials (project_id);

CREATE TABLE access_rules (
  id VARCHAR(64) NOT NULL PRIMARY KEY,
  user_id VARCHAR(64) NOT NULL,
  service TEXT NOT NULL,
  path TEXT NOT NULL,
  method TEXT NOT NULL
);
CREATE INDEX access_rules_by_user ON access_rules (user_id);

CREATE TABLE trusts (
  id VARCHAR(64) NOT NULL PRIMARY KEY,
  trustor_user_id VARCHAR(64) NOT NULL,
  trustee_user_id VARCHAR(64) NOT NULL,
  project_id VARCHAR(64),
  impersonation BIGINT NOT NULL,
  roles TEXT NOT NULL,
  expires_at BIGINT,
  remaining_uses BIGINT,
  redelegation_count BIGINT NOT NULL,
  redelegated_trust_id VARCHAR(64),
  deleted_at BIGINT,
  created_at BIGINT NOT NULL
);
CREATE INDEX trusts_by_trustor ON trusts (trustor_user_id);
CREATE INDEX trusts_by_trustee ON trusts (trustee_user_id);
CREATE INDEX trusts_by_project ON trusts (project_id);

CREATE TABLE consumers (
  id VARCHAR(64) NOT NULL PRIMARY KEY,
  secret TEXT NOT NULL,
  description TEXT,
  extra TEXT NOT NULL
);

CREATE TABLE domain_configs (
  domain_id VARCHAR(64) NOT NULL,
  option_group VARCHAR(255) NOT NULL,
  option_name VARCHAR(255) NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (domain_id, option_group, option_name)
);

CREATE TABLE registered_limits (
  id VARCHAR(64) NOT NULL PRIMARY KEY,
  service_id VARCHAR(64) NOT NULL,
  region_id VARCHAR(255) NOT NULL,
  resource_name VARCHAR(255) NOT NULL,
  default_limit BIGINT NOT NULL,
  description TEXT
);
CREATE UNIQUE INDEX registered_limits_by_resource
  ON registered_limits (service_id, region_id, resource_name);

CREATE TABLE limits (
  id VARCHAR(64) NOT NULL PRIMARY KEY,
  project_id VARCHAR(64) NOT NULL,
  domain_id VARCHAR(64) NOT NULL,
  service_id VARCHAR(64) NOT NULL,
  region_id VARCHAR(255) NOT NULL,
  resource_name VARCHAR(255) NOT NULL,
  resource_limit BIGINT NOT NULL,
  description TEXT
);
CREATE UNIQUE INDEX limits_by_resource
  ON limits (project_id, domain_id, service_id, region_id, resource_name);
CREATE INDEX limits_by_domain ON limits (domain_id);
CREATE INDEX limits_by_service ON limits (service_id);

-- Empty text: the event does not look at that field.
CREATE TABLE revocation_events (
  id VARCHAR(64) NOT NULL PRIMARY KEY,
  audit_id VARCHAR(64) NOT NULL,
  audit_chain_id VARCHAR(64) NOT NULL,
  user_id VARCHAR(64) NOT NULL,
  project_id VARCHAR(64) NOT NULL,
  domain_id VARCHAR(64) NOT NULL,
  role_id VARCHAR(64) NOT NULL,
  trust_id VARCHAR(64) NOT NULL,
  application_credential_id VARCHAR(64) NOT NULL,
  issued_before BIGINT NOT NULL,
  revoked_at BIGINT NOT NULL
);
CREATE INDEX revocation_events_by_time ON revocation_events (revoked_at);
