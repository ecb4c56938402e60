-- Objects, properties, tags and associations with resource types are alike: named things of a
-- namespace, whose `body` (JSON) nobody but clients reads.
CREATE TABLE metadef_namespaces (
  id VARCHAR(36) NOT NULL PRIMARY KEY,
  name VARCHAR(80) NOT NULL,
  display_name VARCHAR(80),
  description TEXT,
  visibility VARCHAR(80) NOT NULL,
  is_protected BIGINT NOT NULL,
  owner VARCHAR(255) NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX metadef_namespaces_by_name ON metadef_namespaces (name);
CREATE INDEX metadef_namespaces_by_age ON metadef_namespaces (created_at, id);

CREATE TABLE metadefs (
  namespace_id VARCHAR(36) NOT NULL REFERENCES metadef_namespaces (id),
  kind VARCHAR(20) NOT NULL,
  name VARCHAR(80) NOT NULL,
  body TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (namespace_id, kind, name)
);

CREATE TABLE metadef_resource_types (
  name VARCHAR(80) NOT NULL PRIMARY KEY,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
