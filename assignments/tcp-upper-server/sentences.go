package tcpupperserver

import (
	"bytes"
	"errors"
	"syscall"

	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/upper"
)

// sentences holds the rules on one sentence and its answer.
func sentences() check.Group {
	return check.Group{Name: "sentences", Checks: []check.Check{
		{
			Name:   "answers",
			Clause: check.Course("Upper case"),
			Says:   "answer a line of small letters with the same letters in upper case",
			Hand:   "echo hello | nc $HOST $PORT",
			Run:    answers(word),
		},
		{
			Name:   "letters-only",
			Clause: check.Course("Upper case"),
			Says:   "raise a to z and leave everything else as it came: capitals, digits, punctuation",
			Needs:  "answers",
			Hand:   "echo 'aB9~{z}' | nc $HOST $PORT",
			Run: answers(func(t *check.T) string {
				capitals := string(upper.Raise([]byte(t.Word(3))))
				return t.Word(3) + capitals + "09 `{|}~ @[]^_ " + t.Word(2)
			}),
		},
		{
			Name:   "white-space",
			Clause: check.Course("Upper case"),
			Says:   "send blanks, tabs and CR back where they stood, at both ends of the sentence too",
			Needs:  "answers",
			Hand:   `printf ' \thello \r\n' | nc $HOST $PORT | od -c`,
			Run:    answers(func(t *check.T) string { return " \t" + t.Word(5) + "  " + t.Word(3) + " \t\r" }),
		},
		{
			Name:   "zero-byte",
			Clause: check.Course("Other bytes"),
			Says:   "take the length that the receive call gives: a zero byte does not end the sentence",
			Needs:  "answers",
			Hand:   `printf 'ab\0cd\n' | nc $HOST $PORT | od -c`,
			Run:    answers(func(t *check.T) string { return t.Word(4) + "\x00" + t.Word(4) }),
		},
		{
			Name:   "utf-8",
			Clause: check.Course("Other bytes"),
			Says:   "send letters beyond ASCII back unchanged, or as the upper case of the UTF-8 text",
			Needs:  "answers",
			Hand:   "echo 'straße λόγος 上海' | nc $HOST $PORT",
			Run: answers(func(t *check.T) string {
				words := []string{"straße", "größe", "λόγος", "été", "живот", "上海", "語", "🙂", "€"}
				t.Rand().Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
				text := t.Word(3)
				for _, w := range words {
					text += " " + w + t.Word(2)
				}
				return text
			}),
		},
		{
			Name:   "not-utf-8",
			Clause: check.Course("Other bytes"),
			Says:   "a sentence that is not UTF-8 comes back with its ASCII letters raised and its other bytes unchanged",
			Needs:  "answers",
			Hand:   `printf 'a\377b\n' | nc $HOST $PORT | od -c`,
			Run: answers(func(t *check.T) string {
				text := t.Word(3) + "\xe4\xf6\xfc" // a latin-1 text
				for range 12 {
					text += string([]byte{byte(0x80 + t.Rand().IntN(0x80))}) + t.Word(1)
				}
				return text + "\xff"
			}),
		},
		{
			Name:   "empty",
			Clause: check.Course("Length"),
			Says:   "answer an empty sentence, a lone LF, by an empty one: LF and the end of the stream, or the end alone",
			Needs:  "answers",
			Hand:   "echo | nc $HOST $PORT | od -c",
			Run: func(t *check.T) {
				c := t.Dial()
				c.Send("\n")
				t.Judge()
				judge(t, c, "")
				c.Close()
				ask(t, t.Dial()) // a server that ended looks as if it had closed
			},
		},
		{
			Name:   "closes",
			Clause: check.Course("Closing"),
			Says:   "close the connection after the answer, so that the client sees where it ends",
			Needs:  "answers",
			Hand:   "echo hello | nc $HOST $PORT; echo closed",
			Run: func(t *check.T) {
				c, sentence := t.Dial(), word(t)
				c.Send(sentence + "\n")
				if _, at, err := read(c, sentence); err != nil {
					t.Missing(at, "an answer", err)
				}
				t.Judge()
				// With a reset the connection is closed too, and the answer was there before.
				if _, _, err := c.Rest(maxAnswer); err != nil && !errors.Is(err, syscall.ECONNRESET) {
					t.Missing(c.Here(), "the end of the stream", err)
				}
			},
		},
		{
			Name:   "nothing-more",
			Clause: check.Course("Upper case"),
			Says:   "send the answer once and nothing after it: at most its LF",
			Needs:  "closes",
			Run: func(t *check.T) {
				c, sentence := t.Dial(), word(t)
				c.Send(sentence + "\n")
				all, at, err := c.Rest(maxAnswer)
				if len(all) == 0 && err != nil {
					t.Missing(at, "an answer", err)
				}
				t.Judge()
				if d, ok := upper.Judge([]byte(sentence), bytes.TrimSuffix(all, []byte("\n"))); !ok {
					t.Fail(check.Mark{Event: at.Event, At: at.At + d.At, Len: d.Len}, d.Want, d.Got)
				}
			},
		},
	}}
}

// maxAnswer is more than any right answer has.
const maxAnswer = 1 << 20
