package udpupperserver

import (
	"slices"

	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/reference/upper"
)

// datagrams holds the rules on one datagram and its answer.
func datagrams() check.Group {
	return check.Group{Name: "datagrams", Checks: []check.Check{
		{
			Name:   "answers",
			Clause: check.Course("Upper case"),
			Says:   "answer a datagram of small letters with the same letters in upper case, and nothing else",
			Hand:   "printf hello | nc -u -w 1 $HOST $PORT",
			Run:    answers(func(t *check.T) string { return t.Word(12) }),
		},
		{
			Name:   "letters-only",
			Clause: check.Course("Upper case"),
			Says:   "raise a to z and leave everything else as it came: capitals, digits, punctuation",
			Needs:  "answers",
			Hand:   "printf 'aB9~{z}' | nc -u -w 1 $HOST $PORT",
			Run: answers(func(t *check.T) string {
				capitals := string(upper.Raise([]byte(t.Word(3))))
				return t.Word(3) + capitals + "09 `{|}~ @[]^_ " + t.Word(2)
			}),
		},
		{
			Name:   "white-space",
			Clause: check.Course("Upper case"),
			Says:   "send blanks, tabs and line ends back where they stood, at both ends of the datagram too",
			Needs:  "answers",
			Hand:   `printf ' \thello \r\n' | nc -u -w 1 $HOST $PORT | od -c`,
			Run:    answers(func(t *check.T) string { return " \t" + t.Word(5) + "  " + t.Word(3) + " \t\r\n" }),
		},
		{
			Name:   "line-inside",
			Clause: check.Course("One for one"),
			Says:   "answer all of the datagram: a line end in it ends nothing",
			Needs:  "answers",
			Hand:   `printf 'one\ntwo\n' | nc -u -w 1 $HOST $PORT`,
			Run:    answers(func(t *check.T) string { return t.Word(4) + "\n" + t.Word(5) + "\r\n\n" + t.Word(6) }),
		},
		{
			Name:   "zero-byte",
			Clause: check.Course("Other bytes"),
			Says:   "take the length that the receive call gives: a zero byte does not end the data",
			Needs:  "answers",
			Hand:   `printf 'ab\0cd' | nc -u -w 1 $HOST $PORT | od -c`,
			Run:    answers(func(t *check.T) string { return t.Word(4) + "\x00" + t.Word(4) + "\x00" }),
		},
		{
			Name:   "utf-8",
			Clause: check.Course("Other bytes"),
			Says:   "send letters beyond ASCII back unchanged, or as the upper case of the UTF-8 text",
			Needs:  "answers",
			Hand:   "printf 'straße λόγος 上海' | nc -u -w 1 $HOST $PORT",
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
			Says:   "data that is not UTF-8 comes back with its ASCII letters raised and its other bytes unchanged",
			Needs:  "answers",
			Hand:   `printf 'a\377b' | nc -u -w 1 $HOST $PORT | od -c`,
			Run: answers(func(t *check.T) string {
				text := t.Word(3) + "\xe4\xf6\xfc" // a latin-1 text
				for range 12 {
					text += string([]byte{byte(0x80 + t.Rand().IntN(0x80))}) + t.Word(1)
				}
				return text + "\xff"
			}),
		},
		{
			Name:   "beyond-1024",
			Clause: check.Course("Length"),
			Says:   "answer a datagram of more than 1024 bytes whole: what the receive buffer does not hold is lost",
			Needs:  "answers",
			Hand:   `head -c 1500 /dev/zero | tr '\0' a | nc -u -w 1 $HOST $PORT | wc -c`,
			Run:    answers(func(t *check.T) string { return t.Text(1025 + t.Rand().IntN(1000)) }),
		},
		{
			Name:   "2048-bytes",
			Clause: check.Course("Length"),
			Says:   "answer a datagram of exactly 2048 bytes whole",
			Needs:  "answers",
			Hand:   `head -c 2048 /dev/zero | tr '\0' a | nc -u -w 1 $HOST $PORT | wc -c`,
			Run:    answers(func(t *check.T) string { return t.Word(2048) }),
		},
		{
			Name:   "short-after-long",
			Clause: check.Course("One for one"),
			Says:   "answer as many bytes as this datagram has: nothing of an earlier one may follow",
			Needs:  "answers",
			Run: func(t *check.T) {
				s := t.Socket()
				long, short := t.Word(400+t.Rand().IntN(100)), t.Word(3)
				if d := ask(s, long); !right(d, long) {
					t.Block("the answer to a datagram of %d bytes was wrong already", len(long))
				}
				t.Judge()
				d := ask(s, short)
				if right(d, long) { // said twice, which is one-answer's business
					d = take(s, short)
				}
				judge(t, d, short)
			},
		},
		{
			Name:   "one-answer",
			Clause: check.Course("One for one"),
			Says:   "answer each datagram once: the next datagram a client gets is the answer to its next question",
			Needs:  "answers",
			Run: func(t *check.T) {
				s := t.Socket()
				served(t, s)
				text := word(t)
				t.Judge()
				judge(t, ask(s, text), text)
			},
		},
		{
			Name:   "waiting",
			Clause: check.Course("One for one"),
			Says:   "answer every datagram, also those that came while you were busy with the one before",
			Needs:  "answers",
			Run: func(t *check.T) {
				s := t.Socket()
				var texts []string
				for range 4 {
					texts = append(texts, word(t))
				}
				// As a network may have them arrive: some after the next, and its answers likewise.
				s.Impair(check.Impairment{Reorder: 0.5})
				for _, text := range texts {
					s.Ask(text)
				}
				t.Judge()
				for open := texts; len(open) > 0; {
					open = without(t, open, texts, take(s, open[0]))
				}
			},
		},
	}}
}

// without removes from open the text that d answers. One that was answered before is
// one-answer's business; an answer to none of all fails the check.
func without(t *check.T, open, all []string, d check.Datagram) []string {
	for i, text := range open {
		if right(d, text) {
			return slices.Concat(open[:i], open[i+1:])
		}
	}
	if !slices.ContainsFunc(all, func(text string) bool { return right(d, text) }) {
		judge(t, d, open[0])
	}
	return open
}
