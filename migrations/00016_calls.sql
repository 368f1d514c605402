-- +goose Up
-- Calls of the API that were made under an Idempotency-Key, and what they were answered, for a day.
-- The key itself is nowhere: what is here was made of it and opens nothing without it.
CREATE TABLE calls (
    key       bytea PRIMARY KEY CHECK (length(key) = 32),
    person_id uuid NOT NULL REFERENCES people,
    asks      bytea NOT NULL CHECK (length(asks) = 32),
    claim     uuid NOT NULL DEFAULT gen_random_uuid(),
    claimed   timestamptz NOT NULL DEFAULT clock_timestamp(),
    answer    bytea -- sealed; null while the call is under way
);
CREATE INDEX calls_claimed ON calls (claimed);

-- +goose Down
DROP TABLE calls;
