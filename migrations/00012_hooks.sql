-- +goose Up
-- A signature can only be checked, or made, with the secret itself.
CREATE TABLE hook_keys (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    course_id     uuid NOT NULL REFERENCES courses,
    assignment_id uuid,
    person_id     uuid,
    name          text NOT NULL DEFAULT '',
    secret        text NOT NULL,
    created       timestamptz NOT NULL DEFAULT now(),
    CHECK ((assignment_id IS NULL) = (person_id IS NULL)),
    FOREIGN KEY (course_id, assignment_id) REFERENCES assignments (course_id, id),
    FOREIGN KEY (course_id, person_id) REFERENCES enrolments
);
CREATE INDEX hook_keys_course ON hook_keys (course_id);

CREATE TABLE endpoints (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    course_id  uuid NOT NULL REFERENCES courses,
    url        text NOT NULL,
    events     text[] NOT NULL CHECK (cardinality(events) > 0 AND events <@ ARRAY['run.finished', 'score.changed', 'assignment.closed']),
    secret     text NOT NULL,
    old_secret text NOT NULL DEFAULT '', -- messages are signed by it, too, until old_until
    old_until  timestamptz,
    disabled   boolean NOT NULL DEFAULT false,
    created    timestamptz NOT NULL DEFAULT now(),
    UNIQUE (course_id, id)
);

CREATE TABLE messages (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    course_id   uuid NOT NULL,
    endpoint_id uuid NOT NULL,
    event       text NOT NULL,
    payload     bytea NOT NULL, -- exactly as it is signed
    status      text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'delivered', 'failed')),
    attempts    integer NOT NULL DEFAULT 0,
    created     timestamptz NOT NULL DEFAULT clock_timestamp(),
    tried       timestamptz,
    code        integer NOT NULL DEFAULT 0,
    response    text NOT NULL DEFAULT '',
    problem     text NOT NULL DEFAULT '',
    FOREIGN KEY (course_id, endpoint_id) REFERENCES endpoints (course_id, id) ON DELETE CASCADE
);
CREATE INDEX messages_list ON messages (endpoint_id, created DESC, id DESC);

-- The closing time of which the endpoints were told; it may be moved, and come again.
ALTER TABLE assignments ADD COLUMN closed_told timestamptz;

-- +goose Down
ALTER TABLE assignments DROP COLUMN closed_told;
DROP TABLE messages;
DROP TABLE endpoints;
DROP TABLE hook_keys;
