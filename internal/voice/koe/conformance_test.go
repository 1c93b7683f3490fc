package koe

import (
	"testing"

	"koe/internal/ort/orttest"
	"koe/internal/voice"
	"koe/internal/voice/voicetest"
)

func TestConformance(t *testing.T) {
	rt := orttest.Open(t)
	voicetest.TestSynthesizer(t, func(t testing.TB) voice.Synthesizer { return openVoice(t, rt, Options{}) })
}
