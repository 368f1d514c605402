-- +goose Up
-- Who waits to be graded, and who is being graded: a row leaves when its run
-- counts or is given up. River's jobs are tickets that say "somebody waits";
-- who is next is decided here, when a worker is free.
CREATE TABLE line (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    submission_id uuid NOT NULL REFERENCES submissions,
    course_id     uuid NOT NULL,
    assignment_id uuid NOT NULL,
    person_id     uuid NOT NULL,
    class         smallint NOT NULL CHECK (class BETWEEN 1 AND 3), -- interactive, after due, regrade
    entered       timestamptz NOT NULL DEFAULT clock_timestamp(),
    faults        smallint NOT NULL DEFAULT 0, -- runs of it that ended in a fault of ours
    losses        smallint NOT NULL DEFAULT 0, -- runs of it whose worker went away
    lease         uuid,                        -- set while a worker has it
    renewed       timestamptz,
    CHECK ((lease IS NULL) = (renewed IS NULL))
);
-- A newer push takes the place of the one that waits. An early one is not
-- replaced by one after the due date, since the class differs.
CREATE UNIQUE INDEX line_push ON line (person_id, assignment_id, class) WHERE lease IS NULL AND class < 3;
CREATE UNIQUE INDEX line_regrade ON line (submission_id) WHERE lease IS NULL;
-- A student has one run at a time.
CREATE UNIQUE INDEX line_running ON line (person_id) WHERE lease IS NOT NULL;
CREATE INDEX line_class ON line (class) WHERE lease IS NULL;
CREATE INDEX line_submission ON line (submission_id);

-- When somebody was last served. A person's row is also the lock under which
-- their places in line change.
CREATE TABLE line_people (
    person_id uuid PRIMARY KEY REFERENCES people,
    served    timestamptz NOT NULL DEFAULT '-infinity'
);
CREATE TABLE line_courses (
    course_id uuid PRIMARY KEY REFERENCES courses,
    served    timestamptz NOT NULL DEFAULT '-infinity'
);

-- The order in which those who wait are served: urgent classes first, then
-- courses in turn, in a course students in turn. It is what claiming does, step by step.
-- A place counts within its class; asked for one class, only that is sorted.
CREATE VIEW line_order AS
WITH turns AS (
    SELECT l.*, c.served AS course_served, p.served AS person_served,
           row_number() OVER (PARTITION BY l.class, l.person_id ORDER BY l.id) AS turn
    FROM line l JOIN line_people p USING (person_id) JOIN line_courses c USING (course_id)
    WHERE l.lease IS NULL
), rounds AS (
    SELECT *, row_number() OVER (PARTITION BY class, course_id ORDER BY turn, person_served, id) AS round FROM turns
)
SELECT id, submission_id, class, row_number() OVER (PARTITION BY class ORDER BY round, course_served, course_id, id) AS place FROM rounds;

CREATE TABLE workers (
    name      text PRIMARY KEY,
    slots     integer NOT NULL,
    version   text NOT NULL,
    isolation text NOT NULL,
    seen      timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- +goose Down
DROP TABLE workers;
DROP VIEW line_order;
DROP TABLE line_courses;
DROP TABLE line_people;
DROP TABLE line;
