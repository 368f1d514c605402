package dnsresolver

import (
	"net"
	"time"
)

// apart is the time between the pieces of a reply: enough for a resolver that waits for it to have read one before the
// next is there.
const apart = 100 * time.Millisecond

// torn is a listener whose connections send each message in three pieces: half of its length, the beginning, the rest.
type torn struct{ net.Listener }

func (l torn) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return tornConn{c}, nil
}

type tornConn struct{ net.Conn }

func (c tornConn) Write(b []byte) (sent int, err error) {
	for _, end := range []int{1, len(b) / 2, len(b)} {
		if end <= sent {
			continue
		}
		if sent > 0 {
			<-time.After(apart)
		}
		n, err := c.Conn.Write(b[sent:end])
		if sent += n; err != nil {
			return sent, err
		}
	}
	return sent, nil
}
