CREATE INDEX rbac_policies_project ON rbac_policies (project_id);
CREATE INDEX agents_of_host ON agents (host);
CREATE INDEX subnetpools_shared ON subnetpools (shared);
CREATE INDEX address_scopes_shared ON address_scopes (shared);
