CREATE TABLE counters (
  name VARCHAR(64) PRIMARY KEY,
  value BIGINT NOT NULL
);
INSERT INTO counters (name, value) SELECT 'instances', COALESCE(MAX(number), 0) FROM instances;
INSERT INTO counters (name, value) SELECT 'flavors', COALESCE(MAX(number), 0) FROM flavors;
INSERT INTO counters (name, value) SELECT 'keypairs', COALESCE(MAX(number), 0) FROM keypairs;
INSERT INTO counters (name, value) SELECT 'services', COALESCE(MAX(number), 0) FROM services;
INSERT INTO counters (name, value) SELECT 'compute_nodes', COALESCE(MAX(number), 0) FROM compute_nodes;
INSERT INTO counters (name, value) SELECT 'aggregates', COALESCE(MAX(id), 0) FROM aggregates;
INSERT INTO counters (name, value) SELECT 'host_generations', COALESCE(MAX(generation), 0) FROM compute_nodes;
