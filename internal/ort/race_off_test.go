//go:build !race

package ort_test

// raceDetector tells that the race detector is on; its own memory grows with the program.
const raceDetector = false
