-- +goose Up
CREATE TABLE courses (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name       text NOT NULL UNIQUE CHECK (name ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
    title      text NOT NULL DEFAULT '',
    pass       jsonb NOT NULL DEFAULT '{}',
    grace_days integer NOT NULL DEFAULT 0 CHECK (grace_days >= 0),
    created    timestamptz NOT NULL DEFAULT now(),
    version    bigint NOT NULL DEFAULT 1
);

CREATE TABLE enrolments (
    course_id uuid NOT NULL REFERENCES courses,
    person_id uuid NOT NULL REFERENCES people,
    role      text NOT NULL CHECK (role IN ('student', 'ta', 'instructor')),
    -- Who leaves a course keeps what they handed in, so the row stays.
    gone      boolean NOT NULL DEFAULT false,
    created   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (course_id, person_id)
);
CREATE INDEX enrolments_person ON enrolments (person_id);

-- +goose Down
DROP TABLE enrolments;
DROP TABLE courses;
