package report

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader"
)

func plainLine(l line) string {
	var b strings.Builder
	for _, s := range l {
		b.WriteString(s.text)
	}
	return b.String()
}

func TestHexRowsKeepWhatIsMarked(t *testing.T) {
	data := make([]byte, 600)
	for i := range data {
		data[i] = byte(i)
	}
	for _, cols := range []int{20, 71, 100, pageCols} {
		for _, rows := range []int{1, 2, 5, 12} {
			for at := range data {
				lines := hexFit(data, []mark{{at, at + 2}}, limits{cols, rows})
				require.LessOrEqual(t, len(lines), 2*rows+3)
				marked := ""
				for _, l := range lines {
					for _, s := range l {
						if s.tone == bad {
							marked += s.text
						}
					}
				}
				require.Contains(t, marked, strings.Fields(plainLine(hexLine(data[at:at+1], mark{0, 1}, nil, 8)))[1], "byte %d", at)
			}
		}
	}
	require.Equal(t, "0000 ⟨end⟩", plainLine(hexFit(nil, []mark{{0, 1}}, limits{80, 3})[0]))
	require.Equal(t, "0000 3a 3a 65 23 23 5b        ::e#.[", plainLine(hexFit([]byte("::e##["), nil, limits{40, 3})[0]), "no command of a log")
}

func TestTheReferencesCounterpart(t *testing.T) {
	r := dnsRun().Results[0]
	got := counterpart(&r, r.Reference.Events)
	require.Len(t, got, 1)
	require.Equal(t, r.Reference.Events[1].Seq, got[0].Seq)
	require.Empty(t, counterpart(&r, []grader.Event{{Seq: 1, Kind: grader.Data, Dir: grader.Got, Data: []byte("text")}}))
}
