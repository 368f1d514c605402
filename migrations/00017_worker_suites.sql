-- +goose Up
-- What a worker can grade; null for everything. A turn is not given to a worker
-- that lacks its suite: one of another version, during an upgrade.
ALTER TABLE workers ADD suites text[];

-- How many runs ended, and how: counted in the transaction that ends a run, so
-- that the figures need no look at the runs themselves. bound is the upper end, in seconds, of the
-- bucket that the run's time falls into.
CREATE TABLE tallies (
    suite   text NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('graded', 'fault', 'lost', 'replaced')),
    bound   double precision NOT NULL,
    runs    bigint NOT NULL,
    seconds double precision NOT NULL,
    PRIMARY KEY (suite, outcome, bound)
);

-- +goose Down
DROP TABLE tallies;
ALTER TABLE workers DROP suites;
