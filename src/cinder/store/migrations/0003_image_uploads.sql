CREATE TABLE image_uploads (
  image_id VARCHAR(36) PRIMARY KEY,
  volume_id VARCHAR(36) NOT NULL,
  operation_id VARCHAR(36) NOT NULL,
  disk_format VARCHAR(20) NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX image_uploads_of_operation ON image_uploads (operation_id);
CREATE INDEX image_uploads_in_order ON image_uploads (created_at);
