package voicetest_test

import (
	"testing"

	"koe/internal/voice"
	"koe/internal/voice/voicetest"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestFake(t *testing.T) {
	voicetest.TestSynthesizer(t, func(testing.TB) voice.Synthesizer { return &voicetest.Fake{} })
}
