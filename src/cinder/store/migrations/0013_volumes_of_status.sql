CREATE INDEX volumes_of_status ON volumes (status, created_at, id);
