package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/wiregrade/wiregrade/grader/store"
	"github.com/wiregrade/wiregrade/internal/postgres"
)

// ErrStopping is the cause of a cancelled turn whose worker is to stop: it is handed back.
var ErrStopping = errors.New("the worker is stopping")

// A Handler grades the submission of one turn and ends the turn by Finish,
// Fault or Return. Its context is cancelled with store.ErrLease when the turn
// is not this worker's any more, with ErrStopping when it is to hand it back.
type Handler func(ctx context.Context, t postgres.Turn)

// Options say how a worker works.
type Options struct {
	Worker postgres.Worker
	// Lease is how long this worker holds up its submissions once it went away; 0 means 30 s.
	// It goes into Worker.Lease; other workers may have another.
	Lease time.Duration
	// Grace is how long runs may go on once the worker is to stop; 0 means a minute.
	Grace time.Duration
	Log   *slog.Logger // nil means slog.Default()
	// Ready is called when the worker takes turns; may be nil.
	Ready func()
}

// A crew is one worker at work.
type crew struct {
	q       *Queue
	o       Options
	handler Handler

	stopping <-chan struct{} // closed when nothing new is taken

	mu       sync.Mutex
	held     map[store.ID]context.CancelCauseFunc // by lease
	stranded map[string]int                       // as last said
}

// Work takes turns until ctx ends; then it lets running ones finish for
// o.Grace, hands the rest back and returns.
func (q *Queue) Work(ctx context.Context, o Options, h Handler) error {
	if o.Lease == 0 {
		o.Lease = 30 * time.Second
	}
	if o.Grace == 0 {
		o.Grace = time.Minute
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	o.Worker.Lease = o.Lease
	c := &crew{q: q, o: o, handler: h, stopping: ctx.Done(), held: map[store.ID]context.CancelCauseFunc{}}
	workers := river.NewWorkers()
	// The errands are known here for the leader's sake; their queues are not worked here.
	if err := errors.Join(river.AddWorkerSafely(workers, &taker{crew: c}), kinds(workers, Errands{})); err != nil {
		return fmt.Errorf("work: %w", err)
	}
	client, err := river.NewClient(riverpgxv5.New(q.store.Pool()), &river.Config{
		Queues:  map[string]river.QueueConfig{queueName: {MaxWorkers: o.Worker.Slots}},
		Workers: workers,
		Logger:  quiet(o.Log),
		// The default of 100 ms caps a queue at some 10 jobs a second for each slot.
		FetchCooldown:     5 * time.Millisecond,
		FetchPollInterval: 500 * time.Millisecond, // for a notification that was left out or lost
		JobTimeout:        -1,
		// Tickets have no time out and are never stuck by this: leases see to them.
		RescueStuckJobsAfter: stuckAfter,
		RetryPolicy:          soon{},
		// Tickets say nothing once they are used.
		CompletedJobRetentionPeriod: time.Hour,
		SoftStopTimeout:             o.Grace,
	})
	if err != nil {
		return fmt.Errorf("work: %w", err)
	}
	// Who takes turns is on the list first: the estimate of the wait counts slots.
	if _, err := q.Renew(ctx, o.Worker, nil); err != nil {
		return fmt.Errorf("work: %w", err)
	}
	if err := client.Start(ctx); err != nil {
		return fmt.Errorf("work: %w", err)
	}
	beat := make(chan struct{})
	var beating sync.WaitGroup
	beating.Go(func() { c.beat(beat) })
	if o.Ready != nil {
		o.Ready()
	}
	<-client.Stopped()
	close(beat)
	beating.Wait()
	leave, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := q.Leave(leave, o.Worker); err != nil {
		o.Log.Warn("could not sign off", "worker", o.Worker.Name, "error", err)
	}
	return nil
}

// A taker takes one turn for each ticket.
type taker struct {
	river.WorkerDefaults[ticket]
	crew *crew
}

// pass is how long a ticket rests that another worker should have had: either may take it then.
const pass = 300 * time.Millisecond

// Work takes who is next and has them graded, until nobody waits: a ticket may have been
// spent on a worker that could not grade whom it was issued for. River cancels ctx when the grace is over.
func (t *taker) Work(ctx context.Context, _ *river.Job[ticket]) error {
	c := t.crew
	for {
		turn, ok, err := c.q.Claim(ctx, c.o.Worker, rand.Uint64()%1_000_000+1) // a seed that is short to type
		if err != nil {
			return err
		}
		if !ok {
			return c.pass(ctx)
		}
		c.take(ctx, turn)
		select {
		case <-c.stopping:
			return nil
		default:
		}
	}
}

// pass gives the ticket on where another worker, which has nothing to do, can grade who waits.
func (c *crew) pass(ctx context.Context) error {
	yes, err := c.q.Elsewhere(ctx, c.o.Worker)
	if err != nil || !yes {
		return err
	}
	return river.JobSnooze(pass)
}

// take has one turn graded.
func (c *crew) take(ctx context.Context, turn postgres.Turn) {
	run, lose := context.WithCancelCause(context.WithoutCancel(ctx))
	defer lose(nil)
	stop := context.AfterFunc(ctx, func() { lose(ErrStopping) })
	defer stop()
	c.mu.Lock()
	c.held[turn.Lease] = lose
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.held, turn.Lease)
		c.mu.Unlock()
	}()
	c.handler(run, turn)
}

// beat renews the leases and sweeps those of others, until stop is closed.
func (c *crew) beat(stop <-chan struct{}) {
	every := time.NewTicker(min(c.o.Lease/3, postgres.Beat))
	defer every.Stop()
	for {
		c.renew()
		if _, err := c.sweep(); err != nil {
			c.o.Log.Warn("could not sweep the line", "error", err)
		}
		c.tell()
		select {
		case <-stop:
			return
		case <-every.C:
		}
	}
}

// tell says whom no worker can grade, when that changes.
func (c *crew) tell() {
	ctx, cancel := context.WithTimeout(context.Background(), c.o.Lease/3)
	defer cancel()
	now, err := c.q.Stranded(ctx)
	if err != nil {
		c.o.Log.Warn("could not look who is stranded", "error", err)
		return
	}
	for suite, n := range now {
		if c.stranded[suite] != n {
			c.o.Log.Warn("no worker that is alive can grade them: start one that has the suite", "suite", suite, "waiting", n)
		}
	}
	c.stranded = now
}

func (c *crew) sweep() (postgres.Swept, error) {
	ctx, cancel := context.WithTimeout(context.Background(), c.o.Lease)
	defer cancel()
	s, err := c.q.Sweep(ctx, c.o.Lease)
	if s != (postgres.Swept{}) {
		c.o.Log.Warn("swept the line", "lost", s.Lost, "given_up", s.Given, "tickets", s.Tickets)
	}
	return s, err
}

func (c *crew) renew() {
	c.mu.Lock()
	leases := make([]store.ID, 0, len(c.held))
	for id := range c.held {
		leases = append(leases, id)
	}
	c.mu.Unlock()
	// Each attempt is short, so that the next comes before the lease is over.
	ctx, cancel := context.WithTimeout(context.Background(), c.o.Lease/3)
	defer cancel()
	kept, err := c.q.Renew(ctx, c.o.Worker, leases)
	if err != nil {
		c.o.Log.Warn("could not renew the leases", "error", err)
		return
	}
	still := map[store.ID]bool{}
	for _, id := range kept {
		still[id] = true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range leases {
		// One that is missing was swept, or its run has just ended.
		if lose := c.held[id]; lose != nil && !still[id] {
			lose(store.ErrLease)
		}
	}
}
