package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/score"
	"github.com/wiregrade/wiregrade/harness"
)

// terminal says whether w shows colours, and how wide it is (0 when it is no terminal).
func terminal(w io.Writer) (color bool, width int) {
	if o, wrapped := w.(*output); wrapped {
		w = o.File
	}
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return false, 0
	}
	width, _, _ = term.GetSize(int(f.Fd()))
	return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb", width
}

// height is the rows of the terminal behind w, 0 when there is none.
func height(w io.Writer) int {
	if o, wrapped := w.(*output); wrapped {
		w = o.File
	}
	f, ok := w.(*os.File)
	if !ok {
		return 0
	}
	_, rows, _ := term.GetSize(int(f.Fd()))
	return rows
}

// headline is a run in one line.
func headline(run *grader.Run) string {
	s := score.Of(run.Assignment.Rubric, run.Results)
	return fmt.Sprintf("%s: %s of %s points", run.Assignment.Name, number(s.Got), number(s.Max))
}

func number(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

// progress is the line that lives on a terminal while checks run.
type progress struct {
	w     io.Writer
	width int // 0 shows nothing

	mu    sync.Mutex
	label string
	short int // checks so far that fall short
	last  harness.Progress
	stop  chan struct{}
	ended sync.WaitGroup
	start time.Time
}

func newProgress(w io.Writer, dir string) *progress {
	p := &progress{w: w, label: dir, stop: make(chan struct{}), start: time.Now()}
	if _, p.width = terminal(w); p.width == 0 {
		return p
	}
	p.ended.Go(func() {
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				p.draw()
			case <-p.stop:
				return
			}
		}
	})
	return p
}

func (p *progress) show(now harness.Progress) {
	p.mu.Lock()
	p.last = now
	if now.Verdict != "" && now.Verdict != grader.Pass {
		p.short++
	}
	p.mu.Unlock()
}

// waiting is the phase of a submission in line; its Name says where.
const waiting = "waiting"

var spinner = []rune("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")

func (p *progress) draw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	elapsed := time.Since(p.start)
	line := string(spinner[int(elapsed/(100*time.Millisecond))%len(spinner)])
	switch {
	case p.last.Phase == waiting:
		line += " " + p.last.Name
	case p.last.Phase == "build":
		line += fmt.Sprintf(" building %s", p.label)
	case p.last.Total == 0 && p.last.Done > 0: // how many there are is not told
		line += fmt.Sprintf(" %d done", p.last.Done) + p.sofar()
	case p.last.Total == 0:
		line += fmt.Sprintf(" starting %s", p.label)
	default:
		const cells = 20
		full := cells * p.last.Done / p.last.Total
		line += fmt.Sprintf(" %s%s %d/%d", strings.Repeat("█", full), strings.Repeat("░", cells-full), p.last.Done, p.last.Total) + p.sofar()
	}
	line += fmt.Sprintf("  %.1fs", elapsed.Seconds())
	if r := []rune(line); len(r) > p.width-1 {
		line = string(r[:p.width-1])
	}
	fmt.Fprintf(p.w, "\r%s\x1b[K", line)
}

// sofar says how many checks fall short, and which ended last.
func (p *progress) sofar() string {
	if p.short > 0 {
		return fmt.Sprintf("  %d short  %s", p.short, p.last.Name)
	}
	return "  " + p.last.Name
}

// clear ends the line, so that the report begins on a clean one.
func (p *progress) clear() {
	close(p.stop)
	p.ended.Wait()
	if p.width > 0 {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
