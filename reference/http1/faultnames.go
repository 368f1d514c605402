package http1

import "github.com/wiregrade/wiregrade/reference/faults"

// FaultNames gives the name of every fault of the server, as Set takes it ("head-body" for HeadBody), in the
// order of the struct.
func FaultNames() []string { return faults.Names[Faults]() }

// Set turns on the fault of that name. A name that no fault has is an error that gives the nearest one.
func (f *Faults) Set(name string) error { return faults.Set(f, name) }

// Any says whether some fault is on.
func (f Faults) Any() bool { return f != Faults{} }

// ClientFaultNames gives the name of every fault of the client, as Set takes it, in the order of the struct.
func ClientFaultNames() []string { return faults.Names[ClientFaults]() }

// Set turns on the fault of that name. A name that no fault has is an error that gives the nearest one.
func (f *ClientFaults) Set(name string) error { return faults.Set(f, name) }
