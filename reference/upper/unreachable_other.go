//go:build !linux

package upper

import "net"

// reportUnreachable does nothing: what this system tells of ICMP errors is not ours to choose.
func reportUnreachable(net.PacketConn) error { return nil }
