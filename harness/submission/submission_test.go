package submission

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func folder(t *testing.T, files map[string]string) string {
	dir := t.TempDir()
	for name, data := range files {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(data), 0o644))
	}
	return dir
}

func TestManifest(t *testing.T) {
	dir := folder(t, map[string]string{"grader.yaml": "# mine\nassignment: http-server\nbuild: make -s\nrun: ./server --fast\n"})
	m, err := ReadManifest(dir, false)
	require.NoError(t, err)
	require.Equal(t, dir+"/grader.yaml:2:13: unknown", m.Wrong(dir, "assignment", "unknown").Error())
	require.Equal(t, dir+"/grader.yaml: missing", m.Wrong(dir, "course", "missing").Error())
	m.at = nil
	require.Equal(t, Manifest{Assignment: "http-server", Build: "make -s", Run: "./server --fast"}, m)
}

func TestManifestErrorsSayWhere(t *testing.T) {
	for text, want := range map[string]string{
		"assignment: http-server\nrunn: ./server\n": `:2:1: unknown key "runn"; did you mean "run"?`,
		"run: ./server\nports: 80\n":                `:2:1: unknown key "ports"; there are assignment, course, build and run`,
		"run: [a\n":                                 `:1:6: `,
		"run: {a: b}\n":                             `:1:6: `,
		"run: ./server\n  build: make\n":            `:1:6: mapping`,
		"assignment: http-server\n":                 "no run: add a line",
		"":                                          "no run: add a line",
		"\t\tx":                                     `:1:`,
	} {
		dir := folder(t, map[string]string{"grader.yaml": text})
		_, err := ReadManifest(dir, false)
		var bad *ManifestError
		require.ErrorAs(t, err, &bad, text)
		require.Contains(t, err.Error(), want, text)
		require.NotContains(t, err.Error(), "\n\n")
	}
}

// TestManifestOutside has a manifest that points at a file of whoever runs the
// grader: neither is it read, nor does the message repeat a word of it.
func TestManifestOutside(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(secret, []byte("hunter2: x\n"), 0o644))
	for _, target := range []string{secret, "/dev/zero", "..", "no-such-file"} {
		dir := folder(t, nil)
		require.NoError(t, os.Symlink(target, filepath.Join(dir, "grader.yaml")))
		_, err := ReadManifest(dir, false)
		var bad *ManifestError
		require.ErrorAs(t, err, &bad, target)
		require.ErrorContains(t, err, "not a plain file inside the folder")
		require.NotContains(t, err.Error(), "hunter2")
	}
	dir := folder(t, map[string]string{"real.yaml": "run: ./server\n"})
	require.NoError(t, os.Symlink("real.yaml", filepath.Join(dir, "grader.yaml")))
	_, err := ReadManifest(dir, false)
	require.NoError(t, err, "a link inside the folder is the student's own business")
}

// TestLongCommand refuses what no shell's line is, in words; a fault of ours it would be otherwise.
func TestLongCommand(t *testing.T) {
	fits := strings.Repeat("<", maxCommand)
	for _, key := range []string{"run", "build"} {
		text := map[string]string{"run": "\n", "build": "\nrun: ./server\n"}[key]
		_, err := ReadManifest(folder(t, map[string]string{"grader.yaml": key + ": '" + fits + "'" + text}), false)
		require.NoError(t, err)
		_, err = ReadManifest(folder(t, map[string]string{"grader.yaml": key + ": '" + strings.Repeat("<", 12_000) + "'" + text}), false)
		var bad *ManifestError
		require.ErrorAs(t, err, &bad)
		require.ErrorContains(t, err, "grader.yaml:1:")
		require.ErrorContains(t, err, "the "+key+" command has 12000 bytes, of at most 4096: put it in a script of its own")
	}
	_, err := ReadManifest(folder(t, map[string]string{"Cargo.toml": "name = \"" + strings.Repeat("a", 12_000) + "\"\n"}), false)
	var bad *ManifestError
	require.ErrorAs(t, err, &bad)
	require.ErrorContains(t, err, "Cargo.toml: the name of its program is too long")
}

func TestGuess(t *testing.T) {
	for _, tt := range []struct {
		client     bool
		files      map[string]string
		build, run string
	}{
		{false, map[string]string{"Makefile": "", "main.py": ""}, "make", "./server"},
		{true, map[string]string{"Makefile": ""}, "make", "./client"},
		{false, map[string]string{"main.py": "", "go.mod": ""}, "", "python3 main.py"},
		{false, map[string]string{"server.py": "", "client.py": ""}, "", "python3 server.py"},
		{true, map[string]string{"server.py": "", "client.py": ""}, "", "python3 client.py"},
		{false, map[string]string{"go.mod": ""}, "go build -o server .", "./server"},
		{false, map[string]string{"Cargo.toml": "[package]\nname = \"my-srv\"\n"}, "cargo build --release --offline", "./target/release/my-srv"},
		{false, map[string]string{"pom.xml": ""}, "mvn -o -q package", "java -jar target/*.jar"},
		{false, map[string]string{"package.json": `{"main": "app.js"}`}, "", "node app.js"},
		{false, map[string]string{"package.json": `{"main": "app.js; rm -rf /"}`}, "", "node index.js"},
	} {
		m, err := ReadManifest(folder(t, tt.files), tt.client)
		require.NoError(t, err)
		require.Equal(t, tt.build, m.Build)
		require.Equal(t, tt.run, m.Run)
		require.NotEmpty(t, m.Guess)
	}
	_, err := ReadManifest(t.TempDir(), false)
	require.ErrorIs(t, err, ErrNoManifest)
}

func TestCopy(t *testing.T) {
	src := folder(t, map[string]string{"a/b.txt": "b", ".git/config": "x", "run.sh": "#!/bin/sh\n"})
	require.NoError(t, os.Chmod(filepath.Join(src, "run.sh"), 0o755))
	require.NoError(t, os.Symlink("/etc/passwd", filepath.Join(src, "link")))
	dst := filepath.Join(t.TempDir(), "copy")
	require.NoError(t, Copy(dst, src))

	data, err := os.ReadFile(filepath.Join(dst, "a/b.txt"))
	require.NoError(t, err)
	require.Equal(t, "b", string(data))
	require.NoDirExists(t, filepath.Join(dst, ".git"))
	info, err := os.Stat(filepath.Join(dst, "run.sh"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o755), info.Mode().Perm())
	target, err := os.Readlink(filepath.Join(dst, "link"))
	require.NoError(t, err)
	require.Equal(t, "/etc/passwd", target, "a link stays a link: it is not followed")
}
