// Package voice owns the Synthesizer interface and the catalogue of voices. Engines live in packages below it; all pass
// voicetest.TestSynthesizer.
package voice

import (
	"context"
	"fmt"

	"koe/internal/audio"
)

// Request is one sentence to speak.
type Request struct {
	Text   string  // any Unicode, 0 to 5,000 characters; text without anything to say gives no chunk and no error
	Lang   string  // BCP 47: "ja", "en"
	Voice  string  // a name of Voices; "" for the default
	Speed  float64 // 0.5–3, 1 is natural; 0 means 1
	Pitch  float64 // semitones, -12–12
	Volume float64 // linear gain 0–2; 0 means 1
}

// Chunk is a piece of synthesised sound; the chunks of one request join without a seam.
type Chunk struct {
	Samples []float32 // in the synthesizer's Format; the receiver owns it
	Marks   []Mark
}

// Mark says where in the request's text the sound is, for display.
type Mark struct {
	Sample int // offset into this chunk's samples
	Offset int // byte offset into Request.Text at which the clause that begins here begins
}

// Synthesizer turns text into sound. It is safe for concurrent use, though an engine may work on one request at a time.
type Synthesizer interface {
	Format() audio.Format
	Voices() []Voice
	// Synthesize calls emit for each chunk as soon as it exists, from one goroutine at a time, and returns after the last.
	// It returns ctx.Err() within 10 ms of ctx's end, emit's error, or its own. Leading and trailing silence is trimmed to
	// at most 10 ms.
	Synthesize(ctx context.Context, r Request, emit func(Chunk) error) error
	Close() error
}

// Voice describes a voice.
type Voice struct {
	Name    string // unique in its engine
	Engine  string // "koe", "espeak", "say"
	Langs   []string
	Gender  string
	Licence string
	About   string
}

// MissingError reports an engine that is not installed, and how to get it.
type MissingError struct {
	Engine string // "espeak-ng"
	Remedy string // "apt-get install espeak-ng"
}

func (e *MissingError) Error() string {
	return fmt.Sprintf("voice engine %s is not installed; get it with: %s", e.Engine, e.Remedy)
}
