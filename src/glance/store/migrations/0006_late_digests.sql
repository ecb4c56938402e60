-- An image may become active before its digests are known. When somebody is asked again to compute
-- them; NULL: they are known, or nobody will.
ALTER TABLE images ADD COLUMN digests_due BIGINT NULL;
CREATE INDEX images_without_digests ON images (digests_due);
