package store

import (
	"context"
	"time"
)

// A Source says how a submission came.
type Source string

// The sources.
const (
	SourceGit    Source = "git"    // pushed to this service
	SourceGitHub Source = "github" // announced by GitHub
	SourceCI     Source = "ci"     // announced by another CI
	SourceUpload Source = "upload" // an archive, through the API or grader submit
)

// A Submission is an immutable tree of files, and when it was received.
type Submission struct {
	ID         ID
	Course     ID
	Assignment ID
	Person     ID
	Source     Source
	Commit     string // "" where there is none
	Tree       string // TreeHash of the files
	Delivery   string // the id under which it was delivered, "" where there is none
	Received   time.Time
	Late       bool // received after this student's due date
	Files      int
	Bytes      int64
	Chosen     bool // the student marked it as the one that counts
	State      State
}

// A State is how far the grading of a submission is. It is worked out from
// the line and the runs, and not stored.
type State string

// The states.
const (
	StateWaiting  State = "waiting"
	StateRunning  State = "running"
	StateGraded   State = "graded"
	StateFault    State = "fault"    // ours: no run of it came to a result that counts
	StateReplaced State = "replaced" // a newer push took its place before it was graded
)

// A Repository is where a student's work comes from. A repository belongs to one student and one assignment.
type Repository struct {
	ID           ID
	Course       ID
	Assignment   ID
	Person       ID
	Kind         Source // SourceGit or SourceGitHub
	Remote       string // "owner/name"; unique for its kind
	Installation int64  // of the GitHub App; 0 where there is none
	Branch       string // the branch that is graded; "" for every one
}

// A TreeEntry is a file of a submission without its contents.
type TreeEntry struct {
	Path string
	Mode Mode
	Size int64
	Hash string // SHA-256 of the contents, in hexadecimal
}

// Submissions reads submissions. They enter through a Queue.
type Submissions interface {
	Submission(ctx context.Context, s Scope, id ID) (Submission, error)
	// SubmissionsOf lists the submissions to an assignment within the scope, the latest first.
	SubmissionsOf(ctx context.Context, s Scope, assignment ID, p Page) (all []Submission, next string, err error)
	// SubmissionFiles gives the tree, by path.
	SubmissionFiles(ctx context.Context, s Scope, id ID) ([]File, error)
	// SubmissionTree lists the tree, by path.
	SubmissionTree(ctx context.Context, s Scope, id ID) ([]TreeEntry, error)
	// SubmissionFile gives one file of the tree.
	SubmissionFile(ctx context.Context, s Scope, id ID, path string) (File, error)
	// Choose marks the submission as the one that counts, in place of an earlier choice; ErrInvalid where
	// the assignment has another policy.
	Choose(ctx context.Context, s Scope, id ID, by Change) error
}

// Repositories keeps which repository belongs to whom.
type Repositories interface {
	AddRepository(ctx context.Context, r Repository, by Change) (Repository, error)
	// RepositoryByRemote finds who a repository belongs to. GitHub's names are one whatever their case.
	RepositoryByRemote(ctx context.Context, kind Source, remote string) (Repository, error)
	// Repositories lists those within the scope.
	Repositories(ctx context.Context, s Scope, p Page) (all []Repository, next string, err error)
	// RemoveRepository unbinds a repository within the scope. What came from it stays.
	RemoveRepository(ctx context.Context, s Scope, id ID, by Change) error
}
