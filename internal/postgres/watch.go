package postgres

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wiregrade/wiregrade/grader/store"
)

// channel is where changes of submissions are announced, by id.
const channel = "wiregrade_submission"

// announce tells the watchers of a submission, once the transaction commits.
func announce(ctx context.Context, q querier, submission store.ID) error {
	_, err := q.Exec(ctx, `SELECT pg_notify($1, $2)`, channel, string(submission))
	return err
}

// Watch sends whenever something about the submission may have changed.
func (s *Store) Watch(ctx context.Context, sc store.Scope, submission store.ID) (<-chan struct{}, error) {
	if _, err := s.Submission(ctx, sc, submission); err != nil {
		return nil, err
	}
	return s.hear.watch(ctx, submission)
}

// A listener hears announcements on a connection of its own, which it never
// gives to a pool: a pooled one would go on listening for somebody else.
type listener struct {
	cfg  *pgx.ConnConfig
	ctx  context.Context
	stop context.CancelFunc

	mu       sync.Mutex
	started  bool
	closed   bool
	watchers map[store.ID]map[*watcher]bool
	done     chan struct{}
}

type watcher struct{ wake chan struct{} }

var errClosed = errors.New("the store is closed")

func newListener(cfg *pgx.ConnConfig) *listener {
	ctx, stop := context.WithCancel(context.Background())
	return &listener{cfg: cfg.Copy(), ctx: ctx, stop: stop, watchers: map[store.ID]map[*watcher]bool{}, done: make(chan struct{})}
}

func (l *listener) watch(ctx context.Context, id store.ID) (<-chan struct{}, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, errClosed
	}
	if !l.started {
		l.started = true
		go l.run()
	}
	w := &watcher{wake: make(chan struct{}, 1)}
	w.wake <- struct{}{}
	if l.watchers[id] == nil {
		l.watchers[id] = map[*watcher]bool{}
	}
	l.watchers[id][w] = true
	context.AfterFunc(ctx, func() { l.forget(id, w) })
	return w.wake, nil
}

func (l *listener) forget(id store.ID, w *watcher) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.watchers[id][w] {
		return
	}
	delete(l.watchers[id], w)
	if len(l.watchers[id]) == 0 {
		delete(l.watchers, id)
	}
	close(w.wake)
}

// wake tells the watchers of one submission, or of all when id is "".
func (l *listener) wake(id store.ID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if id != "" {
		tell(l.watchers[id])
		return
	}
	for _, ws := range l.watchers {
		tell(ws)
	}
}

func tell(ws map[*watcher]bool) {
	for w := range ws {
		select {
		case w.wake <- struct{}{}:
		default: // it has not looked since the last time
		}
	}
}

// run listens until close, and connects again when the connection is lost.
func (l *listener) run() {
	defer close(l.done)
	for l.ctx.Err() == nil {
		l.listen()
		select {
		case <-l.ctx.Done():
		case <-time.After(200 * time.Millisecond): // before the next attempt to connect
		}
	}
}

func (l *listener) listen() {
	conn, err := pgx.ConnectConfig(l.ctx, l.cfg)
	if err != nil {
		return
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(l.ctx, `LISTEN `+channel); err != nil {
		return
	}
	// What was announced before this moment was not heard.
	l.wake("")
	for {
		n, err := conn.WaitForNotification(l.ctx)
		if err != nil {
			return
		}
		l.wake(store.ID(n.Payload))
	}
}

func (l *listener) close() {
	l.stop()
	l.mu.Lock()
	l.closed = true
	started := l.started
	for id, ws := range l.watchers {
		for w := range ws {
			close(w.wake)
		}
		delete(l.watchers, id)
	}
	l.mu.Unlock()
	if started {
		<-l.done
	}
}
