CREATE TABLE messages (
  id VARCHAR(36) PRIMARY KEY,
  project_id VARCHAR(64) NOT NULL,
  request_id VARCHAR(64) NOT NULL,
  resource_type VARCHAR(36) NOT NULL,
  resource_uuid VARCHAR(36) NOT NULL,
  event_id VARCHAR(64) NOT NULL,
  action_id VARCHAR(8) NOT NULL,
  detail_id VARCHAR(8) NOT NULL,
  message_level VARCHAR(16) NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX messages_of_project ON messages (project_id, created_at, id);
CREATE INDEX messages_of_all ON messages (created_at, id);
CREATE INDEX messages_expired ON messages (expires_at);
