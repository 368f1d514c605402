-- +goose Up
-- What was told about a commit where it came from: GitHub's check run or status.
CREATE TABLE shows (
    repository_id uuid NOT NULL REFERENCES repositories ON DELETE CASCADE,
    commit        text NOT NULL,
    check_id      bigint NOT NULL DEFAULT 0,
    phase         text NOT NULL DEFAULT '',
    run           text NOT NULL DEFAULT '',
    tried         boolean NOT NULL DEFAULT false,
    busy          timestamptz, -- until then one job tells
    PRIMARY KEY (repository_id, commit)
);
CREATE INDEX shows_check ON shows (repository_id, check_id) WHERE check_id <> 0;
-- A check run that was completed is followed by a new one; the button of the old may still be pressed.
CREATE TABLE shows_before (
    repository_id uuid NOT NULL REFERENCES repositories ON DELETE CASCADE,
    check_id      bigint NOT NULL,
    commit        text NOT NULL,
    PRIMARY KEY (repository_id, check_id)
);

-- +goose Down
DROP TABLE shows_before;
DROP TABLE shows;
