package store

import (
	"context"
	"time"
)

// A Delivery is a webhook call that came in.
type Delivery struct {
	Source     Source
	Delivery   string // the sender's id; unique for its source
	Event      string
	Received   time.Time
	Outcome    string // what was made of it; "" until it is known
	Submission ID     // that it became, if it did
	// Digest is the SHA-256 of the body where the signature does not cover the
	// id: the same body under another id is a replay. Where it does, it is that of the
	// id with the body: the same id with another body is another call. Empty where nothing is compared.
	Digest []byte

	// What a push announces; empty for other events.
	Repository   ID
	Installation int64     // of the GitHub App that it came by
	Commit       string    // that the branch points to now
	Before       string    // that it pointed to
	Pushed       time.Time // by the sender's clock, in whole seconds
}

// The outcomes that are looked at again.
const (
	OutcomeFetching  = "fetching"  // its commit is on the way
	OutcomeSubmitted = "submitted" // it became a submission
)

// Deliveries keeps webhook calls, so that each is heard once.
type Deliveries interface {
	// Hear records the delivery. One that was heard before is returned as it is
	// kept; first is true for it, too, until it is settled: whoever heard it may
	// have gone away before anything came of it.
	Hear(ctx context.Context, d Delivery) (kept Delivery, first bool, err error)
	// Settle records what was made of it.
	Settle(ctx context.Context, source Source, delivery, outcome string) error
	// DeliveriesOf lists what came for a course's repositories or became its submissions, the latest first.
	DeliveriesOf(ctx context.Context, course ID, p Page) (all []Delivery, next string, err error)
	// Heard finds a delivery.
	Heard(ctx context.Context, source Source, delivery string) (Delivery, error)
}

// A Fetcher has announced commits fetched.
type Fetcher interface {
	// Announce records a push and has its commit fetched, both or neither. It
	// sets Pushed so that pushes of one second are in the order of their commits. One
	// that was heard before is returned as it is kept, with first false.
	Announce(ctx context.Context, d Delivery) (kept Delivery, first bool, err error)
	// GiveUp settles a push that becomes no submission; where it came from is told why.
	GiveUp(ctx context.Context, d Delivery, outcome string) error
	// Replaced says whether a newer push of the same repository takes the place
	// of this one, which is not fetched any more: one who pushes all the time holds nobody
	// up. One that was in time gives way only to another that is.
	Replaced(ctx context.Context, d Delivery) (bool, error)
	// Pushed gives a push that waits for its files, with its repository; ErrNotFound once it is settled.
	Pushed(ctx context.Context, source Source, delivery string) (Delivery, Repository, error)
}

// A Showing is what is told about one commit where it came from, and what is
// to be: the Queue's jobs bring the one in line with the other.
type Showing struct {
	Repository Repository
	Assignment Assignment
	Login      string // whose it is
	Commit     string
	Install    int64 // the installation to speak through
	Outcome    string
	// Submission is empty when there is none: Outcome tells why.
	Submission Submission
	Phase      Phase
	Run        Run  // the last that ended; empty when none did
	Asked      bool // for another run, after one that ended

	Told Told
}

// A Phase is how far the grading of a commit is, as those see it who look on from outside.
type Phase string

// The phases.
const (
	PhaseQueued    Phase = "queued"
	PhaseRunning   Phase = "in_progress"
	PhaseCompleted Phase = "completed"
)

// Told is what was told last about a commit.
type Told struct {
	Check int64 // the check run's id; 0 before the first
	Phase Phase
	Run   ID   // that a completed one tells of
	Tried bool // one was about to be made, and it is not known whether it was
}

// Shows keeps what is told about commits.
type Shows interface {
	// Show takes the commit for one teller, for a minute; ok is false while another has it.
	Show(ctx context.Context, repository ID, commit string) (s Showing, ok bool, err error)
	// Trying notes that something new is about to be told.
	Trying(ctx context.Context, repository ID, commit string) error
	// Tell keeps what was told and lets go of the commit.
	Tell(ctx context.Context, repository ID, commit string, t Told) error
	// PushOf finds the push that announced a commit.
	PushOf(ctx context.Context, repository ID, commit string) (Delivery, error)
	// RunsSince counts the runs of a submission that started since.
	RunsSince(ctx context.Context, submission ID, since time.Time) (int, error)
}

// A HookKey lets a CI hand in by webhook, for one student's work for one
// assignment or, without them, for all of a course.
type HookKey struct {
	ID         ID
	Course     ID
	Assignment ID // "" for every one
	Person     ID // "" for everybody
	Name       string
	Created    time.Time
}

// HookKeys keeps the keys of webhooks that come in. A signature can only be
// checked with the secret itself, so it is stored and not hashed.
type HookKeys interface {
	// AddHookKey makes a key and gives its secret, this once.
	AddHookKey(ctx context.Context, k HookKey, by Change) (HookKey, string, error)
	// HookKey finds a key with its secret, to check a signature.
	HookKey(ctx context.Context, id ID) (HookKey, string, error)
	HookKeysOf(ctx context.Context, course ID) ([]HookKey, error)
	RevokeHookKey(ctx context.Context, course, id ID, by Change) error
}

// An Event is what an endpoint can ask to be told of.
type Event string

// The events.
const (
	RunFinished      Event = "run.finished"
	ScoreChanged     Event = "score.changed"
	AssignmentClosed Event = "assignment.closed"
)

// An Endpoint is an address that is told of a course's events.
type Endpoint struct {
	ID       ID
	Course   ID
	URL      string
	Events   []Event
	Disabled bool
	Created  time.Time
}

// A Message is one event on its way to one endpoint.
type Message struct {
	ID       ID
	Course   ID
	Endpoint ID
	Event    Event
	Payload  []byte // JSON, exactly as it is signed
	Status   MessageStatus
	Attempts int
	Created  time.Time
	Tried    time.Time // zero before the first attempt
	Code     int       // of the last response; 0 when there was none
	Response string    // its first bytes
	Problem  string    // why the last attempt failed
}

// A MessageStatus says how far a message is.
type MessageStatus string

// The statuses.
const (
	MessagePending   MessageStatus = "pending"
	MessageDelivered MessageStatus = "delivered"
	MessageFailed    MessageStatus = "failed" // every attempt did
)

// An Attempt is what came of sending a message once.
type Attempt struct {
	Status   MessageStatus
	Code     int
	Response string
	Problem  string
	Disable  bool // the endpoint said that it is gone for good
}

// Endpoints keeps who is told of events, and what they were told.
type Endpoints interface {
	// AddEndpoint makes an endpoint and gives its secret, this once.
	AddEndpoint(ctx context.Context, e Endpoint, by Change) (Endpoint, string, error)
	EndpointsOf(ctx context.Context, course ID) ([]Endpoint, error)
	// SetEndpoint disables an endpoint, or enables it again.
	SetEndpoint(ctx context.Context, course, id ID, disabled bool, by Change) (Endpoint, error)
	// RotateEndpoint makes a new secret; for a day messages are signed by the old one, too.
	RotateEndpoint(ctx context.Context, course, id ID, by Change) (string, error)
	// DeleteEndpoint deletes the endpoint with its messages.
	DeleteEndpoint(ctx context.Context, course, id ID, by Change) error
	// Messages lists what an endpoint was told, the latest first.
	Messages(ctx context.Context, course, endpoint ID, p Page) (all []Message, next string, err error)
	// Redeliver sends a message again; ErrInvalid while it is still on its way.
	Redeliver(ctx context.Context, course, endpoint, message ID, by Change) (Message, error)
}

// An Outbox sends messages.
type Outbox interface {
	// ToSend gives a pending message with its endpoint and the secrets to sign with; ErrNotFound when it is not to be sent any more.
	ToSend(ctx context.Context, message ID) (Message, Endpoint, []string, error)
	// Sent records an attempt.
	Sent(ctx context.Context, message ID, a Attempt) error
}
