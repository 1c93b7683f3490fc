package koe

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"koe/internal/ort"
	"koe/internal/voice"
)

// A chunk of frames [a, b) sounds exactly as in the whole sentence if the vocoder gets [a-left, b+right).
const (
	left  = 38
	right = 5
)

// chunkSizes are the chunks' frames: 150 ms first, so that sound starts at once; the last size repeats.
var chunkSizes = [...]int{12, 40, 120}

// margin is the silence left at both ends, in samples: 10 ms.
const margin = rate / 100

// quiet is the acoustic graph's energy (log2 of a frame's RMS, plus a constant) under which a frame is surely silent: 0.0002 or less.
const quiet = 0.0

// scratch is what a request works in.
type scratch struct {
	normaliser normaliser
	numbers    []int64
	tokens     []token
	phonemes   phonemes
	noise      []float32
	f0, phase  []float32 // of a unit whose pitch is moved
}

// job is one request on its way.
type job struct {
	*scratch
	request voice.Request
	cells   []cell
	emit    func(voice.Chunk) error
	trace   func(part string, took time.Duration) // nil after the first chunk
	clock   time.Time
	offset  int // of the last mark in the text; they never go back
}

// part reports a part of the way to the first chunk.
func (j *job) part(name string) {
	if j.trace != nil {
		now := time.Now()
		j.trace(name, now.Sub(j.clock))
		j.clock = now
	}
}

// Synthesize implements voice.Synthesizer. Text of any length is cut into sentences, and these, where they are long, into
// clauses; each is spoken while the next has not been looked at.
func (v *Voice) Synthesize(ctx context.Context, r voice.Request, emit func(voice.Chunk) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if lang, _, _ := strings.Cut(r.Lang, "-"); lang != "" && !strings.EqualFold(lang, "ja") {
		return &voice.LangError{Engine: "koe", Lang: r.Lang, Others: []string{"espeak", "say"}}
	}
	if r.Voice != "" && r.Voice != Name {
		return &voice.NameError{Engine: "koe", Voice: r.Voice, Known: []string{Name}}
	}
	r, err := r.Complete()
	if err != nil {
		return fmt.Errorf("voice koe: %w", err)
	}
	s := v.scratch.Get().(*scratch)
	defer v.scratch.Put(s)
	j := &job{scratch: s, request: r, emit: emit, trace: voice.Trace(ctx), clock: time.Now(), offset: -1}
	j.cells = s.normaliser.normalise(r.Text)
	j.part("normalise")
	pause := 0
	for at := 0; at < len(j.cells); {
		n := nextPiece(j.cells[at:])
		tokens, err := v.readTokens(ctx, s, j.cells[at:at+n], at)
		if err != nil {
			return v.fail(ctx, "g2p", err)
		}
		j.part("g2p")
		at += n
		for len(tokens) > 0 {
			var u unit
			u, tokens = v.nextUnit(tokens)
			if !v.speaks(u.tokens) {
				pause = max(pause, u.pause)
				continue
			}
			if err := v.speak(ctx, j, u, pause); err != nil {
				return err
			}
			pause = u.pause
		}
	}
	return nil
}

// fail names the step that failed, but leaves a cancelled context's error as it is.
func (v *Voice) fail(ctx context.Context, step string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("voice koe: %s: %w", step, err)
}

// speak makes the sound of a unit, with the pause before it if something has sounded.
func (v *Voice) speak(ctx context.Context, j *job, u unit, pause int) error {
	x, err := v.frames(ctx, j, u.tokens)
	if err != nil {
		return v.fail(ctx, "acoustic model", err)
	}
	defer x.release()
	j.part("acoustic")
	trim := voice.Trimmer{Margin: margin}
	out := func(c voice.Chunk) error {
		if len(c.Samples) == 0 {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if j.trace != nil {
			j.part("first chunk")
			j.trace = nil
		} else if pause > 0 {
			silence := make([]float32, int(float64(pause)/j.request.Speed))
			if err := j.emit(voice.Chunk{Samples: silence}); err != nil {
				return err
			}
		}
		pause = 0
		voice.Limit(c.Samples, j.request.Volume)
		return j.emit(c)
	}
	play := func(samples []float32) error { return out(trim.Add(samples, x.marksWithin(len(samples)))) }
	var fast *stretcher
	if ratio := j.request.Speed / graphSpeed(j.request.Speed); ratio > 1 {
		fast = &stretcher{ratio: ratio}
		x.squeeze(ratio)
		plain := play
		play = func(samples []float32) error { return plain(fast.add(samples)) }
	}
	for a, k := x.start, 0; a < x.end; k++ {
		b := min(x.end, a+chunkSizes[min(k, len(chunkSizes)-1)])
		if err := v.vocode(ctx, j, x, a, b, play); err != nil {
			return err
		}
		a = b
	}
	if fast != nil {
		rest := fast.end()
		if err := out(trim.Add(rest, x.marksWithin(len(rest)))); err != nil {
			return err
		}
	}
	return out(trim.End())
}

// frames is a unit's prosody, frame by frame; h and what the graph gave lie in ONNX Runtime's memory until release.
type frames struct {
	values     []*ort.Value
	h          []float32    // [T, bins]
	f0, phase  []float32    // [T], Hz (0 unvoiced) and turns
	energy     []float32    // [T]
	durations  []int64      // [N] frames a phoneme
	start, end int          // frames to be heard
	marks      []voice.Mark // Sample counts from frame 0
}

func (x *frames) release() {
	for _, v := range x.values {
		v.Release()
	}
}

// frames runs the acoustic graph on tokens.
func (v *Voice) frames(ctx context.Context, j *job, tokens []token) (*frames, error) {
	p := &j.phonemes
	p.from(v.table.symbols, tokens)
	speed := []float32{float32(graphSpeed(j.request.Speed))}
	in := map[string]*ort.Value{}
	defer func() {
		for _, t := range in {
			t.Release()
		}
	}()
	var err error
	if in["ids"], err = ort.NewTensor(v.rt, p.ids, 1, len(p.ids)); err != nil {
		return nil, err
	}
	if in["acc"], err = ort.NewTensor(v.rt, p.acc, 1, len(p.acc)); err != nil {
		return nil, err
	}
	if in["speed"], err = ort.NewTensor(v.rt, speed, 1); err != nil {
		return nil, err
	}
	x := &frames{}
	x.values, err = v.acoustic.Run(ctx, in, "h", "f0", "phase", "energy", "dur")
	if err != nil {
		return nil, err
	}
	if err := x.read(len(p.ids)); err != nil {
		x.release()
		return nil, err
	}
	x.place(j)
	if j.request.Pitch != 0 {
		x.shift(j)
	}
	return x, nil
}

// read gets at the graph's outputs and checks their sizes.
func (x *frames) read(phonemes int) error {
	for i, dst := range []*[]float32{&x.h, &x.f0, &x.phase, &x.energy} {
		data, err := ort.Data[float32](x.values[i])
		if err != nil {
			return err
		}
		*dst = data
	}
	var err error
	if x.durations, err = ort.Data[int64](x.values[4]); err != nil {
		return err
	}
	if t := len(x.f0); t < 3 || len(x.h) != t*bins || len(x.phase) != t || len(x.energy) != t || len(x.durations) != phonemes {
		return fmt.Errorf("outputs of %d, %d, %d, %d, %d elements for %d phonemes", len(x.h), len(x.f0), len(x.phase), len(x.energy), len(x.durations), phonemes)
	}
	return nil
}

// place finds the frames to be heard and the clauses' marks.
func (x *frames) place(j *job) {
	frame, next := 0, 0
	for i, d := range x.durations {
		if i == 1+lead {
			x.start = max(0, frame-keep)
		}
		if next < len(j.phonemes.clauses) && j.phonemes.clauses[next].phoneme == i {
			if o := j.clauseOffset(j.phonemes.clauses[next].cell); o > j.offset {
				x.marks = append(x.marks, voice.Mark{Sample: frame * hop, Offset: o})
				j.offset = o
			}
			next++
		}
		frame += int(d)
	}
	for i := range x.marks {
		x.marks[i].Sample = max(0, x.marks[i].Sample-x.start*hop)
	}
	x.end = len(x.f0)
	for x.end > x.start && x.energy[x.end-1] < quiet {
		x.end--
	}
	x.end = min(len(x.f0), x.end+2) // so that the sound's last decay is not cut
}

// clauseOffset returns where in the text the clause of a cell begins. A cell is known to within one or so, so a mark
// itself counts to the clause behind it.
func (j *job) clauseOffset(i int) int {
	i = max(0, min(i, len(j.cells)-1))
	if mark(j.cells[i].r) && i+1 < len(j.cells) {
		i++
	}
	for i > 0 && !mark(j.cells[i-1].r) {
		i--
	}
	return int(j.cells[i].at)
}

// marksWithin takes the marks of the next n samples.
func (x *frames) marksWithin(n int) []voice.Mark {
	k := 0
	for k < len(x.marks) && x.marks[k].Sample < n {
		k++
	}
	inside := x.marks[:k:k]
	x.marks = x.marks[k:]
	for i := range x.marks {
		x.marks[i].Sample -= n
	}
	return inside
}

// squeeze moves the marks to where they are after a stretcher.
func (x *frames) squeeze(ratio float64) {
	for i := range x.marks {
		x.marks[i].Sample = int(float64(x.marks[i].Sample) / ratio)
	}
}

// shift moves the pitch and computes the phase anew, as the graph does: the sum of the turns up to a frame's middle.
func (x *frames) shift(j *job) {
	factor := float32(math.Exp2(j.request.Pitch / 12))
	j.f0, j.phase = j.f0[:0], j.phase[:0]
	turns := 0.0
	for _, f := range x.f0 {
		f *= factor
		turns += float64(f) * (float64(hop) / rate)
		j.f0 = append(j.f0, f)
		j.phase = append(j.phase, float32(turns-math.Floor(turns)))
	}
	x.f0, x.phase = j.f0, j.phase
}

// random returns the numbers [a, b) of the noise, until the next call.
func (j *job) random(v *Voice, a, b int) []float32 {
	if b <= len(v.noise) {
		return v.noise[a:b]
	}
	if cap(j.noise) < b-a {
		j.noise = make([]float32, b-a)
	}
	j.noise = j.noise[:b-a]
	noise(j.noise, v.opts.Seed, a)
	return j.noise
}

// vocode hands the samples of frames [a, b) to use; they are valid until it returns.
func (v *Voice) vocode(ctx context.Context, j *job, x *frames, a, b int, use func([]float32) error) error {
	lo, hi := max(0, a-left), min(len(x.f0), b+right)
	n := hi - lo
	random := j.random(v, lo*hop, hi*hop)
	in := make(map[string]*ort.Value, 5)
	defer func() {
		for _, t := range in {
			t.Release()
		}
	}()
	for _, t := range []struct {
		name  string
		data  []float32
		shape []int
	}{
		{"h", x.h[lo*bins : hi*bins], []int{1, n, bins}}, {"f0", x.f0[lo:hi], []int{1, n}}, {"phase", x.phase[lo:hi], []int{1, n}},
		{"energy", x.energy[lo:hi], []int{1, n}}, {"noise", random, []int{1, n * hop}},
	} {
		value, err := ort.NewTensor(v.rt, t.data, t.shape...)
		if err != nil {
			return v.fail(ctx, "vocoder", err)
		}
		in[t.name] = value
	}
	out, err := v.vocoder.Run(ctx, in, "audio")
	if err != nil {
		return v.fail(ctx, "vocoder", err)
	}
	defer out[0].Release()
	samples, err := ort.Data[float32](out[0])
	if err != nil {
		return v.fail(ctx, "vocoder", err)
	}
	if len(samples) != n*hop {
		return fmt.Errorf("voice koe: vocoder: %d samples for %d frames", len(samples), n)
	}
	return use(samples[(a-lo)*hop : (b-lo)*hop])
}
