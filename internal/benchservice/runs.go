package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"

	"github.com/wiregrade/wiregrade/grader/store"
)

// submit puts one more submission of the student in line, without a push.
func (b *bench) submit(ctx context.Context, student int) (store.Submission, error) {
	sub, _, err := b.queue.Submit(ctx, store.NewSubmission{
		Course: b.course.ID, Assignment: b.a.ID, Person: b.people[student].ID, Source: store.SourceUpload, Files: b.files,
	})
	return sub, err
}

// graded waits until the submission is.
func (b *bench) graded(ctx context.Context, sub store.Submission) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	sc := store.Scope{Course: b.course.ID}
	woken, err := b.store.Watch(ctx, sc, sub.ID)
	if err != nil {
		return err
	}
	for range woken {
		now, err := b.store.Submission(ctx, sc, sub.ID)
		switch {
		case err != nil:
			return err
		case now.State == store.StateGraded:
			return nil
		case now.State != store.StateWaiting && now.State != store.StateRunning:
			return fmt.Errorf("submission %s came to be %s", sub.ID, now.State)
		}
	}
	return errors.New("a submission was not graded in ten minutes")
}

// runsAMinute fills the line and has 1 and 2 workers empty it.
func (b *bench) runsAMinute(ctx context.Context) error {
	for _, n := range []int{1, 2} {
		var subs []store.Submission
		for i := range b.Runs {
			sub, err := b.submit(ctx, i)
			if err != nil {
				return err
			}
			subs = append(subs, sub)
		}
		start := time.Now()
		stop, err := b.workers(ctx, n)
		if err != nil {
			return err
		}
		for _, sub := range subs {
			if err := b.graded(ctx, sub); err != nil {
				return err
			}
		}
		took := time.Since(start)
		fmt.Printf("%d worker(s), %d runs:  %.1f runs a minute\n", n, b.Runs, float64(b.Runs)/took.Minutes())
		if err := stop(); err != nil {
			return err
		}
	}
	return nil
}

// overhead compares grader check with the same submission through the service, which adds the
// database, the queue and the result's way back. In turns, so that both meet the machine in the same mood.
func (b *bench) overhead(ctx context.Context) error {
	stop, err := b.workers(ctx, 1)
	if err != nil {
		return err
	}
	var alone, served, around times
	for i := range b.Alone + 1 {
		start := time.Now()
		cmd := exec.CommandContext(ctx, b.program, "check", "--format", "json", "-a", b.Assignment, b.Submission)
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		// Status 1 is a submission that falls short: it was graded all the same.
		if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) {
			return fmt.Errorf("grader check: %w: %s", err, bytes.TrimSpace(out))
		}
		a := time.Since(start)
		start = time.Now()
		sub, err := b.submit(ctx, 0)
		if err != nil {
			return err
		}
		if err := b.graded(ctx, sub); err != nil {
			return err
		}
		s := time.Since(start)
		runs, err := b.store.RunsOf(ctx, store.Scope{Course: b.course.ID}, sub.ID)
		if err != nil {
			return err
		}
		if i > 0 {
			alone, served = append(alone, a), append(served, s)
			around = append(around, s-runs[0].Phases.Build-runs[0].Phases.Checks)
		}
	}
	a, s := alone.at(0.5), served.at(0.5)
	fmt.Printf("grader check alone, %d times:  p50 %s\nsubmitted to graded, %d times:  p50 %s\nthe service's overhead:  %s a run, %.1f %%\n",
		len(alone), ms(a), len(served), ms(s), ms(s-a), 100*(float64(s)/float64(a)-1))
	// The difference of two noisy figures is noisier; this one is of each run by itself.
	fmt.Printf("in line, files out, result in (all but build and checks):  p50 %s, %.1f %% of grader check\n",
		ms(around.at(0.5)), 100*float64(around.at(0.5))/float64(a))
	return stop()
}
