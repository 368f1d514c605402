package main

import (
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/wiregrade/wiregrade/internal/service"
)

// hookFlags are the flags of serve for other machines. Secrets have none: a
// command line is seen by everybody on the machine.
type hookFlags struct {
	github string
	app    int64
	key    string
	allow  []string
}

func (f *hookFlags) register(c *cobra.Command) {
	c.Flags().StringVar(&f.github, "github", "https://github.com", "the ADDRESS of GitHub, or of an Enterprise server")
	c.Flags().Int64Var(&f.app, "github-app", 0, "the ID of the GitHub App that this service is")
	c.Flags().StringVar(&f.key, "github-app-key", "", "the FILE with the App's private key (.pem)")
	c.Flags().StringSliceVar(&f.allow, "hooks-allow", nil, "send webhooks also to these ADDRESSES or networks, which are not of the public Internet: 10.0.0.5,192.168.0.0/16")
}

// maxKey is far above a private key.
const maxKey = 64 << 10

// into puts the settings into the service's options.
func (f *hookFlags) into(o *service.Options) error {
	var err error
	if o.HooksAllow, err = service.Prefixes(f.allow); err != nil {
		return usage("--hooks-allow 10.0.0.5,192.168.0.0/16", "--hooks-allow: %v", err)
	}
	o.GitHub = service.GitHub{URL: f.github, Secret: os.Getenv(service.GitHubSecretEnv), App: f.app, Token: os.Getenv(service.GitHubTokenEnv)}
	if f.key == "" {
		return nil
	}
	file, err := os.Open(f.key)
	if err != nil {
		return usage("it is the .pem file that GitHub made for the App", "--github-app-key: %v", err)
	}
	defer file.Close()
	if o.GitHub.Key, err = io.ReadAll(io.LimitReader(file, maxKey)); err != nil {
		return usage("it is the .pem file that GitHub made for the App", "--github-app-key: %v", err)
	}
	return nil
}
