-- +goose Up
-- How long the lease lasts without being renewed, as its worker has it: workers may differ in that.
-- Null while a worker of an older version has it; then the sweeper's goes.
ALTER TABLE line ADD ttl interval;

-- +goose Down
ALTER TABLE line DROP ttl;
