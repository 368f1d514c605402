package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"
)

// TestOperatingPage compares the settings of docs/operating.md with the flags that there are: none is left out, none is invented.
func TestOperatingPage(t *testing.T) {
	data, err := os.ReadFile("../../docs/operating.md")
	require.NoError(t, err)
	_, settings, ok := strings.Cut(string(data), "\n## Settings\n")
	require.True(t, ok)
	settings, _, _ = strings.Cut(settings, "\n## ")
	type row struct{ work bool }
	told := map[string]row{}
	for _, m := range regexp.MustCompile("(?m)^\\| `--([a-z-]+)` \\| ?(\\*work\\*)? ?\\|").FindAllStringSubmatch(settings, -1) {
		told[m[1]] = row{m[2] != ""}
	}
	given := map[string]row{}
	newServe().Flags().VisitAll(func(f *pflag.Flag) { given[f.Name] = row{newWork().Flags().Lookup(f.Name) != nil} })
	newWork().Flags().VisitAll(func(f *pflag.Flag) { require.Contains(t, given, f.Name, "serve has every flag of work") })
	require.Equal(t, given, told)
	help := newServe().Long + newWork().Long
	for _, m := range regexp.MustCompile("(?m)^\\| `([A-Z_]+)` \\|").FindAllStringSubmatch(settings, -1) {
		require.Contains(t, help, m[1])
	}
}

// TestDeployFlags parses every command line of compose.yaml, the manifests, the units and the Dockerfile as the program does.
func TestDeployFlags(t *testing.T) {
	commands := map[string]func() *cobra.Command{"serve": newServe, "work": newWork, "migrate": newMigrate}
	list := regexp.MustCompile(`(?m)(?:command|args|CMD):? (\[.*\])$`)
	unit := regexp.MustCompile(`(?m)^ExecStart=\S+/grader (.*)$`)
	seen := 0
	for _, file := range []string{
		"compose.yaml", "Dockerfile", "deploy/kubernetes/wiregrade.yaml", "deploy/systemd/wiregrade.service", "deploy/systemd/wiregrade-worker.service",
	} {
		data, err := os.ReadFile("../../" + file)
		require.NoError(t, err)
		var lines []string
		for _, m := range list.FindAllStringSubmatch(string(data), -1) {
			lines = append(lines, strings.NewReplacer("[", "", "]", "", ",", " ", `"`, "").Replace(m[1]))
		}
		for _, m := range unit.FindAllStringSubmatch(string(data), -1) {
			lines = append(lines, m[1])
		}
		found := 0
		for _, line := range lines {
			args := strings.Fields(line)
			make, ok := commands[args[0]]
			if !ok {
				continue // a check of health
			}
			found++
			c := make()
			require.NoError(t, c.ParseFlags(args[1:]), "%s: %s", file, line)
			require.Empty(t, c.Flags().Args(), "%s: %s", file, line)
		}
		require.Positive(t, found, file)
		seen += found
		for _, m := range regexp.MustCompile(`\b(DATABASE_\w+|WIREGRADE_\w+)\b`).FindAllString(string(data), -1) {
			require.Contains(t, newServe().Long+newWork().Long, m, file)
		}
	}
	require.Equal(t, 9, seen)
}
