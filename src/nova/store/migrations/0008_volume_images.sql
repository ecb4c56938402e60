CREATE TABLE volume_images (
  image_id VARCHAR(36) PRIMARY KEY,
  operation_id VARCHAR(36) NOT NULL,
  volumes TEXT NOT NULL,
  given_up BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX volume_images_in_order ON volume_images (created_at);
