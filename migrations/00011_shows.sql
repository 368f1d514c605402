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

-- +goose Down
DROP TABLE shows;
