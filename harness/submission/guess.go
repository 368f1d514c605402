package submission

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
)

// guess finds the commands by the usual file names, in the order of the statement.
func guess(dir string, client bool) (Manifest, error) {
	name, other := "server", "client"
	if client {
		name, other = other, name
	}
	guesses := []struct {
		file string
		m    func() Manifest
	}{
		{"Makefile", func() Manifest { return Manifest{Build: "make", Run: "./" + name} }},
		{"main.py", func() Manifest { return Manifest{Run: "python3 main.py"} }},
		{name + ".py", func() Manifest { return Manifest{Run: "python3 " + name + ".py"} }},
		{other + ".py", func() Manifest { return Manifest{Run: "python3 " + other + ".py"} }},
		{"go.mod", func() Manifest { return Manifest{Build: "go build -o " + name + " .", Run: "./" + name} }},
		{"Cargo.toml", func() Manifest {
			return Manifest{Build: "cargo build --release --offline", Run: "./target/release/" + crate(dir, name)}
		}},
		{"pom.xml", func() Manifest { return Manifest{Build: "mvn -o -q package", Run: "java -jar target/*.jar"} }},
		{"package.json", func() Manifest { return Manifest{Run: "node " + script(dir)} }},
	}
	for _, g := range guesses {
		if info, err := os.Stat(filepath.Join(dir, g.file)); err == nil && info.Mode().IsRegular() {
			m := g.m()
			m.Guess = g.file
			if len(m.Run) > maxCommand {
				return Manifest{}, &ManifestError{File: filepath.Join(dir, g.file), Problem: "the name of its program is too long to guess the command from"}
			}
			return m, nil
		}
	}
	return Manifest{}, ErrNoManifest
}

var crateName = regexp.MustCompile(`(?m)^name\s*=\s*"([A-Za-z0-9_-]+)"`)

// crate is the binary that cargo makes: the package's name.
func crate(dir, otherwise string) string {
	data, _ := readInside(dir, "Cargo.toml", maxManifest)
	if m := crateName.FindSubmatch(data); m != nil {
		return string(m[1])
	}
	return otherwise
}

var plainName = regexp.MustCompile(`^[A-Za-z0-9_./-]+$`)

// script is the file that package.json names as its main.
func script(dir string) string {
	var p struct{ Main string }
	data, _ := readInside(dir, "package.json", maxManifest)
	if json.Unmarshal(data, &p) == nil && plainName.MatchString(p.Main) {
		return p.Main
	}
	return "index.js"
}
