package sandbox

type cgroup struct{}
