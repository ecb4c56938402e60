CREATE TABLE volume_type_encryptions (
  volume_type_id VARCHAR(36) PRIMARY KEY,
  encryption_id VARCHAR(36) NOT NULL,
  provider VARCHAR(255) NOT NULL,
  control_location VARCHAR(16) NOT NULL,
  cipher VARCHAR(255),
  key_size BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT
);
