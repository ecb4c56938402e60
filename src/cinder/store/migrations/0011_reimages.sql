CREATE TABLE volume_reimages (
  volume_id VARCHAR(36) PRIMARY KEY,
  operation_id VARCHAR(36) NOT NULL,
  image_id VARCHAR(36) NOT NULL,
  image_metadata TEXT NOT NULL
);
