-- The formats that the image had before its import prepared it.
ALTER TABLE tasks ADD COLUMN original_disk_format VARCHAR(255);
ALTER TABLE tasks ADD COLUMN original_container_format VARCHAR(255);
