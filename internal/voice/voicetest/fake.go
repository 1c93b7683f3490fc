package voicetest

import (
	"context"
	"errors"
	"math"
	"strings"
	"sync"
	"time"
	"unicode"

	"koe/internal/audio"
	"koe/internal/voice"
)

// Fake is a Synthesizer for tests: a tone as long as the text, in chunks, with marks at its clauses. Set the fields before
// the first use; the zero value serves.
type Fake struct {
	Rate    int                                                     // Hz; 0 means 24000
	PerRune time.Duration                                           // of sound; 0 means 50 ms
	Chunk   time.Duration                                           // of sound in a chunk; 0 means 150 ms
	Delay   func(ctx context.Context, r voice.Request, n int) error // before chunk n; nil for none
	Fail    func(r voice.Request) error                             // instead of any sound; nil for never

	mu       sync.Mutex
	closed   bool
	requests []voice.Request
}

var _ voice.Synthesizer = (*Fake)(nil)

var errClosed = errors.New("voice fake: closed")

// Format implements voice.Synthesizer.
func (f *Fake) Format() audio.Format {
	if f.Rate == 0 {
		return audio.Format{Rate: 24000, Channels: 1}
	}
	return audio.Format{Rate: f.Rate, Channels: 1}
}

// Voices lists one voice.
func (f *Fake) Voices() []voice.Voice {
	return []voice.Voice{{Name: "fake", Engine: "fake", Langs: []string{"en", "ja"}, Licence: "Apache-2.0", About: "a tone"}}
}

// Requests returns the requests made so far, in order.
func (f *Fake) Requests() []voice.Request {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]voice.Request(nil), f.requests...)
}

// Samples returns how many samples a request becomes.
func (f *Fake) Samples(r voice.Request) int {
	if strings.IndexFunc(r.Text, func(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) }) < 0 {
		return 0
	}
	per := f.PerRune
	if per == 0 {
		per = 50 * time.Millisecond
	}
	n := len([]rune(r.Text))
	return int(float64(f.Format().Samples(per)*n) / r.Speed)
}

// Synthesize implements voice.Synthesizer.
func (f *Fake) Synthesize(ctx context.Context, r voice.Request, emit func(voice.Chunk) error) error {
	r, err := r.Complete()
	if err != nil {
		return err
	}
	if r.Voice != "" && r.Voice != "fake" {
		return &voice.NameError{Engine: "fake", Voice: r.Voice, Known: []string{"fake"}}
	}
	f.mu.Lock()
	closed := f.closed
	f.requests = append(f.requests, r)
	f.mu.Unlock()
	if closed {
		return errClosed
	}
	if f.Fail != nil {
		if err := f.Fail(r); err != nil {
			return err
		}
	}
	chunk := f.Chunk
	if chunk == 0 {
		chunk = 150 * time.Millisecond
	}
	total, size := f.Samples(r), max(1, f.Format().Samples(chunk))
	marks := clauses(r.Text, total)
	step := 2 * math.Pi * 220 * math.Exp2(r.Pitch/12) / float64(f.Format().Rate)
	for a, n := 0, 0; a < total; n++ {
		if f.Delay != nil {
			if err := f.Delay(ctx, r, n); err != nil {
				return err
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		c := voice.Chunk{Samples: make([]float32, min(size, total-a))}
		for i := range c.Samples {
			c.Samples[i] = float32(0.4 * math.Sin(float64(a+i+1)*step))
		}
		voice.Limit(c.Samples, r.Volume)
		for len(marks) > 0 && marks[0].Sample < a+len(c.Samples) {
			c.Marks = append(c.Marks, voice.Mark{Sample: marks[0].Sample - a, Offset: marks[0].Offset})
			marks = marks[1:]
		}
		a += len(c.Samples)
		if err := emit(c); err != nil {
			return err
		}
	}
	return nil
}

// clauses returns a mark for the start of the text and of what follows each 、 。 , and full stop, spread evenly.
func clauses(text string, samples int) []voice.Mark {
	marks := []voice.Mark{{}}
	begins := false
	for i, r := range text {
		if strings.ContainsRune("、。,.", r) {
			begins = true
		} else if begins && !unicode.IsSpace(r) {
			marks = append(marks, voice.Mark{Sample: int(float64(samples) * float64(i) / float64(len(text))), Offset: i})
			begins = false
		}
	}
	return marks
}

// Close implements voice.Synthesizer.
func (f *Fake) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	return nil
}
