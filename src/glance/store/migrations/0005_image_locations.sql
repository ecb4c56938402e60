-- All places of an image's bytes, in their order, take the place of image_copies. images.location
-- and images.store repeat the first one: for what needs no more, and for a glance-registry that is
-- older than this and still runs.
CREATE TABLE image_locations (
  image_id VARCHAR(36) NOT NULL REFERENCES images (id),
  position BIGINT NOT NULL,
  store VARCHAR(255) NOT NULL,
  url TEXT NOT NULL,
  metadata TEXT NOT NULL,
  PRIMARY KEY (image_id, position)
);

INSERT INTO image_locations (image_id, position, store, url, metadata)
  SELECT id, 0, COALESCE(store, ''), location, '{}' FROM images
  WHERE location IS NOT NULL AND deleted = 0;

INSERT INTO image_locations (image_id, position, store, url, metadata)
  SELECT c.image_id,
    (SELECT COUNT(*) FROM image_copies o WHERE o.image_id = c.image_id AND o.store <= c.store),
    c.store, c.location, '{}'
  FROM image_copies c JOIN images i ON i.id = c.image_id WHERE i.deleted = 0;
