-- +goose Up
CREATE TABLE audit (
    seq       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    by        uuid REFERENCES people, -- null for the service itself
    course_id uuid REFERENCES courses,
    action    text NOT NULL,
    subject   text NOT NULL,
    why       text NOT NULL DEFAULT '',
    old       jsonb,
    new       jsonb
);
CREATE INDEX audit_course ON audit (course_id, seq DESC);
CREATE TRIGGER audit_immutable BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_kept BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- +goose Down
DROP TABLE audit;
