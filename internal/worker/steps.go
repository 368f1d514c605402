package worker

import (
	"context"
	"time"

	"github.com/wiregrade/wiregrade/grader/store"
	"github.com/wiregrade/wiregrade/internal/postgres"
)

// steps stores a run's progress beside the run, so that grading never waits
// for the database: what comes while one write is under way goes with the next.
type steps struct {
	in   chan store.Progress
	done chan struct{}
}

// pending bounds how many steps wait; a suite has some hundred checks.
const pending = 1000

func (w *Worker) follow(t postgres.Turn) *steps {
	s := &steps{in: make(chan store.Progress, pending), done: make(chan struct{})}
	go func() {
		defer close(s.done)
		for p := range s.in {
			batch := []store.Progress{p}
			for len(s.in) > 0 {
				batch = append(batch, <-s.in)
			}
			// Progress is a courtesy: while the database is away it is left out.
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
			w.q.Report(ctx, t, batch)
			cancel()
		}
	}()
	return s
}

func (s *steps) add(p store.Progress) {
	select {
	case s.in <- p:
	default:
	}
}

// close waits until the last step is stored: the run's end comes after it.
func (s *steps) close() {
	close(s.in)
	<-s.done
}
