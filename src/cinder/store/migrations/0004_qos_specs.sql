CREATE TABLE qos_specs (
  id VARCHAR(36) PRIMARY KEY,
  name VARCHAR(255) NOT NULL,
  consumer VARCHAR(16) NOT NULL,
  specs TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT
);
CREATE UNIQUE INDEX qos_specs_name ON qos_specs (name);
CREATE INDEX qos_specs_in_order ON qos_specs (created_at, id);
