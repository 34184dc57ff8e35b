// Package udp is the bridge's socket layer.
package udp

// Batch collects outgoing datagrams while one read batch is processed.
type Batch struct{}
