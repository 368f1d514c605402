-- +goose Up
CREATE TABLE overrides (
    course_id     uuid NOT NULL,
    assignment_id uuid NOT NULL,
    person_id     uuid NOT NULL,
    part          text NOT NULL DEFAULT '', -- a group of checks; '' is all of it
    points        double precision NOT NULL,
    why           text NOT NULL,
    by            uuid NOT NULL REFERENCES people,
    at            timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (assignment_id, person_id, part),
    FOREIGN KEY (course_id, assignment_id) REFERENCES assignments (course_id, id),
    FOREIGN KEY (course_id, person_id) REFERENCES enrolments
);

-- +goose Down
DROP TABLE overrides;
