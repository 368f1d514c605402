-- +goose Up
CREATE TABLE runs (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    submission_id uuid NOT NULL REFERENCES submissions,
    lease         uuid NOT NULL UNIQUE, -- the turn at the head of the line that this run is
    grader        text NOT NULL,        -- its version
    seed          bigint NOT NULL,
    isolation     text NOT NULL,
    status        text NOT NULL DEFAULT 'running' CHECK (status IN ('running', 'done', 'fault', 'lost', 'returned')),
    counted       boolean NOT NULL DEFAULT false,
    problem       text NOT NULL DEFAULT '',
    worker        text NOT NULL,
    started       timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended         timestamptz,
    phases        jsonb NOT NULL DEFAULT '{}',
    CHECK (NOT counted OR status = 'done'),
    CHECK ((status = 'running') = (ended IS NULL))
);
-- Whatever a worker does twice, a submission has one run that counts.
CREATE UNIQUE INDEX runs_counted ON runs (submission_id) WHERE counted;
CREATE INDEX runs_submission ON runs (submission_id, started DESC);
-- The measure of how long a run takes looks at the latest.
CREATE INDEX runs_ended ON runs (ended DESC) WHERE status = 'done';

CREATE TABLE results (
    run_id  uuid NOT NULL REFERENCES runs,
    seq     smallint NOT NULL,
    name    text NOT NULL, -- of the check
    verdict text NOT NULL CHECK (verdict IN ('pass', 'fail', 'weak', 'blocked', 'fault')),
    share   double precision NOT NULL,
    millis  double precision NOT NULL,
    PRIMARY KEY (run_id, seq)
);

-- What a run found, transcripts included: grader.Run as JSON, gzip.
CREATE TABLE reports (
    run_id uuid PRIMARY KEY REFERENCES runs,
    size   bigint NOT NULL, -- of the JSON
    data   bytea NOT NULL
);
ALTER TABLE reports ALTER COLUMN data SET STORAGE EXTERNAL;

CREATE TABLE progress (
    seq     bigint GENERATED ALWAYS AS IDENTITY,
    run_id  uuid NOT NULL REFERENCES runs,
    at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    phase   text NOT NULL,
    done    integer NOT NULL,
    total   integer NOT NULL,
    name    text NOT NULL DEFAULT '',
    verdict text NOT NULL DEFAULT '',
    PRIMARY KEY (run_id, seq)
);
CREATE INDEX progress_at ON progress (at);

-- +goose Down
DROP TABLE progress;
DROP TABLE reports;
DROP TABLE results;
DROP TABLE runs;
