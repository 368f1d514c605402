package githost

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Git's packets (gitprotocol-common): four hexadecimal digits say how long one
// is with them; 0000 ends a list. In side bands the first byte of a packet says what
// it carries: 1 the answer, 2 text for the user's terminal.
const (
	flushPacket = "0000"
	bandAnswer  = "\x01"
	bandText    = "\x02"
	maxPacket   = 65520
)

// packet is one packet around the data.
func packet(data string) string { return fmt.Sprintf("%04x%s", len(data)+4, data) }

// text is lines for the user's terminal.
func text(lines string) string {
	var out strings.Builder
	for len(lines) > 0 {
		n := min(len(lines), maxPacket-5)
		out.WriteString(packet(bandText + lines[:n]))
		lines = lines[n:]
	}
	return out.String()
}

// A command of a push asks for a branch, or another reference, to move.
type command struct{ old, new, ref string }

// parseCommand reads "OLD NEW REF".
func parseCommand(line string) (command, bool) {
	f := strings.SplitN(line, " ", 3)
	if len(f) != 3 {
		return command{}, false
	}
	return command{f[0], f[1], f[2]}, true
}

// deletes says whether the command is to remove the reference.
func (c command) deletes() bool { return strings.Trim(c.new, "0") == "" }

// maxCommands bounds what is read of a push's commands.
const maxCommands = 1000

// A greeting is how a push begins: what it asks for, and what the client can do.
type greeting struct {
	commands     []command
	capabilities []string
}

// readGreeting reads a push's commands as far as it can. They are for an answer to a
// push that git does not see: what git sees is judged as git reads it, by the hook.
func readGreeting(r io.Reader) greeting {
	var g greeting
	br := bufio.NewReader(r)
	for len(g.commands) < maxCommands {
		data, err := readPacket(br)
		if err != nil || data == "" {
			break
		}
		// With the first command; before it a shallow clone says where its history ends.
		line, capabilities, ok := strings.Cut(data, "\x00")
		if ok && g.capabilities == nil {
			g.capabilities = strings.Fields(capabilities)
		}
		if c, ok := parseCommand(strings.TrimSuffix(line, "\n")); ok {
			g.commands = append(g.commands, c)
		}
	}
	return g
}

// readPacket gives the packet's data, "" for the end of a list.
func readPacket(r *bufio.Reader) (string, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return "", err
	}
	n, err := strconv.ParseUint(string(head[:]), 16, 16)
	if err != nil || n != 0 && n < 4 {
		return "", fmt.Errorf("no packet begins with %q", head)
	}
	if n == 0 {
		return "", nil
	}
	data := make([]byte, n-4)
	_, err = io.ReadFull(r, data)
	return string(data), err
}

// can says whether the client has the capability.
func (g greeting) can(name string) bool {
	for _, c := range g.capabilities {
		if c == name {
			return true
		}
	}
	return false
}

// refusal is the answer to a push that git does not see: the line for the
// terminal, and for each branch that it did not move.
func (g greeting) refusal(line string) string {
	answer := packet("unpack ok\n")
	for _, c := range g.commands {
		answer += packet("ng " + c.ref + " refused\n")
	}
	answer += flushPacket
	if !g.can("report-status") && !g.can("report-status-v2") {
		answer = ""
	}
	if !g.can("side-band-64k") {
		return answer
	}
	out := text("refused: " + line + "\n")
	for len(answer) > 0 {
		n := min(len(answer), maxPacket-5)
		out += packet(bandAnswer + answer[:n])
		answer = answer[n:]
	}
	return out + flushPacket
}

// A holder passes packets on as they come, and keeps back the one that ends
// them, so that more can be said.
type holder struct {
	w    io.Writer
	buf  []byte
	held bool // the end has come and was kept back
	odd  bool // these are no packets: all is passed on as it is
}

// Write is for io.Writer.
func (h *holder) Write(p []byte) (int, error) {
	if h.odd {
		return h.w.Write(p)
	}
	h.buf = append(h.buf, p...)
	whole := 0
	for len(h.buf) >= whole+4 && !h.held {
		n, err := strconv.ParseUint(string(h.buf[whole:whole+4]), 16, 16)
		switch {
		case err != nil || n != 0 && n < 4:
			h.odd = true
			whole = len(h.buf)
			n = 0
		case n == 0:
			h.held = true
		}
		if h.odd || h.held || len(h.buf) < whole+int(n) {
			break
		}
		whole += int(n)
	}
	if whole > 0 {
		if _, err := h.w.Write(h.buf[:whole]); err != nil {
			return 0, err
		}
		h.buf = h.buf[whole:]
	}
	return len(p), nil
}
