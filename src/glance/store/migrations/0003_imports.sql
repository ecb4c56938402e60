-- `location` stays where the first store has the bytes; further stores have copies.
ALTER TABLE images ADD COLUMN store VARCHAR(255);
ALTER TABLE images ADD COLUMN staged_location TEXT;

CREATE TABLE image_copies (
  image_id VARCHAR(36) NOT NULL REFERENCES images (id),
  store VARCHAR(255) NOT NULL,
  location TEXT NOT NULL,
  PRIMARY KEY (image_id, store)
);

-- `operation` and `deadline` say who works on it and until when that counts.
CREATE TABLE tasks (
  id VARCHAR(36) NOT NULL PRIMARY KEY,
  type VARCHAR(30) NOT NULL,
  status VARCHAR(30) NOT NULL,
  owner VARCHAR(255) NOT NULL,
  user_id VARCHAR(255) NOT NULL,
  request_id VARCHAR(255) NOT NULL,
  image_id VARCHAR(36) NOT NULL,
  input TEXT NOT NULL,
  message TEXT NOT NULL,
  operation VARCHAR(64),
  deadline BIGINT,
  attempts BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  expires_at BIGINT
);
CREATE INDEX tasks_by_image ON tasks (image_id, created_at);
CREATE INDEX tasks_by_age ON tasks (created_at, id);
CREATE INDEX tasks_by_deadline ON tasks (status, deadline);
CREATE INDEX tasks_by_expiry ON tasks (expires_at);
