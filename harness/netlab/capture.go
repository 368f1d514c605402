package netlab

import (
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/wiregrade/wiregrade/grader"
)

// segment is the payload of one synthesised TCP packet: that of Ethernet.
const segment = 1460

// WriteCapture writes what a result's transcript saw on the wire as pcapng, for
// Wireshark and tshark. The harness sits at its sockets, so it has bytes and
// times but no packets: headers, sequence numbers and checksums are
// synthesised around them. The packet that shows a violation bears it as a
// comment.
func WriteCapture(w io.Writer, r *grader.Result) error {
	intf := pcapgo.DefaultNgInterface
	intf.Name = "wiregrade"
	intf.Comment = plain(fmt.Sprintf("%s: %s (%v)", r.Name, r.Says, r.Clause))
	intf.LinkType = layers.LinkTypeRaw
	intf.SnapLength = 0
	ng, err := pcapgo.NewNgWriterInterface(w, intf, pcapgo.NgWriterOptions{SectionInfo: pcapgo.NgSectionInfo{
		Application: "wiregrade",
		Comment:     "bytes and times as the grader's sockets saw them; packet headers are synthesised",
	}})
	if err != nil {
		return fmt.Errorf("write capture: %w", err)
	}
	c := &capture{w: ng, start: r.Started, flows: map[int]*flow{}, violations: onPackets(r), clause: r.Clause}
	for _, e := range r.Transcript.Endpoints {
		c.flows[e.ID] = newFlow(e)
	}
	for _, e := range r.Transcript.Events {
		if f, ok := c.flows[e.Conn]; ok {
			if err := c.event(f, e); err != nil {
				return fmt.Errorf("write capture: event %d: %w", e.Seq, err)
			}
		}
	}
	if err := ng.Flush(); err != nil {
		return fmt.Errorf("write capture: %w", err)
	}
	return nil
}

// onPackets gives the violations with each one that no packet shows, such as
// that nothing came, moved to the last packet before it.
func onPackets(r *grader.Result) []grader.Violation {
	var moved []grader.Violation
	for _, v := range r.Violations {
		last := 0
		for _, e := range r.Transcript.Events {
			wire := e.Conn != 0 && e.Dir != grader.Aside && e.Kind != grader.Silent
			if wire && (e.Seq <= v.Event || v.Event == 0) {
				last = e.Seq
			}
		}
		if last != v.Event {
			e, _ := r.Transcript.Event(last)
			v.Event, v.At = last, max(0, len(e.Data)-1)
		}
		moved = append(moved, v)
	}
	return moved
}

type capture struct {
	w          *pcapgo.NgWriter
	start      time.Time
	flows      map[int]*flow
	violations []grader.Violation
	clause     grader.Clause
}

// A flow is one endpoint with the TCP state of both sides: side 0 is the harness.
type flow struct {
	grader.Endpoint
	addr [2]netip.AddrPort
	next [2]uint32 // sequence number of the next byte each side sends
	open bool
}

func newFlow(e grader.Endpoint) *flow {
	f := &flow{Endpoint: e, addr: [2]netip.AddrPort{e.Ours, e.Theirs}}
	f.next = [2]uint32{uint32(e.ID) << 20, uint32(e.ID)<<20 + 1<<19}
	return f
}

func (c *capture) event(f *flow, e grader.Event) error {
	from := 0
	if e.Dir == grader.Got {
		from = 1
	}
	if f.Network == "udp" {
		if e.Kind != grader.Data {
			return nil
		}
		return c.packet(f, from, e, 0, e.Data, nil)
	}
	switch e.Kind {
	case grader.Open:
		f.open = true
		opener := 0
		if !f.Dialed {
			opener = 1
		}
		for _, s := range []struct {
			from     int
			syn, ack bool
		}{{opener, true, false}, {1 - opener, true, true}, {opener, false, true}} {
			if err := c.packet(f, s.from, e, 0, nil, &layers.TCP{SYN: s.syn, ACK: s.ack}); err != nil {
				return err
			}
		}
	case grader.Data:
		for at := 0; at < len(e.Data); at += segment {
			part := e.Data[at:min(at+segment, len(e.Data))]
			last := at+segment >= len(e.Data)
			if err := c.packet(f, from, e, at, part, &layers.TCP{ACK: true, PSH: last}); err != nil {
				return err
			}
		}
		f.next[from] += uint32(e.Cut)
	case grader.EOF:
		return c.packet(f, from, e, 0, nil, &layers.TCP{FIN: true, ACK: true})
	case grader.Reset:
		return c.packet(f, from, e, 0, nil, &layers.TCP{RST: true, ACK: true})
	}
	return nil
}

// packet writes one packet of an event; at is where in the event's data its payload begins.
func (c *capture) packet(f *flow, from int, e grader.Event, at int, payload []byte, tcp *layers.TCP) error {
	src, dst := f.addr[from], f.addr[1-from]
	if !src.Addr().Is4() || !dst.Addr().Is4() {
		return fmt.Errorf("no IPv4 address in %v to %v", src, dst)
	}
	ip := &layers.IPv4{Version: 4, TTL: 64, SrcIP: src.Addr().AsSlice(), DstIP: dst.Addr().AsSlice()}
	var transport gopacket.SerializableLayer
	if tcp != nil {
		ip.Protocol = layers.IPProtocolTCP
		tcp.SrcPort, tcp.DstPort = layers.TCPPort(src.Port()), layers.TCPPort(dst.Port())
		tcp.Seq, tcp.Window = f.next[from], 65535
		if tcp.ACK {
			tcp.Ack = f.next[1-from]
		}
		f.next[from] += uint32(len(payload))
		if tcp.SYN || tcp.FIN {
			f.next[from]++
		}
		tcp.SetNetworkLayerForChecksum(ip)
		transport = tcp
	} else {
		ip.Protocol = layers.IPProtocolUDP
		udp := &layers.UDP{SrcPort: layers.UDPPort(src.Port()), DstPort: layers.UDPPort(dst.Port())}
		udp.SetNetworkLayerForChecksum(ip)
		transport = udp
	}
	buf := gopacket.NewSerializeBuffer()
	err := gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, ip, transport, gopacket.Payload(payload))
	if err != nil {
		return err
	}
	info := gopacket.CaptureInfo{Timestamp: c.start.Add(e.At), CaptureLength: len(buf.Bytes()), Length: len(buf.Bytes())}
	var options pcapgo.NgPacketOptions
	if s := c.comment(e, at, len(payload)); s != "" {
		options.Comments = []string{s}
	}
	return c.w.WritePacketWithOptions(info, buf.Bytes(), options)
}

// comment is the violation that the payload from offset at on shows, "" when it shows none.
func (c *capture) comment(e grader.Event, at, n int) string {
	for _, v := range c.violations {
		if v.Event == e.Seq && v.At >= at && (v.At < at+n || n == 0) {
			return plain(fmt.Sprintf("violation of %v: want %s, got %s", c.clause, v.Want, v.Got))
		}
	}
	return ""
}

// plain makes text of the wire harmless in a terminal that shows a comment.
func plain(s string) string { return strings.Trim(strconv.Quote(s), `"`) }
