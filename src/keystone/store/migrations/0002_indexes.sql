CREATE INDEX endpoints_by_region ON endpoints (region_id);
CREATE INDEX regions_by_parent ON regions (parent_region_id);
CREATE INDEX endpoint_groups_by_name ON endpoint_groups (name);
CREATE INDEX services_by_name ON services (name);
