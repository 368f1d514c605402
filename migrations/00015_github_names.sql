-- +goose Up
-- GitHub takes Ann/Net and ann/net for one repository, so it belongs to one student.
CREATE UNIQUE INDEX repositories_github ON repositories (lower(remote)) WHERE kind = 'github';

-- +goose Down
DROP INDEX repositories_github;
