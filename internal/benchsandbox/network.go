//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/wiregrade/wiregrade/harness/sandbox"
)

// server echoes on one connection after the other, and prints when it began to listen.
const server = `exec python3 -c '
import os, socket, time
if os.environ["CPU"]: os.sched_setaffinity(0, {int(os.environ["CPU"])})
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", int(os.environ["PORT"]))); s.listen()
at = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
print(at, flush=True)
while True:
    c = s.accept()[0]
    c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while True:
        d = c.recv(1000)
        if not d: break
        c.sendall(d)
' `

// serve starts a server in a new sandbox, held on a processor unless cpu is
// "", and waits until it is ready; now is when that was noticed, by the clock that the server reads.
func serve(ctx context.Context, provider sandbox.Provider, cpu string) (sb sandbox.Sandbox, p sandbox.Process, address string, now int64, err error) {
	if sb, err = provider.New(ctx); err != nil {
		return nil, nil, "", 0, err
	}
	port, err := sb.Port("tcp", 80)
	if err == nil {
		p, err = sb.Start(ctx, sandbox.Command{Line: server, Env: []string{"PATH=" + os.Getenv("PATH"), "HOME=/tmp", "CPU=" + cpu, "PORT=" + strconv.Itoa(int(port))}})
	}
	if err == nil {
		err = sb.Ready(ctx, p, "tcp", port, time.Minute)
	}
	if err != nil {
		sb.Close()
		return nil, nil, "", 0, err
	}
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		return nil, nil, "", 0, err
	}
	return sb, p, netip.AddrPortFrom(sb.Host(), port).String(), ts.Nano(), nil
}

// servers compares the whole life of a server: started, ready, asked once, ended.
func servers(ctx context.Context, boxes *sandbox.Namespaces, n int) error {
	fmt.Println("a Python server started, ready, asked once and ended (aim: at most 1.3 of plain loopback)")
	life := func(provider sandbox.Provider) func() error {
		return func() error {
			sb, _, address, _, err := serve(ctx, provider, "")
			if err != nil {
				return err
			}
			conn, err := sb.Dial(ctx, "tcp", address)
			if err == nil {
				err = trips(conn, 1)
				conn.Close()
			}
			return errors.Join(err, sb.Close())
		}
	}
	return race(n/2, "plain loopback", []contender{{"plain loopback", life(sandbox.Loopback{})}, {"this sandbox", life(boxes)}})
}

// latency compares round trips on a kept connection. Where the scheduler puts
// the two sides decides more than the sandbox does (another processor has to be
// woken first), and it may decide differently for each server. So
// both sides are also held on one processor, which leaves what the sandbox adds.
func latency(ctx context.Context, boxes *sandbox.Namespaces, n int) error {
	fmt.Println("a round trip on a kept connection (aim: at most 1.02 of the host's loopback)")
	var own unix.CPUSet
	if err := unix.SchedGetaffinity(0, &own); err != nil {
		return err
	}
	one, cpu := unix.CPUSet{}, 0
	for !own.IsSet(cpu) {
		cpu++
	}
	one.Set(cpu)
	fmt.Println("  (times are of 20 round trips; client and server held on one processor)")
	err := hold(&one)
	if err == nil {
		err = roundTrips(ctx, boxes, n, strconv.Itoa(cpu))
	}
	if err = errors.Join(err, hold(&own)); err != nil {
		return err
	}
	fmt.Println("  (the same, on the processors that the scheduler chooses)")
	return roundTrips(ctx, boxes, n, "")
}

// hold keeps all threads of this process on the processors of set.
func hold(set *unix.CPUSet) error {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return err
	}
	for _, t := range threads {
		tid, _ := strconv.Atoi(t.Name())
		if err := unix.SchedSetaffinity(tid, set); err != nil && !errors.Is(err, unix.ESRCH) {
			return err
		}
	}
	return nil
}

func roundTrips(ctx context.Context, boxes *sandbox.Namespaces, n int, cpu string) error {
	var contenders []contender
	for _, c := range []struct {
		name     string
		provider sandbox.Provider
	}{{"host loopback", sandbox.Loopback{}}, {"this sandbox", boxes}} {
		sb, _, address, _, err := serve(ctx, c.provider, cpu)
		if err != nil {
			return err
		}
		defer sb.Close()
		conn, err := sb.Dial(ctx, "tcp", address)
		if err != nil {
			return err
		}
		defer conn.Close()
		contenders = append(contenders, contender{c.name, func() error { return trips(conn, 20) }})
	}
	for _, c := range contenders { // both sides warm
		for range 50 {
			if err := c.run(); err != nil {
				return err
			}
		}
	}
	return race(5*n, "host loopback", contenders)
}

func trips(c net.Conn, n int) error {
	message, answer := []byte("0123456789abcdef0123456789abcdef"), make([]byte, 32)
	for range n {
		if _, err := c.Write(message); err != nil {
			return err
		}
		if _, err := io.ReadFull(c, answer); err != nil {
			return err
		}
	}
	return nil
}

// readiness measures from listen() in the server to the end of Ready.
func readiness(ctx context.Context, boxes *sandbox.Namespaces, n int) error {
	fmt.Println("from listen() in the server to Ready in the harness (aim: p95 at most 1.5 ms)")
	for _, c := range []struct {
		name     string
		provider sandbox.Provider
	}{{"this sandbox", boxes}, {"host loopback", sandbox.Loopback{}}} {
		var delays []time.Duration
		for range max(50, n/3) {
			sb, p, _, now, err := serve(ctx, c.provider, "")
			if err != nil {
				return err
			}
			if err := sb.Close(); err != nil {
				return err
			}
			// It has printed before it accepts: with its end all of that is here.
			at, err := strconv.ParseInt(strings.TrimSpace(string(p.Stdout())), 10, 64)
			if err != nil {
				return err
			}
			delays = append(delays, time.Duration(now-at))
		}
		slices.Sort(delays)
		fmt.Printf("  %-34s median %8.3f ms   p95 %8.3f ms\n", c.name, ms(delays[len(delays)/2]), ms(delays[len(delays)*95/100]))
	}
	return nil
}
