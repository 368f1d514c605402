-- +goose Up
-- A push is kept with what it announces until its files are there.
ALTER TABLE deliveries
    ADD COLUMN digest        bytea,
    ADD COLUMN repository_id uuid REFERENCES repositories ON DELETE SET NULL,
    ADD COLUMN installation  bigint NOT NULL DEFAULT 0,
    ADD COLUMN commit        text NOT NULL DEFAULT '',
    ADD COLUMN before        text NOT NULL DEFAULT '',
    ADD COLUMN pushed        timestamptz,
    ADD COLUMN submission_id uuid REFERENCES submissions;
-- GitHub signs the body and not the id: the same body under another id is a replay.
CREATE UNIQUE INDEX deliveries_digest ON deliveries (source, digest);
CREATE INDEX deliveries_submission ON deliveries (submission_id) WHERE submission_id IS NOT NULL;
CREATE INDEX deliveries_pushed ON deliveries (repository_id, pushed) WHERE pushed IS NOT NULL;
CREATE INDEX deliveries_commit ON deliveries (repository_id, commit) WHERE commit <> '';

-- +goose Down
DROP INDEX deliveries_commit;
DROP INDEX deliveries_pushed;
DROP INDEX deliveries_submission;
DROP INDEX deliveries_digest;
ALTER TABLE deliveries
    DROP COLUMN digest, DROP COLUMN repository_id, DROP COLUMN installation, DROP COLUMN commit,
    DROP COLUMN before, DROP COLUMN pushed, DROP COLUMN submission_id;
