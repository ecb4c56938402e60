CREATE TABLE group_types (
  id VARCHAR(36) PRIMARY KEY,
  name VARCHAR(255) NOT NULL,
  description VARCHAR(255),
  is_public BIGINT NOT NULL,
  group_specs TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT
);
CREATE UNIQUE INDEX group_types_name ON group_types (name);
CREATE INDEX group_types_in_order ON group_types (created_at, id);
CREATE INDEX group_types_public ON group_types (is_public, created_at, id);
CREATE INDEX group_types_public_names ON group_types (is_public, name);
