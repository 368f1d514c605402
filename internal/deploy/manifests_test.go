package deploy

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/internal/pgtest"
	"github.com/wiregrade/wiregrade/internal/postgres"
	"github.com/wiregrade/wiregrade/internal/queue"
	"github.com/wiregrade/wiregrade/internal/storetest"
)

// waiting makes a database in which two submissions wait and one is being graded.
func waiting(t *testing.T, url string) {
	pg, err := postgres.Open(t.Context(), url)
	require.NoError(t, err)
	defer pg.Close()
	q, err := queue.New(pg)
	require.NoError(t, err)
	w := storetest.NewWorld(t, pg, q)
	w.MustSubmit(t, w.Ann, "1")
	worker := postgres.Worker{Name: "w", Slots: 1, Version: "v1"}
	_, err = q.Renew(t.Context(), worker, nil)
	require.NoError(t, err)
	_, ok, err := q.Claim(t.Context(), worker, 1)
	require.NoError(t, err)
	require.True(t, ok)
	w.MustSubmit(t, w.Ann, "2")
	w.MustSubmit(t, w.Bob, "1")
}

// A trigger is KEDA's.
type trigger struct {
	Type     string
	Metadata struct {
		Query            string
		TargetQueryValue string `yaml:"targetQueryValue"`
	}
}

// An object is as much of one of Kubernetes' as is compared.
type object struct {
	Kind     string
	Metadata struct{ Name string }
	Spec     struct {
		Triggers       []trigger
		ScaleTargetRef struct{ Name string } `yaml:"scaleTargetRef"`
		Template       struct {
			Spec struct {
				Grace          int         `yaml:"terminationGracePeriodSeconds"`
				InitContainers []container `yaml:"initContainers"`
				Containers     []container
			}
		}
	}
}

type container struct {
	Args  []string
	Ports []struct {
		ContainerPort int `yaml:"containerPort"`
	}
	LivenessProbe  probe `yaml:"livenessProbe"`
	ReadinessProbe probe `yaml:"readinessProbe"`
}

type probe struct {
	HTTPGet struct{ Path, Port string } `yaml:"httpGet"`
}

// objects are those of the Kubernetes manifest, by kind and name.
func objects(t *testing.T) map[string]object {
	data, err := os.ReadFile("../../deploy/kubernetes/wiregrade.yaml")
	require.NoError(t, err)
	all := map[string]object{}
	for _, text := range strings.Split(string(data), "\n---\n") {
		var o object
		require.NoError(t, yaml.Unmarshal([]byte(text), &o), text)
		all[o.Kind+" "+o.Metadata.Name] = o
	}
	return all
}

func scaler(t *testing.T) trigger {
	o, ok := objects(t)["ScaledObject wiregrade-worker"]
	require.True(t, ok)
	require.Len(t, o.Spec.Triggers, 1)
	require.Equal(t, "postgresql", o.Spec.Triggers[0].Type)
	require.NotEmpty(t, o.Spec.Triggers[0].Metadata.TargetQueryValue)
	return o.Spec.Triggers[0]
}

// TestKubernetes compares the manifest's names with each other and with the service's.
func TestKubernetes(t *testing.T) {
	t.Parallel()
	all := objects(t)
	require.Contains(t, all, "Deployment "+all["ScaledObject wiregrade-worker"].Spec.ScaleTargetRef.Name)
	serve := all["Deployment wiregrade-serve"].Spec.Template.Spec
	require.Equal(t, []string{"migrate"}, serve.InitContainers[0].Args)
	c := serve.Containers[0]
	require.Equal(t, "/healthz", c.LivenessProbe.HTTPGet.Path)
	require.Equal(t, "/readyz", c.ReadinessProbe.HTTPGet.Path)
	require.Contains(t, c.Args, ":8080")
	require.Equal(t, 8080, c.Ports[0].ContainerPort)
	require.Contains(t, c.Args, ":9464")
	require.Equal(t, 9464, c.Ports[1].ContainerPort)
	require.Greater(t, serve.Grace, 60, "longer than the default of --grace")
	work := all["Deployment wiregrade-worker"].Spec.Template.Spec
	require.Equal(t, "work", work.Containers[0].Args[0])
	require.Greater(t, work.Grace, 60)
}

// TestMetrics scrapes a service and compares what it gives with what the page tells of.
func TestMetrics(t *testing.T) {
	t.Parallel()
	dir, err := pgtest.Dir()
	require.NoError(t, err)
	defer os.RemoveAll(dir)
	s, metrics, stop := scraped(t, "", dir+"/data")
	defer stop()
	_, err = s.MakeCourse(t.Context(), "net", "tiny", "ann")
	require.NoError(t, err)
	require.NoError(t, s.Do(t.Context(), s.Token, "PUT", "/courses/net/members/admin", map[string]any{"role": "student"}, nil))
	handIn(t, s, s.Token, "echo right")
	for _, path := range []string{"/healthz", "/readyz"} {
		res, err := http.Get(s.URL + path)
		require.NoError(t, err)
		res.Body.Close()
		require.Equal(t, 200, res.StatusCode, path)
		require.Contains(t, page(t), "`"+path+"`")
	}
	res, err := http.Get(s.URL + "/metrics")
	require.NoError(t, err)
	res.Body.Close()
	require.Equal(t, 404, res.StatusCode, "not where a proxy stands before it")
	res, err = http.Get(metrics)
	require.NoError(t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	require.NoError(t, err)
	given := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^# TYPE (\w+) `).FindAllStringSubmatch(string(text), -1) {
		given[m[1]] = true
		if !strings.HasPrefix(m[1], "go_") && !strings.HasPrefix(m[1], "process_") {
			require.Contains(t, page(t), "| `"+m[1]+"` |")
		}
	}
	told := regexp.MustCompile("`((?:wiregrade|process|go)_[a-z_]+)`").FindAllStringSubmatch(page(t), -1)
	require.Greater(t, len(told), 10)
	told = append(told, regexp.MustCompile(`(?:[( '])(wiregrade_[a-z_]+)[{)\[ ]`).FindAllStringSubmatch(page(t), -1)...) // the rules
	require.Greater(t, len(told), 20)
	for _, m := range told {
		require.True(t, given[m[1]], "%s is told of and not given", m[1])
	}
}

// TestSeccomp: the profile for containers allows what the sandbox needs, nothing contradicts that, and everything else is Docker's.
func TestSeccomp(t *testing.T) {
	t.Parallel()
	type rule struct {
		Names          []string
		Action         string
		Args, Includes any
	}
	read := func(name string, into any) {
		data, err := os.ReadFile("../../deploy/seccomp/" + name)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(data, into))
	}
	var needs rule
	var profile struct {
		DefaultAction string
		Syscalls      []rule
	}
	read("sandbox.json", &needs)
	read("wiregrade.json", &profile)
	require.Equal(t, "SCMP_ACT_ERRNO", profile.DefaultAction)
	require.Contains(t, profile.Syscalls, needs)
	for _, r := range profile.Syscalls {
		if r.Action == "SCMP_ACT_ALLOW" {
			continue
		}
		for _, call := range needs.Names {
			require.NotContains(t, r.Names, call)
		}
	}
	for _, file := range []string{"compose.yaml", "deploy/kubernetes/wiregrade.yaml"} {
		data, err := os.ReadFile("../../" + file)
		require.NoError(t, err)
		require.Contains(t, string(data), "deploy/seccomp/wiregrade.json", file)
	}
}
