CREATE TABLE images (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT,
  owner TEXT NOT NULL,
  status TEXT NOT NULL,
  visibility TEXT NOT NULL,
  disk_format TEXT,
  container_format TEXT,
  checksum TEXT,
  os_hash_algo TEXT,
  os_hash_value TEXT,
  size BIGINT,
  virtual_size BIGINT,
  min_disk BIGINT NOT NULL,
  min_ram BIGINT NOT NULL,
  is_protected BIGINT NOT NULL,
  os_hidden BIGINT NOT NULL,
  location TEXT,
  upload_operation TEXT,
  upload_host TEXT,
  upload_deadline BIGINT,
  deleted BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX images_by_age ON images (deleted, created_at, id);
CREATE INDEX images_by_owner ON images (owner, deleted, created_at, id);
CREATE INDEX images_in_upload ON images (status, upload_deadline);

CREATE TABLE image_properties (
  image_id TEXT NOT NULL REFERENCES images (id),
  name TEXT NOT NULL,
  value TEXT,
  PRIMARY KEY (image_id, name)
);

CREATE TABLE image_tags (
  image_id TEXT NOT NULL REFERENCES images (id),
  tag TEXT NOT NULL,
  PRIMARY KEY (image_id, tag)
);

CREATE TABLE image_members (
  image_id TEXT NOT NULL REFERENCES images (id),
  member TEXT NOT NULL,
  status TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (image_id, member)
);
CREATE INDEX image_members_by_member ON image_members (member, image_id);

CREATE TABLE outbox (
  id TEXT NOT NULL PRIMARY KEY,
  topic TEXT NOT NULL,
  message TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX outbox_by_age ON outbox (created_at);

CREATE TABLE leases (
  name TEXT NOT NULL PRIMARY KEY,
  holder TEXT NOT NULL,
  expires_at BIGINT NOT NULL
);
