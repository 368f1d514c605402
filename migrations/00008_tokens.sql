-- +goose Up
CREATE TABLE tokens (
    id        uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    person_id uuid NOT NULL REFERENCES people,
    name      text NOT NULL DEFAULT '',
    rights    text NOT NULL DEFAULT 'all',
    -- SHA-256 is enough for a secret of 256 random bits: there is nothing to guess.
    hash      bytea NOT NULL UNIQUE CHECK (length(hash) = 32),
    created   timestamptz NOT NULL DEFAULT now(),
    expires   timestamptz,
    used      timestamptz
);
CREATE INDEX tokens_person ON tokens (person_id);

CREATE TABLE deliveries (
    source   text NOT NULL,
    delivery text NOT NULL,
    event    text NOT NULL DEFAULT '',
    received timestamptz NOT NULL DEFAULT now(),
    outcome  text NOT NULL DEFAULT '',
    PRIMARY KEY (source, delivery)
);

-- +goose Down
DROP TABLE deliveries;
DROP TABLE tokens;
