//go:build linux && (amd64 || arm64)

package attackservice

const smallDiskEnv = "WIREGRADE_TEST_SMALL_DISK"

func onSmallDisk(string) int { return 1 }
