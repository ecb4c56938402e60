CREATE INDEX volumes_of_status ON volumes (status, created_at, id);
CREATE INDEX volume_types_in_order ON volume_types (created_at, id);
CREATE INDEX volume_types_public ON volume_types (is_public, created_at, id);
