-- +goose Up
CREATE TABLE people (
    id       uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    login    text NOT NULL UNIQUE CHECK (login ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
    name     text NOT NULL DEFAULT '',
    email    text NOT NULL DEFAULT '',
    admin    boolean NOT NULL DEFAULT false,
    disabled boolean NOT NULL DEFAULT false,
    created  timestamptz NOT NULL DEFAULT now(),
    version  bigint NOT NULL DEFAULT 1
);

-- +goose Down
DROP TABLE people;
