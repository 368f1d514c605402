package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// A kind is one of the things that are done to the service.
type kind string

// The kinds.
const (
	killWorker   kind = "a worker killed"
	freezeWorker kind = "a worker frozen"
	killCluster  kind = "PostgreSQL killed"
)

var kinds = []kind{killWorker, freezeWorker, killCluster}

// fewest submissions are needed for the blows to fall while there is work.
const fewest = 12

// A blow falls once so many submissions are graded: after work and not after time, so
// that a fast machine gets as many as a slow one.
type blow struct {
	after int
	kind  kind
}

// plan says which blows fall when. The first three are one of each kind, in the first half.
func plan(rng *rand.Rand, n int) []blow {
	count := max(6, n/8)
	all := make([]blow, count)
	order := rng.Perm(len(kinds))
	each := float64(n) * 0.9 / float64(count)
	for i := range all {
		all[i].after = int((float64(i) + rng.Float64()) * each)
		switch {
		case i < len(kinds):
			all[i].kind = kinds[order[i]]
		case rng.IntN(3) > 0:
			all[i].kind = killWorker
		default:
			all[i].kind = kinds[1+rng.IntN(2)]
		}
	}
	return all
}

// rage has the blows fall.
func (s *storm) rage(ctx context.Context) error {
	for i, b := range plan(s.rng, s.o.N) {
		if i == len(kinds) {
			close(s.fallen)
		}
		if err := s.until(ctx, b.after); err != nil {
			return err
		}
		for fell := false; !fell; {
			// A worker that is frozen, or on its way up, is not hit: another is, or this one later.
			select {
			case <-ctx.Done():
				return fmt.Errorf("%s: %w", b.kind, ctx.Err())
			case <-time.After(time.Duration(20+s.rng.IntN(100)) * time.Millisecond):
			}
			var err error
			if fell, err = s.strike(ctx, b.kind); err != nil {
				return err
			}
		}
	}
	return nil
}

// strike does it, and says whether it fell.
func (s *storm) strike(ctx context.Context, k kind) (bool, error) {
	worker := s.rng.IntN(s.o.Workers)
	switch k {
	case killCluster:
		s.cluster.Kill()
		s.f.ClusterKills++
		// Down for a while: the workers find nobody there.
		time.Sleep(time.Duration(s.rng.IntN(700)) * time.Millisecond)
		return true, s.cluster.Restart(ctx)
	case freezeWorker:
		// It comes back with results that nobody wants any more.
		if !s.fleet.freeze(worker) {
			return false, nil
		}
		s.f.Freezes++
	default:
		if !s.fleet.kill(worker) {
			return false, nil
		}
		s.f.WorkerKills++
	}
	return true, nil
}

// blows is an error when one kind of them never fell: what was not tried is not shown.
func (f figures) blows() error {
	for i, n := range []int{f.WorkerKills, f.Freezes, f.ClusterKills} {
		if n == 0 {
			return errors.New("never happened: " + string(kinds[i]))
		}
	}
	return nil
}
