package netlab

import (
	"context"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader"
)

// pair is a recorded connection and its other end.
func pair(t *testing.T, p *Patience) (*Recorder, *Conn, *net.TCPConn) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	ours, err := net.Dial("tcp", ln.Addr().String())
	require.NoError(t, err)
	theirs, err := ln.Accept()
	require.NoError(t, err)
	t.Cleanup(func() { ours.Close(); theirs.Close() })
	rec := NewRecorder()
	p.Begin()
	return rec, NewConn(t.Context(), rec, ours.(*net.TCPConn), true, p, func(_, _ netip.AddrPort) (int, bool) { return 0, true }), theirs.(*net.TCPConn)
}

func TestAStreamIsRecordedAsOneEvent(t *testing.T) {
	t.Parallel()
	rec, c, theirs := pair(t, &Patience{Limit: 5 * time.Second})
	require.NoError(t, c.WritePieces([]byte("hello"), 1))
	got := make([]byte, 5)
	_, err := io.ReadFull(theirs, got)
	require.NoError(t, err)
	buf := make([]byte, 3)
	for _, part := range []string{"abc", "def"} {
		io.WriteString(theirs, part)
		_, err := io.ReadFull(c, buf)
		require.NoError(t, err)
		require.Equal(t, part, string(buf))
	}
	theirs.Close()
	_, err = c.Read(buf)
	require.ErrorIs(t, err, io.EOF)

	events := rec.Transcript().Events
	require.Len(t, events, 4)
	require.Equal(t, "hello", string(events[1].Data))
	require.Equal(t, 5, events[1].Pieces)
	require.Equal(t, "abcdef", string(events[2].Data))
	require.Equal(t, grader.EOF, events[3].Kind)

	seq, at := c.Locate(4)
	require.Equal(t, []int{3, 4}, []int{seq, at})
	seq, _ = c.Locate(6)
	require.Equal(t, 4, seq, "beyond the end is what ended it")
}

func TestAResetIsToldApart(t *testing.T) {
	t.Parallel()
	_, c, theirs := pair(t, &Patience{Limit: 5 * time.Second})
	theirs.SetLinger(0)
	theirs.Close()
	_, err := c.Read(make([]byte, 1))
	require.ErrorIs(t, err, syscall.ECONNRESET)
}

func TestSilence(t *testing.T) {
	t.Parallel()
	var idle atomic.Int32
	rec, c, _ := pair(t, &Patience{Limit: 150 * time.Millisecond, Idle: func() { idle.Add(1) }})
	for range 2 {
		_, err := c.Read(make([]byte, 1))
		require.ErrorIs(t, err, ErrSilence)
	}
	require.EqualValues(t, 1, idle.Load(), "the place is lent once")
	events := rec.Transcript().Events
	require.Equal(t, grader.Silent, events[len(events)-1].Kind)
}

// While the submission is busy others would only make it slower.
func TestAPlaceIsLentAtRest(t *testing.T) {
	t.Parallel()
	var idle atomic.Int32
	var busy atomic.Bool
	_, c, _ := pair(t, &Patience{Limit: 4 * lend, Idle: func() { idle.Add(1) }, Stirs: func() func() bool { return busy.Load }})
	busy.Store(true)
	_, err := c.Read(make([]byte, 1))
	require.ErrorIs(t, err, ErrSilence)
	require.Zero(t, idle.Load())
	busy.Store(false)
	_, err = c.Read(make([]byte, 1))
	require.ErrorIs(t, err, ErrSilence)
	require.EqualValues(t, 1, idle.Load())
}

// What was given back is not taken from the time of the whole check.
func TestTimeGivenBackIsAddedToTheCheck(t *testing.T) {
	t.Parallel()
	var busy atomic.Bool
	_, c, theirs := pair(t, &Patience{Limit: brief, Total: 2 * brief, Stirs: func() func() bool { return busy.Load }})
	busy.Store(true)
	time.AfterFunc(3*brief, func() { io.WriteString(theirs, "x") })
	_, err := c.Read(make([]byte, 1))
	require.NoError(t, err)
	busy.Store(false)
	time.AfterFunc(2*lend, func() { io.WriteString(theirs, "y") })
	_, err = c.Read(make([]byte, 1))
	require.NoError(t, err, "the two seconds before were the machine's")
	_, err = c.Read(make([]byte, 1))
	require.ErrorIs(t, err, ErrOverlong, "and no more than those")
}

// What always stirs is waited for as long as the run has time to give back, not in every check anew.
func TestTimeGivenBackHasAnEnd(t *testing.T) {
	t.Parallel()
	budget := NewBudget(3 * brief)
	stirs := func() func() bool { return func() bool { return true } }
	read := func(delay time.Duration) time.Duration {
		var gone atomic.Int64
		_, c, _ := pair(t, &Patience{Limit: brief, Budget: budget, Stirs: stirs, Delay: func() time.Duration { return time.Duration(gone.Load()) }})
		gone.Store(int64(delay))
		start := time.Now()
		_, err := c.Read(make([]byte, 1))
		require.ErrorIs(t, err, ErrSilence)
		return time.Since(start)
	}
	require.GreaterOrEqual(t, read(2*brief), 4*brief, "all that there is")
	start := time.Now()
	for range 3 {
		require.GreaterOrEqual(t, read(time.Hour), brief, "its own time is every wait's")
	}
	require.Less(t, time.Since(start), 3*giveBack*brief/2, "and nothing is left to give back")
}

// What a wait was granted and did not need is there for the next.
func TestTimeNotNeededIsNotSpent(t *testing.T) {
	t.Parallel()
	budget := NewBudget(time.Minute)
	var delay atomic.Int64
	_, c, theirs := pair(t, &Patience{Limit: brief, Budget: budget, Delay: func() time.Duration { return time.Duration(delay.Load()) }})
	delay.Store(int64(time.Hour))
	time.AfterFunc(brief+2*lend, func() { io.WriteString(theirs, "x") })
	start := time.Now()
	_, err := c.Read(make([]byte, 1))
	require.NoError(t, err)
	late := time.Since(start) - brief
	require.GreaterOrEqual(t, budget.left.Load(), int64(time.Minute-late-lend))
	require.Less(t, budget.left.Load(), int64(time.Minute))
}

// A submission that had no processor gets the time back, and only so much.
func TestRunQueueTimeIsGivenBack(t *testing.T) {
	t.Parallel()
	const limit = brief
	var delay atomic.Int64
	_, c, theirs := pair(t, &Patience{Limit: limit, Delay: func() time.Duration { return time.Duration(delay.Load()) }})
	delay.Store(int64(10 * time.Second))
	time.AfterFunc(2*limit, func() { io.WriteString(theirs, "x") })
	_, err := c.Read(make([]byte, 1))
	require.NoError(t, err, "it came late, but the submission had been waiting for a processor")

	start := time.Now()
	_, err = c.Read(make([]byte, 1))
	require.ErrorIs(t, err, ErrSilence)
	require.GreaterOrEqual(t, time.Since(start), giveBack*limit)
}

// One that works is waited for, and only so long.
func TestWhatStirsIsWaitedFor(t *testing.T) {
	t.Parallel()
	const limit = brief
	var busy atomic.Bool
	stirs := func() func() bool { return busy.Load }
	_, c, theirs := pair(t, &Patience{Limit: limit, Stirs: stirs})
	busy.Store(true)
	time.AfterFunc(2*limit, func() { io.WriteString(theirs, "x") })
	_, err := c.Read(make([]byte, 1))
	require.NoError(t, err, "it came late, but the submission was busy")

	start := time.Now()
	_, err = c.Read(make([]byte, 1))
	require.ErrorIs(t, err, ErrSilence)
	require.GreaterOrEqual(t, time.Since(start), giveBack*limit)
	require.Less(t, time.Since(start), 2*giveBack*limit)
	busy.Store(false)
	_, err = c.Read(make([]byte, 1))
	require.ErrorIs(t, err, ErrSilence)
}

func TestAWaitEndsWithTheProcess(t *testing.T) {
	t.Parallel()
	gone, end := context.WithCancel(t.Context())
	_, c, _ := pair(t, &Patience{Limit: time.Hour, Gone: gone})
	time.AfterFunc(200*time.Millisecond, end)
	_, err := c.Read(make([]byte, 1))
	require.ErrorIs(t, err, ErrSilence)
}

func TestACheckHasAnEnd(t *testing.T) {
	t.Parallel()
	_, c, _ := pair(t, &Patience{Limit: time.Hour, Total: 200 * time.Millisecond})
	_, err := c.Read(make([]byte, 1))
	require.ErrorIs(t, err, ErrOverlong)
}

// One that always has another byte does not stretch it.
func TestACheckHasAnEndWhateverComes(t *testing.T) {
	t.Parallel()
	_, c, theirs := pair(t, &Patience{Limit: time.Hour, Total: 200 * time.Millisecond})
	go func() {
		for tick := time.NewTicker(5 * time.Millisecond); ; <-tick.C {
			if _, err := theirs.Write([]byte("x")); err != nil {
				tick.Stop()
				return
			}
		}
	}()
	_, err := io.Copy(io.Discard, c)
	require.ErrorIs(t, err, ErrOverlong)
}

// What is kept of all events together is bounded, and the rest counted.
func TestATranscriptIsBounded(t *testing.T) {
	t.Parallel()
	rec := NewRecorder()
	chunk := make([]byte, 3*keep/2)
	for i := range 2 * keepAll / keep {
		rec.stream(i, grader.Got, chunk)
		rec.stream(i, grader.Got, chunk)
	}
	kept, all := 0, 0
	for _, e := range rec.Transcript().Events {
		kept += len(e.Data)
		all += len(e.Data) + e.Cut
	}
	require.Equal(t, keepAll, kept)
	require.Equal(t, 4*keepAll/keep*len(chunk), all)
}

// A socket takes no more datagrams than any check asks for.
func TestDatagramsHaveAnEnd(t *testing.T) {
	t.Parallel()
	p := &Patience{Limit: 20 * time.Second}
	p.Begin()
	ours, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	defer ours.Close()
	theirs, err := net.Dial("udp4", ours.LocalAddr().String())
	require.NoError(t, err)
	defer theirs.Close()
	s := NewSocket(t.Context(), NewRecorder(), ours, p)
	for range maxReceived {
		_, err := theirs.Write([]byte("x"))
		require.NoError(t, err)
		_, err = s.Receive(0)
		require.NoError(t, err)
	}
	_, err = theirs.Write([]byte("x"))
	require.NoError(t, err)
	_, err = s.Receive(0)
	require.ErrorIs(t, err, ErrTooMuch)
}

func TestAnEndlessAnswerIsCutOff(t *testing.T) {
	t.Parallel()
	rec, c, theirs := pair(t, &Patience{Limit: 20 * time.Second})
	go func() {
		chunk := []byte(strings.Repeat("x", 1<<20))
		for {
			if _, err := theirs.Write(chunk); err != nil {
				return
			}
		}
	}()
	n, err := io.Copy(io.Discard, c)
	require.ErrorIs(t, err, ErrTooMuch)
	require.Greater(t, n, int64(maxStream))
	e := rec.Transcript().Events[1]
	require.Len(t, e.Data, keep)
	require.EqualValues(t, n, len(e.Data)+e.Cut, "what is not kept is counted")
}

func TestDatagrams(t *testing.T) {
	t.Parallel()
	rec := NewRecorder()
	p := &Patience{Limit: 5 * time.Second}
	p.Begin()
	open := func() *Socket {
		pc, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		require.NoError(t, err)
		t.Cleanup(func() { pc.Close() })
		return NewSocket(t.Context(), rec, pc, p)
	}
	a, b := open(), open()
	_, err := a.Send(b.Addr(), []byte("ping"))
	require.NoError(t, err)
	d, err := b.Receive(0)
	require.NoError(t, err)
	require.Equal(t, "ping", string(d.Data))
	require.Equal(t, a.Addr(), d.From)
	_, err = b.Receive(150 * time.Millisecond)
	require.ErrorIs(t, err, ErrSilence)
	require.Equal(t, []grader.Kind{grader.Data, grader.Data, grader.Silent}, []grader.Kind{
		rec.Transcript().Events[0].Kind, rec.Transcript().Events[1].Kind, rec.Transcript().Events[2].Kind,
	})
}
