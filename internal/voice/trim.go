package voice

import "slices"

// Silence is the level (linear, −60 dB of full scale) under which a sample counts as silent.
const Silence = 1e-3

// Trimmer cuts the silence at both ends of a stream of samples down to a margin, without delaying anything that sounds:
// it holds back silence alone. The zero value with Margin set is ready for use. It serves one stream.
type Trimmer struct {
	Margin int // samples of silence (of all channels together) left at either end

	begun bool
	held  []float32 // silence that is let go when more sound comes
	marks []Mark    // in held
}

// Add takes the stream's next samples, with marks in them, and returns what can be played now: perhaps nothing. The
// chunk's samples are the receiver's own.
func (t *Trimmer) Add(samples []float32, marks []Mark) Chunk {
	for _, m := range marks {
		t.marks = append(t.marks, Mark{Sample: len(t.held) + m.Sample, Offset: m.Offset})
	}
	end := len(samples) // of the last sound
	for end > 0 && silent(samples[end-1]) {
		end--
	}
	if end == 0 {
		t.held = append(t.held, samples...)
		if n := len(t.held) - t.Margin; !t.begun && n > 0 {
			t.held = slices.Delete(t.held, 0, n)
			t.shift(n)
		}
		return Chunk{}
	}
	from, skip := 0, 0
	if !t.begun {
		for silent(samples[from]) {
			from++
		}
		// Of the held silence and the samples' own, Margin in all stays.
		skip = max(0, len(t.held)+from-t.Margin)
		t.begun = true
	}
	out := make([]float32, 0, len(t.held)+end-skip)
	if skip < len(t.held) {
		out = append(out, t.held[skip:]...)
		out = append(out, samples[:end]...)
	} else {
		out = append(out, samples[skip-len(t.held):end]...)
	}
	t.shift(skip)
	c := Chunk{Samples: out}
	for len(t.marks) > 0 && t.marks[0].Sample < len(out) {
		c.Marks = append(c.Marks, t.marks[0])
		t.marks = t.marks[1:]
	}
	t.shift(len(out))
	t.held = append(t.held[:0], samples[end:]...)
	return c
}

// End returns the rest: at most Margin samples of silence. It holds nothing if nothing sounded.
func (t *Trimmer) End() Chunk {
	if !t.begun {
		return Chunk{}
	}
	n := min(len(t.held), t.Margin)
	return Chunk{Samples: slices.Clone(t.held[:n])}
}

// shift moves the marks n samples towards the start.
func (t *Trimmer) shift(n int) {
	for i := range t.marks {
		t.marks[i].Sample = max(0, t.marks[i].Sample-n)
	}
}

func silent(x float32) bool { return x < Silence && x > -Silence }
