package upper

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// A Terminal is what a client reads its line from and prints the reply on.
type Terminal struct {
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
}

// errNoReply says that the server did not answer in time, or left without an answer.
var errNoReply = errors.New("no reply")

// noPort is the discard service's: what the fault AsksOtherPort asks in place of the server.
const noPort = 9

// maxLine is the longest line that a client with the fault SendsAllInput reads.
const maxLine = 1 << 20

// talk plays a client: it reads a line, has ask get the reply to it and prints that. It returns the exit status.
func (f *RequestFaults) talk(ctx context.Context, term Terminal, ask func(line []byte) (reply []byte, err error)) int {
	if f.PrintsPrompt {
		io.WriteString(term.Stdout, "Input lowercase sentence: ")
	}
	line, err := f.line(term.Stdin)
	if err != nil {
		fmt.Fprintf(term.Stderr, "client: %v\n", err)
		return 1
	}
	if len(line) == 0 && f.SkipsEmpty {
		return 0
	}
	reply := Raise(line)
	if !f.AsksNobody {
		reply, err = ask(line)
	}
	if err != nil {
		fmt.Fprintf(term.Stderr, "client: %v\n", err)
		if f.EndsWith0 {
			return 0
		}
		return 1
	}
	return f.print(ctx, term, line, reply)
}

// line reads one line, without its end.
func (f *RequestFaults) line(stdin io.Reader) ([]byte, error) {
	var line []byte
	var err error
	switch {
	case f.SendsAllInput:
		line = make([]byte, maxLine)
		var n int
		n, err = stdin.Read(line)
		line = line[:n]
	case f.ReadsToEOF:
		line, err = io.ReadAll(stdin)
		line, _, _ = bytes.Cut(line, []byte("\n"))
	default:
		line, err = bufio.NewReader(stdin).ReadBytes('\n')
	}
	if err != nil && err != io.EOF {
		return nil, err
	}
	line, ended := bytes.CutSuffix(line, []byte("\n"))
	switch {
	case f.NeedsLF && !ended && !f.ReadsToEOF:
		return nil, io.ErrUnexpectedEOF
	case f.DiesOnNotASCII && !ascii(line), f.DiesOnNotUTF8 && !utf8.Valid(line):
		return nil, errCrashed
	case f.CutsLine1024:
		line = line[:min(len(line), 1024)]
	case f.CutsLineAtNUL:
		line, _, _ = bytes.Cut(line, []byte{0})
	case f.StripsBlanks:
		line = bytes.TrimSpace(line)
	case f.RaisesItself:
		line = Raise(line)
	}
	return line, nil
}

// print prints the reply and returns the exit status.
func (f *RequestFaults) print(ctx context.Context, term Terminal, line, reply []byte) int {
	switch {
	case f.PrintsItsOwn:
		reply = Raise(line)
	case f.CutsReply1024:
		reply = reply[:min(len(reply), 1024)]
	case f.CutsReplyAtNUL:
		reply, _, _ = bytes.Cut(reply, []byte{0})
	case f.ReplyASCIIOnly && !ascii(reply):
		fmt.Fprintf(term.Stderr, "client: %v\n", errCrashed)
		return 1
	case f.ReplyUTF8Only:
		reply = bytes.ToValidUTF8(reply, []byte("\uFFFD"))
	}
	out := string(reply) + "\n"
	if f.PrintsLiteral {
		out = "b'" + string(reply) + "'\n"
	}
	if !f.PrintsPrompt && !f.PrintsPlain {
		out = "From Server: " + out
	}
	if f.PrintsTrailer {
		out += strings.Repeat("-", 20) + "\n"
	}
	if f.PrintsToStderr {
		io.WriteString(term.Stderr, out)
	} else {
		io.WriteString(term.Stdout, out)
	}
	if f.StaysAfterReply {
		<-ctx.Done()
	}
	if f.EndsWith1 {
		return 1
	}
	return 0
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}
