package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/wiregrade/wiregrade/internal/client"
)

func newLogin() *cobra.Command {
	var tokenFile string
	var clear bool
	c := &cobra.Command{
		Use:   "login [URL]",
		Short: "Log in to a course's service",
		Long: `Login keeps the address of a service and your token for submit, status, regrade
and gradebook. It asks for the token without showing it, or reads it from standard
input or --token-file, tries it at once, and stores it readable by you alone. Without
URL the service of the last login is meant.

Where nothing can be stored, as in CI, set WIREGRADE_URL and WIREGRADE_TOKEN instead.`,
		Example: `grader login https://grader.example.edu
grader login https://grader.example.edu --token-file token.txt
grader logout`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage("a token is asked for, never an argument: others on this machine see those", "login takes one address, not %d", len(args))
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			address := ""
			if len(args) == 1 {
				address = args[0]
			}
			return login(c.Context(), c, address, tokenFile, clear)
		},
	}
	c.Flags().StringVar(&tokenFile, "token-file", "", "read the token from this FILE (- is standard input)")
	c.Flags().BoolVar(&clear, "allow-http", false, "send the token over plain http to another machine: everybody on the way can read it")
	return c
}

func login(ctx context.Context, c *cobra.Command, address, tokenFile string, clear bool) error {
	if address == "" {
		last, err := client.LoadLogin()
		if err != nil {
			return usage("for example: grader login https://grader.example.edu", "login takes the address of the service")
		}
		address, clear = last.URL, true // as it was allowed then
	}
	base, err := client.CheckURL(address, clear)
	switch {
	case errors.Is(err, client.ErrClear):
		return usage("ask for an https:// address; --allow-http does it all the same", "%v", err)
	case err != nil:
		return usage("for example: grader login https://grader.example.edu", "%s", client.Plain(err.Error()))
	}
	token, err := readToken(ctx, c.ErrOrStderr(), base, tokenFile)
	if err != nil {
		return err
	}
	me, err := client.New(base, token).Me(ctx)
	if err != nil {
		var p *client.Problem
		if errors.As(err, &p) && p.Status == 401 {
			return usage("copy all of it; your teacher can make a new one. Nothing was stored", "%s does not take this token", base)
		}
		return served(err)
	}
	file, err := client.Login{URL: base, Login: me.Login, Token: token}.Save()
	if err != nil {
		return usage("", "%v", err)
	}
	name := me.Name
	if name == "" {
		name = me.Login
	}
	fmt.Fprintf(c.OutOrStdout(), "Hello %s: you are %s at %s.\n", client.Plain(name), client.Plain(me.Login), base)
	fmt.Fprintf(c.ErrOrStderr(), "The token is kept in %s.\n", file)
	if os.Getenv(tokenEnv) != "" {
		fmt.Fprintf(c.ErrOrStderr(), "%s is set, and goes before it.\n", tokenEnv)
	}
	return nil
}

// maxToken bounds what is read as a token; ours have some 50 bytes.
const maxToken = 4096

// readToken reads the token from the file, from standard input, or from whoever sits at the terminal.
func readToken(ctx context.Context, stderr io.Writer, base, file string) (string, error) {
	var in io.Reader = os.Stdin
	if file == "" && term.IsTerminal(int(os.Stdin.Fd())) {
		return askToken(ctx, stderr, base)
	}
	if file != "" && file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return "", usage("", "--token-file: %v", err)
		}
		defer f.Close()
		in = f
	}
	line, err := bufio.NewReader(io.LimitReader(in, maxToken)).ReadString('\n')
	if err != nil && err != io.EOF {
		return "", usage("", "read the token: %v", err)
	}
	return checkToken(line)
}

// askToken asks without showing what is typed. Ctrl-C puts the terminal back as it was.
func askToken(ctx context.Context, stderr io.Writer, base string) (string, error) {
	fd := int(os.Stdin.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", usage("--token-file names a file with it", "read the token: %v", err)
	}
	fmt.Fprintf(stderr, "Token for %s (it is not shown): ", base)
	type answer struct {
		line []byte
		err  error
	}
	typed := make(chan answer, 1)
	go func() {
		line, err := term.ReadPassword(fd)
		typed <- answer{line, err}
	}()
	select {
	case <-ctx.Done():
		term.Restore(fd, before)
		fmt.Fprintln(stderr)
		return "", &exitError{exitFault, "interrupted: nothing was stored", ""}
	case a := <-typed:
		fmt.Fprintln(stderr)
		if a.err != nil && a.err != io.EOF {
			return "", usage("--token-file names a file with it", "read the token: %v", a.err)
		}
		return checkToken(string(a.line))
	}
}

func checkToken(line string) (string, error) {
	token := strings.TrimSpace(line)
	switch {
	case token == "":
		return "", usage("type or paste it when asked, or name a file with it: --token-file", "no token")
	case strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }):
		return "", usage("a token is one word that begins with wgt_", "this is no token: it has blanks or odd characters in it")
	}
	return token, nil
}

func newLogout() *cobra.Command {
	return &cobra.Command{
		Use:   "logout",
		Short: "Forget the service and the token",
		Long: `Logout removes what login stored on this machine. The token itself stays good: when
somebody else may know it, have it revoked (DELETE /api/v1/me/tokens/…, or ask your teacher).`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			err := client.Forget()
			switch {
			case errors.Is(err, client.ErrLoggedOut):
				fmt.Fprintln(c.OutOrStdout(), "You were not logged in.")
			case err != nil:
				return usage("", "%v", err)
			default:
				fmt.Fprintln(c.OutOrStdout(), "The token is gone from this machine.")
			}
			return nil
		},
	}
}
