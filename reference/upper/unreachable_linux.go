package upper

import (
	"net"
	"syscall"
)

// reportUnreachable makes the next call on pc fail after an ICMP error (IP_RECVERR, ip(7)), as calls on
// Windows do by themselves.
func reportUnreachable(pc net.PacketConn) error {
	raw, err := pc.(*net.UDPConn).SyscallConn()
	if err != nil {
		return err
	}
	var set error
	err = raw.Control(func(fd uintptr) { set = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_IP, syscall.IP_RECVERR, 1) })
	if err != nil {
		return err
	}
	return set
}
