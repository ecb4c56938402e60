CREATE INDEX events_without_end ON instance_events (event, finished_at, started_at);
