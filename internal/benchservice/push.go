package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/wiregrade/wiregrade/internal/rig"
)

// oneStudent pushes again and again with nobody else about: from git push to the last line of feedback.
func (b *bench) oneStudent(ctx context.Context) error {
	stop, err := b.workers(ctx, 1)
	if err != nil {
		return err
	}
	dir, err := b.clone(ctx, b.people[0].Login)
	if err != nil {
		return err
	}
	var took times
	for i := range b.One + 1 {
		if out, err := rig.Git(ctx, dir, "commit", "-q", "--allow-empty", "-m", fmt.Sprint(i)).CombinedOutput(); err != nil {
			return fmt.Errorf("git commit: %w: %s", err, out)
		}
		d, err := b.push(ctx, dir)
		if err != nil {
			return err
		}
		if i > 0 { // the first one makes the repository and fills caches
			took = append(took, d)
		}
	}
	fmt.Printf("push to final feedback, one student, %d pushes, 1 worker:  p50 %s  p95 %s\n", len(took), ms(took.at(0.5)), ms(took.at(0.95)))
	return stop()
}

// manyStudents push all at once.
func (b *bench) manyStudents(ctx context.Context) error {
	stop, err := b.workers(ctx, 2)
	if err != nil {
		return err
	}
	dirs := make([]string, b.Pushes)
	for i := range dirs {
		if dirs[i], err = b.clone(ctx, b.people[i+1].Login); err != nil {
			return err
		}
	}
	took, errs := make(times, b.Pushes), make([]error, b.Pushes)
	var wg sync.WaitGroup
	for i, dir := range dirs {
		wg.Go(func() { took[i], errs[i] = b.push(ctx, dir) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	last := took.at(1)
	fmt.Printf("push to final feedback, %d pushes at once, 2 workers:  p50 %s  p95 %s  last %s (%.1f runs a minute)\n",
		b.Pushes, ms(took.at(0.5)), ms(took.at(0.95)), ms(last), float64(b.Pushes)/last.Minutes())
	return stop()
}

// clone is a student's folder with a commit to push.
func (b *bench) clone(ctx context.Context, login string) (string, error) {
	dir := filepath.Join(b.dir, "clones", login)
	if err := os.CopyFS(dir, os.DirFS(b.Submission)); err != nil {
		return "", err
	}
	return dir, rig.Commit(ctx, dir, b.service.Remote(b.logins, login))
}

// push is a push to its end; one that did not come to a score is an error.
func (b *bench) push(ctx context.Context, dir string) (time.Duration, error) {
	start := time.Now()
	out, err := rig.Git(ctx, dir, "push", "grader", "main").CombinedOutput()
	took := time.Since(start)
	if err != nil || !strings.Contains(string(out), "remote: "+b.Assignment+": ") {
		return took, fmt.Errorf("git push: %v: %s", err, out)
	}
	return took, nil
}
