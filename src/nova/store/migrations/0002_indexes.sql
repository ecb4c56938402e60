CREATE INDEX flavor_access_of_project ON flavor_access (project_id, flavor_id);
