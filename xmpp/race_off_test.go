//go:build !race

package xmpp

const raceDetector = false
