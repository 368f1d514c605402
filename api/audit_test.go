package api

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAuditNamesPeople(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	x.do("ta", "PUT", "/courses/net/assignments/upper/overrides/ann?why=oral", `{"group":"word","points":3}`)
	x.do("root", "POST", "/people/bob/tokens?why=lost", `{"name":"new"}`)
	latest := func(as, path string) Entry {
		var all struct{ Items []Entry }
		x.json(x.do(as, "GET", path+"?limit=1", ""), &all)
		require.Len(t, all.Items, 1)
		return all.Items[0]
	}
	e := latest("prof", "/courses/net/audit")
	require.Equal(t, "ta", e.Login)
	require.Equal(t, x.ta.ID, e.By)
	require.Equal(t, "points of ann for assignment upper word", e.Subject)

	e = latest("root", "/audit")
	require.Equal(t, []string{"root", "lost"}, []string{e.Login, e.Why}, "what belongs to no course is there for admins")
	require.Regexp(t, `^token [0-9a-f-]{36} of bob$`, e.Subject)
	require.Equal(t, 403, x.do("prof", "GET", "/audit", "").StatusCode)

	var members struct{ Items []Membership }
	x.json(x.do("ta", "GET", "/courses/net/members", ""), &members)
	require.Equal(t, "ann", members.Items[0].Login)
	require.Equal(t, x.Ann.ID, members.Items[0].ID, "which tells whose a submission is")
}
