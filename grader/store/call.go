package store

import (
	"context"
	"errors"
	"time"
)

// A Call is one call of the API that is to be made once, however often it comes.
type Call struct {
	Key    []byte // 32 bytes made of the caller's key, who calls and what; the key itself is not kept
	Person ID
	Asks   []byte // 32 bytes made of what the call says: the same key with other words is another call
}

// How long a call is kept. One that was begun and not answered, since the service went away in
// the middle of it, is given up after CallBound; whoever makes it must have ended before.
const (
	CallKept  = 24 * time.Hour
	CallBound = 3 * time.Minute
)

// What stands in a call's way.
var (
	ErrUnderWay  = errors.New("the first call is still under way")
	ErrOtherCall = errors.New("the key was used for another call")
)

// Calls keeps what calls were answered.
type Calls interface {
	// BeginCall claims the call for who is to make it, or gives the answer that was kept, with the
	// claim "". ErrUnderWay while somebody has the claim, ErrOtherCall when the key was used for something else.
	BeginCall(ctx context.Context, c Call) (claim ID, answer []byte, err error)
	// KeepAnswer ends a claim with the answer; ErrLease when it was given up in the meantime.
	KeepAnswer(ctx context.Context, key []byte, claim ID, answer []byte) error
	// DropCall ends a claim without one: the call may be made again.
	DropCall(ctx context.Context, key []byte, claim ID) error
}
