CREATE TABLE images (
  id VARCHAR(36) NOT NULL PRIMARY KEY,
  name VARCHAR(255),
  owner VARCHAR(255) NOT NULL,
  status VARCHAR(30) NOT NULL,
  visibility VARCHAR(30) NOT NULL,
  disk_format VARCHAR(20),
  container_format VARCHAR(20),
  checksum VARCHAR(32),
  os_hash_algo VARCHAR(64),
  os_hash_value VARCHAR(128),
  size BIGINT,
  virtual_size BIGINT,
  min_disk BIGINT NOT NULL,
  min_ram BIGINT NOT NULL,
  is_protected BIGINT NOT NULL,
  os_hidden BIGINT NOT NULL,
  location TEXT,
  upload_operation VARCHAR(64),
  upload_host VARCHAR(255),
  upload_deadline BIGINT,
  deleted BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX images_by_age ON images (deleted, created_at, id);
CREATE INDEX images_by_owner ON images (owner, deleted, created_at, id);
CREATE INDEX images_in_upload ON images (status, upload_deadline);

CREATE TABLE image_properties (
  image_id VARCHAR(36) NOT NULL REFERENCES images (id),
  name VARCHAR(255) NOT NULL,
  value TEXT,
  PRIMARY KEY (image_id, name)
);

CREATE TABLE image_tags (
  image_id VARCHAR(36) NOT NULL REFERENCES images (id),
  tag VARCHAR(255) NOT NULL,
  PRIMARY KEY (image_id, tag)
);

CREATE TABLE image_members (
  image_id VARCHAR(36) NOT NULL REFERENCES images (id),
  member VARCHAR(255) NOT NULL,
  status VARCHAR(20) NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (image_id, member)
);
CREATE INDEX image_members_by_member ON image_members (member, image_id);

CREATE TABLE outbox (
  id VARCHAR(64) NOT NULL PRIMARY KEY,
  topic VARCHAR(255) NOT NULL,
  message TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX outbox_by_age ON outbox (created_at);

CREATE TABLE leases (
  name VARCHAR(255) NOT NULL PRIMARY KEY,
  holder VARCHAR(255) NOT NULL,
  expires_at BIGINT NOT NULL
);
