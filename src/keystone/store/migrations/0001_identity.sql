-- A domain is a project whose is_domain is 1 and whose domain_id is '' (as in Keystone).
CREATE TABLE projects (
  id TEXT NOT NULL PRIMARY KEY,
  domain_id TEXT NOT NULL,
  name TEXT NOT NULL,
  parent_id TEXT,
  description TEXT NOT NULL,
  enabled INTEGER NOT NULL,
  is_domain INTEGER NOT NULL,
  extra TEXT NOT NULL,
  options TEXT NOT NULL
);
CREATE UNIQUE INDEX projects_by_name ON projects (domain_id, name, is_domain);
CREATE INDEX projects_by_parent ON projects (parent_id);

CREATE TABLE project_tags (
  project_id TEXT NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (project_id, name)
);
CREATE INDEX project_tags_by_name ON project_tags (name);

CREATE TABLE users (
  id TEXT NOT NULL PRIMARY KEY,
  domain_id TEXT NOT NULL,
  name TEXT NOT NULL,
  enabled INTEGER NOT NULL,
  default_project_id TEXT,
  created_at BIGINT NOT NULL,
  failed_auth_count INTEGER NOT NULL,
  failed_auth_at BIGINT NOT NULL,
  extra TEXT NOT NULL,
  options TEXT NOT NULL
);
CREATE UNIQUE INDEX users_by_name ON users (domain_id, name);

CREATE TABLE passwords (
  id TEXT NOT NULL PRIMARY KEY,
  user_id TEXT NOT NULL,
  hash TEXT NOT NULL,
  self_service INTEGER NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT
);
CREATE INDEX passwords_by_user ON passwords (user_id, created_at);

CREATE TABLE user_groups (
  id TEXT NOT NULL PRIMARY KEY,
  domain_id TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  extra TEXT NOT NULL
);
CREATE UNIQUE INDEX user_groups_by_name ON user_groups (domain_id, name);

CREATE TABLE group_members (
  group_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  PRIMARY KEY (group_id, user_id)
);
CREATE INDEX group_members_by_user ON group_members (user_id);

CREATE TABLE roles (
  id TEXT NOT NULL PRIMARY KEY,
  domain_id TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT,
  extra TEXT NOT NULL,
  options TEXT NOT NULL
);
CREATE UNIQUE INDEX roles_by_name ON roles (domain_id, name);

CREATE TABLE implied_roles (
  prior_role_id TEXT NOT NULL,
  implied_role_id TEXT NOT NULL,
  PRIMARY KEY (prior_role_id, implied_role_id)
);

-- actor_type: 'user', 'group'; target_type: 'project', 'domain', 'system' (target_id 'all').
CREATE TABLE assignments (
  actor_type TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  target_type TEXT NOT NULL,
  target_id TEXT NOT NULL,
  role_id TEXT NOT NULL,
  inherited INTEGER NOT NULL,
  PRIMARY KEY (actor_type, actor_id, target_type, target_id, role_id, inherited)
);
CREATE INDEX assignments_by_target ON assignments (target_type, target_id);
CREATE INDEX assignments_by_role ON assignments (role_id);

CREATE TABLE regions (
  id TEXT NOT NULL PRIMARY KEY,
  description TEXT NOT NULL,
  parent_region_id TEXT,
  extra TEXT NOT NULL
);

CREATE TABLE services (
  id TEXT NOT NULL PRIMARY KEY,
  type TEXT NOT NULL,
  name TEXT NOT NULL,
  enabled INTEGER NOT NULL,
  extra TEXT NOT NULL
);
CREATE INDEX services_by_type ON services (type);

CREATE TABLE endpoints (
  id TEXT NOT NULL PRIMARY KEY,
  service_id TEXT NOT NULL,
  interface TEXT NOT NULL,
  region_id TEXT,
  url TEXT NOT NULL,
  enabled INTEGER NOT NULL,
  extra TEXT NOT NULL
);
CREATE INDEX endpoints_by_service ON endpoints (service_id);

CREATE TABLE endpoint_groups (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  description TEXT,
  filters TEXT NOT NULL
);
CREATE TABLE project_endpoint_groups (
  endpoint_group_id TEXT NOT NULL,
  project_id TEXT NOT NULL,
  PRIMARY KEY (endpoint_group_id, project_id)
);
CREATE TABLE project_endpoints (
  endpoint_id TEXT NOT NULL,
  project_id TEXT NOT NULL,
  PRIMARY KEY (endpoint_id, project_id)
);

CREATE TABLE credentials (
  id TEXT NOT NULL PRIMARY KEY,
  user_id TEXT NOT NULL,
  project_id TEXT,
  type TEXT NOT NULL,
  blob TEXT NOT NULL,
  extra TEXT NOT NULL
);
CREATE INDEX credentials_by_user ON credentials (user_id);

CREATE TABLE policies (
  id TEXT NOT NULL PRIMARY KEY,
  type TEXT NOT NULL,
  blob TEXT NOT NULL,
  extra TEXT NOT NULL
);
CREATE TABLE application_credentials (
  id TEXT NOT NULL PRIMARY KEY,
  user_id TEXT NOT NULL,
  project_id TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT,
  secret_hash TEXT NOT NULL,
  roles TEXT NOT NULL,
  access_rules TEXT NOT NULL,
  is_unrestricted INTEGER NOT NULL,
  expires_at BIGINT,
  created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX application_credentials_by_name ON application_credentials (user_id, name);
CREATE INDEX application_credentials_by_project ON application_credentials (project_id);

CREATE TABLE access_rules (
  id TEXT NOT NULL PRIMARY KEY,
  user_id TEXT NOT NULL,
  service TEXT NOT NULL,
  path TEXT NOT NULL,
  method TEXT NOT NULL
);
CREATE INDEX access_rules_by_user ON access_rules (user_id);

CREATE TABLE trusts (
  id TEXT NOT NULL PRIMARY KEY,
  trustor_user_id TEXT NOT NULL,
  trustee_user_id TEXT NOT NULL,
  project_id TEXT,
  impersonation INTEGER NOT NULL,
  roles TEXT NOT NULL,
  expires_at BIGINT,
  remaining_uses INTEGER,
  redelegation_count INTEGER NOT NULL,
  redelegated_trust_id TEXT,
  deleted_at BIGINT,
  created_at BIGINT NOT NULL
);
CREATE INDEX trusts_by_trustor ON trusts (trustor_user_id);
CREATE INDEX trusts_by_trustee ON trusts (trustee_user_id);

CREATE TABLE consumers (
  id TEXT NOT NULL PRIMARY KEY,
  secret TEXT NOT NULL,
  description TEXT,
  extra TEXT NOT NULL
);

CREATE TABLE domain_configs (
  domain_id TEXT NOT NULL,
  option_group TEXT NOT NULL,
  option_name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (domain_id, option_group, option_name)
);

CREATE TABLE registered_limits (
  id TEXT NOT NULL PRIMARY KEY,
  service_id TEXT NOT NULL,
  region_id TEXT NOT NULL,
  resource_name TEXT NOT NULL,
  default_limit INTEGER NOT NULL,
  description TEXT
);
CREATE UNIQUE INDEX registered_limits_by_resource
  ON registered_limits (service_id, region_id, resource_name);

CREATE TABLE limits (
  id TEXT NOT NULL PRIMARY KEY,
  project_id TEXT NOT NULL,
  domain_id TEXT NOT NULL,
  service_id TEXT NOT NULL,
  region_id TEXT NOT NULL,
  resource_name TEXT NOT NULL,
  resource_limit INTEGER NOT NULL,
  description TEXT
);
CREATE UNIQUE INDEX limits_by_resource
  ON limits (project_id, domain_id, service_id, region_id, resource_name);

-- Empty text: the event does not look at that field.
CREATE TABLE revocation_events (
  id TEXT NOT NULL PRIMARY KEY,
  audit_id TEXT NOT NULL,
  audit_chain_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  project_id TEXT NOT NULL,
  domain_id TEXT NOT NULL,
  role_id TEXT NOT NULL,
  trust_id TEXT NOT NULL,
  application_credential_id TEXT NOT NULL,
  issued_before BIGINT NOT NULL,
  revoked_at BIGINT NOT NULL
);
CREATE INDEX revocation_events_by_time ON revocation_events (revoked_at);
