CREATE TABLE server_images (
  image_id VARCHAR(36) PRIMARY KEY,
  server_id VARCHAR(36) NOT NULL,
  operation_id VARCHAR(36) NOT NULL,
  backup_type VARCHAR(255) NOT NULL,
  rotation BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX server_images_of_operation ON server_images (operation_id);
CREATE INDEX server_images_in_order ON server_images (created_at);
