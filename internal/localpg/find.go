package localpg

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
)

// oldest is the first major version that the schema works with.
const oldest = 15

// A MissingError says that no fitting PostgreSQL is installed, and what to do.
type MissingError struct {
	Want   string // "15 or later", or the version that the data folder needs
	Found  []string
	Advice string
}

// Error says what is missing and how to get it.
func (e *MissingError) Error() string {
	s := "no PostgreSQL " + e.Want + " is installed"
	if len(e.Found) > 0 {
		s += " (found " + strings.Join(e.Found, ", ") + ")"
	}
	return s + ": " + e.Advice
}

// places are where systems keep the server's programs, which are often not in PATH.
var places = []string{
	"/usr/lib/postgresql/*/bin",              // Debian, Ubuntu
	"/usr/pgsql-*/bin",                       // the PostgreSQL project's RPMs
	"/usr/lib64/pgsql*/bin",                  // Gentoo, openSUSE
	"/usr/libexec/postgresql*",               // Alpine
	"/opt/homebrew/opt/postgresql*/bin",      // Homebrew on arm64
	"/usr/local/opt/postgresql*/bin",         // Homebrew on x86
	"/usr/local/pgsql/bin",                   // from source
	"/Applications/Postgres.app/*/*/*/bin",   // Postgres.app
	"/nix/var/nix/profiles/default/bin",      // Nix
	"/run/current-system/sw/bin", "/usr/bin", // NixOS; Fedora, Arch
}

// find gives the folder of the server's programs: of the major version
// asked for, or of the newest one when major is "".
func find(major string) (string, error) {
	var dirs []string
	if path, err := exec.LookPath("postgres"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			path = real
		}
		dirs = append(dirs, filepath.Dir(path))
	}
	for _, p := range places {
		found, _ := filepath.Glob(p)
		dirs = append(dirs, found...)
	}
	missing := &MissingError{Want: fmt.Sprintf("%d or later", oldest), Advice: advice(runtime.GOOS, osRelease())}
	if major != "" {
		missing.Want = major + ", which the data folder was made with,"
		missing.Advice += "; or move the data to another version with pg_dump and psql"
	}
	best, version := "", 0
	for _, dir := range dirs {
		v := versionOf(dir)
		if v == 0 {
			continue
		}
		missing.Found = append(missing.Found, fmt.Sprintf("%d in %s", v, dir))
		if (major == "" && v >= oldest || strconv.Itoa(v) == major) && v > version {
			best, version = dir, v
		}
	}
	if best == "" {
		return "", missing
	}
	return best, nil
}

var versionLine = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

// versionOf asks the programs in dir for their major version, 0 when they are not complete.
func versionOf(dir string) int {
	if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
		return 0
	}
	out, err := exec.Command(filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return 0
	}
	m := versionLine.FindSubmatch(out)
	if m == nil {
		return 0
	}
	v, _ := strconv.Atoi(string(m[1]))
	return v
}

func osRelease() string {
	data, _ := os.ReadFile("/etc/os-release")
	return string(data)
}

// advice is how PostgreSQL is installed on this system.
func advice(goos, release string) string {
	const other = ", or set DATABASE_URL to a PostgreSQL that runs elsewhere"
	like := func(names ...string) bool {
		for _, n := range names {
			if regexp.MustCompile(`(?m)^ID(_LIKE)?=.*\b` + n + `\b`).MatchString(release) {
				return true
			}
		}
		return false
	}
	switch {
	case goos == "darwin":
		return "install it with `brew install postgresql@17`" + other
	case like("debian", "ubuntu"):
		return "install it with `sudo apt-get install postgresql`" + other
	case like("fedora", "rhel", "centos"):
		return "install it with `sudo dnf install postgresql-server`" + other
	case like("alpine"):
		return "install it with `apk add postgresql`" + other
	case like("arch"):
		return "install it with `sudo pacman -S postgresql`" + other
	case like("suse", "opensuse"):
		return "install it with `sudo zypper install postgresql-server`" + other
	default:
		return "install the PostgreSQL server with your system's package manager" + other
	}
}
