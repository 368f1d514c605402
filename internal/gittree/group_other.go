//go:build !unix

package gittree

import "os/exec"

// group is for systems with process groups.
func group(*exec.Cmd) {}
