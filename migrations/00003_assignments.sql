-- +goose Up
CREATE TABLE assignments (
    id        uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    course_id uuid NOT NULL REFERENCES courses,
    name      text NOT NULL CHECK (name ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
    title     text NOT NULL DEFAULT '',
    suite     text NOT NULL,
    rubric    jsonb NOT NULL DEFAULT '[]',
    opens     timestamptz,
    due       timestamptz,
    late      jsonb NOT NULL DEFAULT '{}',
    bound     jsonb NOT NULL DEFAULT '{}', -- how often may be handed in
    counts    text NOT NULL DEFAULT 'last' CHECK (counts IN ('last', 'best', 'chosen')),
    visible   jsonb NOT NULL DEFAULT '{}',
    pass_at   double precision NOT NULL DEFAULT 0 CHECK (pass_at BETWEEN 0 AND 100),
    created   timestamptz NOT NULL DEFAULT now(),
    version   bigint NOT NULL DEFAULT 1,
    UNIQUE (course_id, name),
    -- What refers to an assignment names its course too, so that no row can
    -- join an assignment of one course to a person of another.
    UNIQUE (course_id, id)
);

CREATE TABLE extensions (
    course_id     uuid NOT NULL,
    assignment_id uuid NOT NULL,
    person_id     uuid NOT NULL,
    due           timestamptz NOT NULL,
    why           text NOT NULL DEFAULT '',
    PRIMARY KEY (assignment_id, person_id),
    FOREIGN KEY (course_id, assignment_id) REFERENCES assignments (course_id, id),
    FOREIGN KEY (course_id, person_id) REFERENCES enrolments
);

CREATE TABLE repositories (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    course_id     uuid NOT NULL,
    assignment_id uuid NOT NULL,
    person_id     uuid NOT NULL,
    kind          text NOT NULL CHECK (kind IN ('git', 'github')),
    remote        text NOT NULL,
    installation  bigint NOT NULL DEFAULT 0,
    branch        text NOT NULL DEFAULT '',
    UNIQUE (kind, remote),
    FOREIGN KEY (course_id, assignment_id) REFERENCES assignments (course_id, id),
    FOREIGN KEY (course_id, person_id) REFERENCES enrolments
);
CREATE INDEX repositories_course ON repositories (course_id, person_id);

-- +goose Down
DROP TABLE repositories;
DROP TABLE extensions;
DROP TABLE assignments;
