package udp

import (
	"fmt"
	"testing"
)

// TestEchoDoesNotAllocate goes the whole way: read batch, dispatch, batch, send.
func TestEchoDoesNotAllocate(t *testing.T) {
	for _, portable := range []bool{false, true} {
		s := start(t, Config{Listen: []string{"127.0.0.1:0"}, portable: portable}, nil)
		socket := s.Sockets()[0]
		client := dial(t, socket)
		socket.Associate(local(client), newEcho(3), false)
		packet, back := rtpPacket(1, 1000), make([]byte, 2000)
		round := func() {
			if _, err := client.Write(packet); err != nil {
				t.Fatal(err)
			}
			for range 3 {
				if _, err := client.Read(back); err != nil {
					t.Fatal(err)
				}
			}
		}
		round() // what is laid out at the first packet
		if n := testing.AllocsPerRun(500, round); n != 0 {
			t.Errorf("portable %v: a datagram in and three out allocate %v times, want 0", portable, n)
		}
	}
}

// BenchmarkBatch collects and sends to many destinations, n datagrams to each.
func BenchmarkBatch(b *testing.B) {
	for _, n := range []int{1, 2, 4, 8} {
		b.Run(fmt.Sprintf("50 destinations, %d each", n), func(b *testing.B) {
			s := start(b, Config{Listen: []string{"127.0.0.1:0"}}, nil)
			socket := s.Sockets()[0]
			var remotes []*Remote
			for range 50 {
				remotes = append(remotes, socket.Associate(local(dial(b, socket)), newEcho(1), false))
			}
			batch := s.newBatch(batchPackets)
			packet := rtpPacket(1, 1116)
			b.ReportAllocs()
			for b.Loop() {
				for range n {
					for _, r := range remotes {
						batch.Commit(copy(batch.Reserve(r, len(packet)), packet))
					}
				}
				batch.Flush()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n*len(remotes)), "ns/packet")
		})
	}
}
