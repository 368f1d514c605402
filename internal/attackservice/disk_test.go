//go:build linux && (amd64 || arm64)

package attackservice

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/harness/sandbox"
	"github.com/wiregrade/wiregrade/internal/pgtest"
	"github.com/wiregrade/wiregrade/internal/postgres"
	"github.com/wiregrade/wiregrade/internal/rig"
	"github.com/wiregrade/wiregrade/internal/service"
	"github.com/wiregrade/wiregrade/internal/tiny"
)

// smallDiskEnv makes this program a service on a small disk in that folder; outsideEnv is the mount
// namespace in which it must not be.
const (
	smallDiskEnv = "WIREGRADE_TEST_SMALL_DISK"
	outsideEnv   = "WIREGRADE_TEST_OUTSIDE"
)

// TestB7DiskFull fills the disk of a service with its private PostgreSQL, hands in and grades again meanwhile: what
// counted counts, what was taken is graded once there is room again, and what was refused can be handed in again.
func TestB7DiskFull(t *testing.T) {
	t.Parallel()
	dir, err := pgtest.Dir()
	require.NoError(t, err)
	defer os.RemoveAll(dir)
	outside, err := os.Readlink("/proc/self/ns/mnt")
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/proc/self/exe")
	cmd.Env = append(os.Environ(), smallDiskEnv+"="+dir, outsideEnv+"="+outside)
	ids := []syscall.SysProcIDMap{{ContainerID: os.Getuid(), HostID: os.Getuid(), Size: 1}}
	groups := []syscall.SysProcIDMap{{ContainerID: os.Getgid(), HostID: os.Getgid(), Size: 1}}
	if os.Getuid() == 0 { // PostgreSQL is another user then
		ids[0].Size, groups[0].Size = 65536, 65536
	}
	const sysAdmin = 21
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS, UidMappings: ids, GidMappings: groups,
		GidMappingsEnableSetgroups: os.Getuid() == 0, AmbientCaps: []uintptr{sysAdmin}, Pdeathsig: syscall.SIGKILL,
	}
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	require.NoError(t, err)
	require.Contains(t, string(out), "refused while the disk was full")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, entries, "the small disk was nobody else's")
}

func onSmallDisk(dir string) int {
	if err := smallDisk(dir); err != nil {
		fmt.Println("small disk:", err)
		return 1
	}
	return 0
}

func smallDisk(dir string) error {
	if inside, err := os.Readlink("/proc/self/ns/mnt"); err != nil || inside == os.Getenv(outsideEnv) {
		return errors.New("this is not a mount namespace of its own")
	}
	if err := syscall.Mount("small", dir, "tmpfs", syscall.MS_NOSUID|syscall.MS_NODEV, "size=160m,mode=0755"); err != nil {
		return fmt.Errorf("mount a small disk: %w", err)
	}
	tmp := filepath.Join(dir, "tmp")
	if err := os.Mkdir(tmp, 0o755); err != nil {
		return err
	}
	os.Setenv("TMPDIR", tmp)
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	k := &keeper{dir: filepath.Join(dir, "data")}
	defer func() { k.stop() }()
	if err := k.start(ctx); err != nil {
		return err
	}
	c, err := k.MakeCourse(ctx, "net", tiny.Name, "ann", "bob")
	if err != nil {
		return err
	}
	first, err := k.handIn(ctx, c.Tokens["ann"], []byte("first"))
	if err != nil {
		return err
	}
	before, err := k.marks(ctx, first)
	if err != nil {
		return err
	}
	ballast := filepath.Join(dir, "ballast")
	if err := fill(ballast); err != nil {
		return err
	}
	if err := k.Do(ctx, k.Token, "POST", "/courses/net/regrade", map[string]any{}, nil); err != nil {
		fmt.Println("grading again was refused:", err)
	}
	noise := make([]byte, 4<<20)
	rand.Read(noise)
	if _, err = k.handIn(ctx, c.Tokens["bob"], noise); err == nil {
		return errors.New("4 MB were taken where there is no room for them")
	}
	fmt.Println("refused while the disk was full:", err)
	if strings.Contains(err.Error(), dir) {
		return errors.New("the refusal tells of the machine")
	}
	if err := os.Remove(ballast); err != nil {
		return err
	}
	if err := k.again(ctx); err != nil {
		return err
	}
	second, err := k.handIn(ctx, c.Tokens["bob"], noise)
	if err != nil {
		return fmt.Errorf("hand in once there is room again: %w", err)
	}
	for _, sub := range []string{first, second} {
		after, err := k.marks(ctx, sub)
		if err != nil {
			return err
		}
		if after != before {
			return fmt.Errorf("want %s, got %s", before, after)
		}
	}
	return nil
}

// fill writes until there is no room.
func fill(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	for chunk := make([]byte, 1<<20); len(chunk) > 0; {
		switch _, err := f.Write(chunk); {
		case errors.Is(err, syscall.ENOSPC):
			chunk = chunk[:len(chunk)/2]
		case err != nil:
			return err
		}
	}
	return nil
}

// A keeper has a service, and starts it again as a supervisor does.
type keeper struct {
	*rig.Service
	dir  string
	end  context.CancelFunc
	done chan error
}

func (k *keeper) start(ctx context.Context) error {
	ctx, k.end = context.WithCancel(ctx)
	done, ready := make(chan error, 1), make(chan string, 1)
	k.done = done
	var out bytes.Buffer
	go func() {
		done <- service.Serve(ctx, service.Options{
			Listen: "127.0.0.1:0", Dir: k.dir, Suites: []*check.Suite{suite()}, Sandboxes: sandbox.Loopback{},
			Worker: postgres.Worker{Name: "here", Slots: 1, Version: "v1", Isolation: "loopback"}, Lease: 2 * time.Second, Grace: 10 * time.Second,
			Log: slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{Level: slog.LevelError})), Out: &out, Ready: func(addr string) { ready <- addr },
		})
	}()
	select {
	case addr := <-ready:
		token := ""
		if k.Service != nil {
			token = k.Token
		} else {
			_, token, _ = strings.Cut(strings.TrimSpace(out.String()), "once: ")
		}
		k.Service = &rig.Service{URL: "http://" + addr, Token: token}
		return nil
	case err := <-done:
		k.done = nil
		return fmt.Errorf("start: %w", err)
	}
}

func (k *keeper) stop() error {
	k.end()
	if k.done == nil {
		return nil
	}
	err := <-k.done
	k.done = nil
	return err
}

// again stops the service, if it did not end by itself, and starts it.
func (k *keeper) again(ctx context.Context) error {
	fmt.Println("stopped:", k.stop())
	return k.start(ctx)
}

func (k *keeper) handIn(ctx context.Context, token string, mark []byte) (string, error) {
	req, err := http.NewRequestWithContext(ctx, "POST", k.URL+uploads, bytes.NewReader(pack(map[string]string{
		"grader.yaml": "assignment: tiny\nrun: echo right\n", "mark": string(mark),
	})))
	if err != nil {
		return "", err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return "", err
	}
	if res.StatusCode != 201 {
		return "", fmt.Errorf("%s: %s", res.Status, body)
	}
	_, id, _ := strings.Cut(string(body), `"id":"`)
	id, _, _ = strings.Cut(id, `"`)
	return id, nil
}

// marks waits until the submission is graded and says what counts, and how often.
func (k *keeper) marks(ctx context.Context, sub string) (string, error) {
	var stream []byte
	if err := k.Do(ctx, k.Token, "GET", "/courses/net/submissions/"+sub+"/events", nil, &stream); err != nil {
		return "", err
	}
	var runs struct {
		Items []struct {
			Counted bool
			Status  string
		}
	}
	if err := k.Do(ctx, k.Token, "GET", "/courses/net/submissions/"+sub+"/runs", nil, &runs); err != nil {
		return "", err
	}
	counted := 0
	for _, r := range runs.Items {
		if r.Counted {
			counted++
		}
	}
	var list struct {
		Items []struct {
			ID    string
			Score *struct{ Points, Max float64 }
		}
	}
	if err := k.Do(ctx, k.Token, "GET", "/courses/net/assignments/tiny/submissions?scores=true", nil, &list); err != nil {
		return "", err
	}
	for _, s := range list.Items {
		if s.ID == sub && s.Score != nil {
			return fmt.Sprintf("%d run counts: %v of %v points", counted, s.Score.Points, s.Score.Max), nil
		}
	}
	return "", fmt.Errorf("%s has no score: %s", sub, stream)
}
