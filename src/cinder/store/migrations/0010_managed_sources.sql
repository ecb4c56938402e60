CREATE TABLE managed_sources (
  item_id VARCHAR(36) PRIMARY KEY,
  operation_id VARCHAR(36) NOT NULL,
  name VARCHAR(255) NOT NULL
);
