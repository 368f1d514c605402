-- +goose Up
-- Contents are kept once, whoever hands them in; the key says what they are.
CREATE TABLE blobs (
    hash bytea PRIMARY KEY CHECK (length(hash) = 32), -- SHA-256 of the content
    size bigint NOT NULL,
    data bytea NOT NULL                               -- zlib
);
-- The data is compressed: PostgreSQL need not try again.
ALTER TABLE blobs ALTER COLUMN data SET STORAGE EXTERNAL;

CREATE TABLE submissions (
    id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    course_id     uuid NOT NULL,
    assignment_id uuid NOT NULL,
    person_id     uuid NOT NULL,
    source        text NOT NULL CHECK (source IN ('git', 'github', 'ci', 'upload')),
    commit        text NOT NULL DEFAULT '',
    tree          text NOT NULL,
    delivery      text NOT NULL DEFAULT '',
    received      timestamptz NOT NULL,
    late          boolean NOT NULL,
    files         integer NOT NULL,
    bytes         bigint NOT NULL,
    FOREIGN KEY (course_id, assignment_id) REFERENCES assignments (course_id, id),
    FOREIGN KEY (course_id, person_id) REFERENCES enrolments
);
-- One commit of one student is one submission, however often it is announced.
CREATE UNIQUE INDEX submissions_commit ON submissions (assignment_id, person_id, commit) WHERE commit <> '';
CREATE UNIQUE INDEX submissions_delivery ON submissions (assignment_id, person_id, source, delivery) WHERE delivery <> '';
CREATE INDEX submissions_list ON submissions (course_id, assignment_id, received DESC, id DESC);
CREATE INDEX submissions_person ON submissions (assignment_id, person_id, received DESC, id DESC);

CREATE TABLE submission_files (
    submission_id uuid NOT NULL REFERENCES submissions,
    path          text NOT NULL,
    mode          text NOT NULL CHECK (mode IN ('100644', '100755', '120000')),
    hash          bytea NOT NULL REFERENCES blobs,
    PRIMARY KEY (submission_id, path)
);
CREATE INDEX submission_files_hash ON submission_files (hash);

CREATE TABLE choices (
    assignment_id uuid NOT NULL REFERENCES assignments,
    person_id     uuid NOT NULL REFERENCES people,
    submission_id uuid NOT NULL REFERENCES submissions,
    PRIMARY KEY (assignment_id, person_id)
);

-- +goose StatementBegin
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
-- +goose StatementEnd

CREATE TRIGGER submissions_immutable BEFORE UPDATE OR DELETE ON submissions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER submission_files_immutable BEFORE UPDATE OR DELETE ON submission_files FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- +goose Down
DROP TABLE choices;
DROP TABLE submission_files;
DROP TABLE submissions;
DROP TABLE blobs;
DROP FUNCTION refuse_change;
