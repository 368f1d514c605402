package service

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/wiregrade/wiregrade/api"
	"github.com/wiregrade/wiregrade/api/webhook"
	"github.com/wiregrade/wiregrade/grader/store"
	"github.com/wiregrade/wiregrade/internal/postgres"
	"github.com/wiregrade/wiregrade/internal/queue"
)

// GitHub says who the service is on GitHub. Without a webhook's secret it is nobody there.
type GitHub struct {
	URL    string // "" is https://github.com
	Secret string // of the webhook
	App    int64
	Key    []byte // of the App, PEM
	Token  string // where there is no App
}

// The settings that have a secret, by name.
const (
	GitHubSecretEnv = "WIREGRADE_GITHUB_SECRET"
	GitHubTokenEnv  = "WIREGRADE_GITHUB_TOKEN"
)

// shortest is how long a secret is at least that anybody may try to guess by calls.
const shortest = 20

// A SettingError says which setting keeps the service from starting.
type SettingError struct{ Setting, Problem string }

// Error names the setting.
func (e *SettingError) Error() string { return e.Setting + " " + e.Problem }

// checkSecret refuses a secret that is missing, short or published.
func checkSecret(setting, secret string) error {
	lower := strings.ToLower(secret)
	distinct := map[rune]bool{}
	for _, r := range secret {
		distinct[r] = true
	}
	switch {
	case secret == "":
		return &SettingError{setting, "is not set: without it anybody could speak as GitHub"}
	case slices.ContainsFunc(published, func(p string) bool { return strings.TrimRight(lower, "0123456789!-_ ") == p }):
		return &SettingError{setting, "is published as a default: make one with openssl rand -hex 32"}
	case len(secret) < shortest || len(distinct) < 8:
		return &SettingError{setting, fmt.Sprintf("can be guessed: want %d characters or more, as openssl rand -hex 32 makes them", shortest)}
	}
	return nil
}

// hooks are the ways in and out for other machines, with the errands that they make.
func hooks(s *postgres.Store, q *queue.Queue, o Options) (api.Hooks, queue.Errands, error) {
	to := webhook.Addresses{Allow: o.HooksAllow}
	h := api.Hooks{CI: &webhook.CI{Store: s, Queue: q}, To: to}
	sender := webhook.NewSender(s, to, o.Worker.Version)
	e := queue.Errands{
		Log:  o.Log,
		Send: sender.Send,
		At:   func(ctx context.Context) error { _, err := s.CloseAssignments(ctx); return err },
		// Without GitHub these stay for a service that has it.
		Fetch: func(context.Context, store.Source, string, bool) error { return &queue.AgainError{After: time.Hour} },
		Show:  func(context.Context, store.ID, string) error { return nil },
	}
	if o.GitHub.Secret == "" {
		return h, e, nil
	}
	g, err := webhook.NewGitHub(webhook.GitHubOptions{
		URL: o.GitHub.URL, Secret: o.GitHub.Secret, App: o.GitHub.App, Key: o.GitHub.Key, Token: o.GitHub.Token,
		Store: s, Queue: q, View: api.StudentView(s), Log: o.Log, Link: func(c store.Course, sub store.Submission, run store.ID) string {
			switch {
			case o.URL == "":
				return ""
			case run == "":
				return o.URL + api.Prefix + "/courses/" + c.Name + "/submissions/" + string(sub.ID)
			default:
				return o.URL + api.Prefix + "/courses/" + c.Name + "/runs/" + string(run) + "/report?format=html"
			}
		},
	})
	if err != nil {
		return h, e, err
	}
	h.GitHub = g
	e.Fetch = func(ctx context.Context, source store.Source, delivery string, last bool) error {
		return again(g.Fetch(ctx, source, delivery, last))
	}
	e.Show = func(ctx context.Context, repository store.ID, commit string) error {
		return again(g.Show(ctx, repository, commit))
	}
	return h, e, nil
}

// again has an errand done later when GitHub asks for that.
func again(err error) error {
	var later *webhook.LaterError
	if errors.As(err, &later) {
		return &queue.AgainError{After: later.After}
	}
	return err
}

// Check refuses settings with which the service must not start, by name.
func (o Options) Check() error {
	g := o.GitHub
	if g.Secret == "" && g.App == 0 && g.Token == "" {
		return nil
	}
	if err := checkSecret(GitHubSecretEnv, g.Secret); err != nil {
		return err
	}
	switch {
	case g.App == 0 && g.Token == "":
		return &SettingError{"--github-app", "or " + GitHubTokenEnv + " is needed beside " + GitHubSecretEnv + ": private repositories cannot be fetched without"}
	case g.App != 0 && len(g.Key) == 0:
		return &SettingError{"--github-app-key", "is needed beside --github-app"}
	case g.App == 0 && len(g.Token) < shortest:
		return &SettingError{GitHubTokenEnv, "is no token of GitHub's"}
	}
	return nil
}

// Prefixes reads addresses and networks: "10.0.0.5,192.168.0.0/16".
func Prefixes(list []string) ([]netip.Prefix, error) {
	var all []netip.Prefix
	for _, s := range list {
		if ip, err := netip.ParseAddr(s); err == nil {
			all = append(all, netip.PrefixFrom(ip, ip.BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, fmt.Errorf("%q is neither an address nor a network such as 10.0.0.0/8", s)
		}
		all = append(all, p.Masked())
	}
	return all, nil
}
