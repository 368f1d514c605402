package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/wiregrade/wiregrade/assignments"
	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/grader/nearest"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/harness/sandbox"
)

// A referenceFlags is where the reference is served or whom it talks to.
type referenceFlags struct {
	client bool
	host   string
	port   int
	root   string
	faults []string
	list   bool
}

func newReference() *cobra.Command {
	var f referenceFlags
	c := &cobra.Command{
		Use:   "reference PROTO [ARGUMENT...]",
		Short: "Serve a reference implementation by hand, correct or with faults",
		Long: `Reference runs the reference that submissions are compared with, on plain
loopback, until it is interrupted. PROTO is one of ` + strings.Join(protocols(), ", ") + `.

HOST, PORT and ROOT in the environment are taken where no flag is given, so a
grader.yaml may run it where it is graded with --no-isolation. In a sandbox it
refuses: a submission answers by itself. The name server (dns) serves the zone
in the file that ZONE in the environment names, the resolver (dns-resolver)
begins at the servers in the file that ROOT_HINTS names.

--fault makes it wrong on purpose; --faults lists the names.`,
		Example: `grader reference http1 --root www
grader reference http1 --fault head-body
ZONE=example.zone grader reference dns --port 5300
ROOT_HINTS=named.root grader reference dns-resolver --port 5353
echo hello | grader reference tcp-upper --client
HOST=9.9.9.9 grader reference dns --client www.example.com A`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 || len(args) > 1 && !f.client {
				return usage("there are "+strings.Join(protocols(), ", "), "reference takes the name of one protocol, and arguments only with --client")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if sandbox.Inside() {
				return &exitError{exitUsage, "the reference does not serve submissions", "to grade it by way of trial: grader check --no-isolation"}
			}
			s, err := referenceSuite(args[0], f.client)
			if err != nil {
				return err
			}
			if f.list {
				for _, name := range s.Faults {
					fmt.Fprintln(c.OutOrStdout(), name)
				}
				return nil
			}
			return f.serve(c, s, args[1:])
		},
	}
	c.Flags().BoolVar(&f.client, "client", false, "run the client, not the server")
	c.Flags().StringVar(&f.host, "host", "", "listen on, or talk to, this ADDRESS (default $HOST or 127.0.0.1)")
	c.Flags().IntVar(&f.port, "port", 0, "this PORT (default $PORT or the assignment's)")
	c.Flags().StringVar(&f.root, "root", "", "serve this FOLDER (default $ROOT or the current one)")
	c.Flags().StringArrayVar(&f.faults, "fault", nil, "be wrong in this way (NAME; may be repeated)")
	c.Flags().BoolVar(&f.list, "faults", false, "list the names of the faults")
	return c
}

// protocol is the name under which the reference of an assignment is known: http1 of http-server, tcp-upper of tcp-upper-client.
func protocol(s *check.Suite) string {
	name := strings.TrimSuffix(s.Name, "-"+string(s.Role))
	if name == "http" {
		return "http1"
	}
	return name
}

func protocols() []string {
	var names []string
	seen := map[string]bool{}
	for _, s := range assignments.All() {
		if p := protocol(s); !seen[p] {
			seen[p] = true
			names = append(names, p)
		}
	}
	return names
}

func referenceSuite(proto string, client bool) (*check.Suite, error) {
	role := grader.Server
	if client {
		role = grader.Client
	}
	known := false
	for _, s := range assignments.All() {
		if protocol(s) != proto {
			continue
		}
		if known = true; s.Role == role {
			return s, nil
		}
	}
	if known {
		return nil, usage("", "there is no %s for %s yet", role, proto)
	}
	names := protocols()
	hint := "there are " + strings.Join(names, ", ")
	if n := nearest.To(proto, names); n != "" {
		hint = fmt.Sprintf("did you mean %s? %s", n, hint)
	}
	return nil, usage(hint, "unknown protocol %q", proto)
}

func (f *referenceFlags) serve(c *cobra.Command, s *check.Suite, args []string) error {
	program, err := s.Wrong(f.faults...)
	if err != nil {
		return usage(fmt.Sprintf("grader reference %s --faults lists the names", protocol(s)), "%v", err)
	}
	vars, err := f.environment(s)
	if err != nil {
		return err
	}
	box, err := sandbox.Loopback{}.New(c.Context())
	if err != nil {
		return fault("%v", err)
	}
	defer box.Close()
	said := &saidNetwork{Network: box, says: func(network string, addr net.Addr) {
		fmt.Fprintf(c.ErrOrStderr(), "grader: %s listens on %s %v\n", protocol(s), network, addr)
	}}
	stderr := c.ErrOrStderr()
	var last bytes.Buffer // of a server: it says why it ends, and nothing before
	if s.Role == grader.Server {
		said.port = vars["PORT"]
		stderr = &last
	}
	code := program(c.Context(), &sandbox.Env{
		Network: said, Vars: vars, Args: args, Stdin: os.Stdin, Stdout: c.OutOrStdout(), Stderr: said.unless(stderr),
	})
	if err := said.why(); err != nil {
		return &exitError{exitShort, err.Error(), "--host and --port name another place"}
	}
	ended := code != 0 && c.Context().Err() == nil
	if ended && last.Len() > 0 && len(s.Files) == 1 && len(f.faults) == 0 {
		name := s.Files[0]
		return usage(name+" names a master file (RFC 1035 section 5)", "%s: %s", vars[name], mistake(last.String()))
	}
	c.ErrOrStderr().Write(last.Bytes())
	if ended {
		return &exitError{code: code}
	}
	return nil
}

// mistake puts what a reader of master files says into words: the line first, where it knows one.
func mistake(says string) string {
	says = strings.TrimSpace(says)
	for _, reader := range []string{"parse zone: ", "read root hints: ", "dns: "} {
		says = strings.TrimPrefix(says, reader)
	}
	if what, line, ok := strings.Cut(says, " at line: "); ok {
		line, _, _ = strings.Cut(line, ":")
		return "line " + line + ": " + what
	}
	return says
}

// environment is what a submission would find: flags first, then the real environment, then the defaults.
func (f *referenceFlags) environment(s *check.Suite) (map[string]string, error) {
	port := ""
	if f.port != 0 {
		port = strconv.Itoa(f.port)
	}
	first := func(values ...string) string {
		for _, v := range values {
			if v != "" {
				return v
			}
		}
		return ""
	}
	vars := map[string]string{
		"HOST": first(f.host, os.Getenv("HOST"), "127.0.0.1"),
		"PORT": first(port, os.Getenv("PORT"), strconv.Itoa(int(s.Port))),
	}
	if n, err := strconv.Atoi(vars["PORT"]); err != nil || n < 1 || n > 65535 {
		return nil, usage("a port is a number from 1 to 65535", "the port is %q", vars["PORT"])
	}
	for _, name := range s.Folders {
		vars[name] = first(f.root, os.Getenv(name), ".")
		if info, err := os.Stat(vars[name]); err != nil || !info.IsDir() {
			return nil, usage("--root names a folder that is there", "%s is not a folder: %s", name, vars[name])
		}
	}
	for _, name := range s.Files {
		vars[name] = os.Getenv(name)
		if info, err := os.Stat(vars[name]); err != nil || !info.Mode().IsRegular() {
			return nil, usage(name+"=FILE in the environment names it", "%s is not a file: %q", name, vars[name])
		}
	}
	return vars, nil
}
