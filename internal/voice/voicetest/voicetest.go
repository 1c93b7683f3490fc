// Package voicetest owns the conformance test that every voice engine passes, and a fake engine.
package voicetest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"koe/internal/audio"
	"koe/internal/voice"

	"pgregory.net/rapid"
)

// sentences are what is spoken in a language, short and long.
var sentences = map[string]string{
	"en": "First we read the file, then we run all of the tests.",
	"ja": "まず、ファイルを読み込んで、次に、テストをすべて実行します。",
}

// odd are texts that engines stumble over.
var odd = []string{
	"\x00", "a\x00b", "\x01\x02\x1b[31mred\x1b[0m", "-v", "--help", "-", "<speak><break time=\"9s\"/>hi</speak>", "&lt;&amp;", "[[h@'loU]]", "[[[[",
	"\xff\xfe invalid", "\ufeffbom", "👩‍👩‍👧‍👦🎉", "e\u0301" + strings.Repeat("\u0301", 200), "\u202eright to left", "ٱلْعَرَبِيَّة", "日本語の文章です。", "ｶﾞｷﾞｸﾞ ＡＢＣ",
	strings.Repeat("a", 80), strings.Repeat("漢", 80), strings.Repeat("、", 80), strings.Repeat("9", 80), strings.Repeat(". ", 80),
	"¹½⅓㎡㍿Ⅳ", "\u2028line\u2029paragraph", "a\r\nb\rc\v\fd", "%s%n%d", "$(reboot)`ls`;|&", "\\\\", "'\"", "x²+y²=z²", "1e308 -0.0 +∞ NaN",
}

// TestSynthesizer checks what voice.Synthesizer promises; open returns an engine of the test's own each time.
func TestSynthesizer(t *testing.T, open func(t testing.TB) voice.Synthesizer) {
	s := open(t)
	lang := ""
	for _, v := range s.Voices() {
		for _, l := range v.Langs {
			if _, ok := sentences[l]; ok && lang != "en" {
				lang = l
			}
		}
	}
	if lang == "" {
		t.Fatalf("no voice speaks a language that the test knows: %v", s.Voices())
	}
	c := &conformance{s: s, lang: lang, sentence: voice.Request{Text: sentences[lang], Lang: lang}}
	t.Run("voices", c.voices)
	t.Run("sentence", c.speaks)
	t.Run("empty", c.empty)
	t.Run("odd", c.odd)
	t.Run("any", c.any)
	t.Run("settings", c.settings)
	t.Run("cancel", c.cancel)
	t.Run("emit", c.emitError)
	t.Run("concurrent", c.concurrent)
	t.Run("close", func(t *testing.T) {
		for range 2 {
			if err := s.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		}
		if err := s.Synthesize(t.Context(), c.sentence, func(voice.Chunk) error { return nil }); err == nil {
			t.Error("speaks although closed")
		}
	})
	t.Run("close while speaking", func(t *testing.T) {
		s := open(t)
		err := s.Synthesize(t.Context(), c.sentence, func(voice.Chunk) error {
			go func() { _ = s.Close() }()
			return nil
		})
		t.Logf("Synthesize returned %v", err) // either is right; it must return
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
}

type conformance struct {
	s        voice.Synthesizer
	lang     string
	sentence voice.Request
}

// sound is what a request became.
type sound struct {
	samples []float32
	marks   []voice.Mark // Sample counts from the start
	seams   []int        // where chunks begin, but the first
}

// collect speaks, and spoils the chunks it was given, which are the receiver's own.
func collect(ctx context.Context, s voice.Synthesizer, r voice.Request) (sound, error) {
	var out sound
	err := s.Synthesize(ctx, r, func(c voice.Chunk) error {
		if len(c.Samples) == 0 {
			return errors.New("an empty chunk")
		}
		if len(out.samples) > 0 {
			out.seams = append(out.seams, len(out.samples))
		}
		for _, m := range c.Marks {
			if m.Sample < 0 || m.Sample >= len(c.Samples) {
				return errors.New("a mark outside its chunk")
			}
			out.marks = append(out.marks, voice.Mark{Sample: len(out.samples) + m.Sample, Offset: m.Offset})
		}
		out.samples = append(out.samples, c.Samples...)
		for i := range c.Samples {
			c.Samples[i] = 1e9
		}
		return nil
	})
	return out, err
}

// check checks what holds for any sound.
func (c *conformance) check(t testing.TB, r voice.Request, out sound) {
	t.Helper()
	for i, x := range out.samples {
		if !(x >= -1 && x <= 1) {
			t.Fatalf("%q: sample %d is %v", r.Text, i, x)
		}
	}
	for i, m := range out.marks {
		if m.Offset < 0 || m.Offset > len(r.Text) || i > 0 && (m.Offset <= out.marks[i-1].Offset || m.Sample < out.marks[i-1].Sample) {
			t.Fatalf("%q: marks %v", r.Text, out.marks)
		}
		if utf8.ValidString(r.Text) && m.Offset < len(r.Text) && !utf8.RuneStart(r.Text[m.Offset]) {
			t.Fatalf("%q: mark at %d is inside a character", r.Text, m.Offset)
		}
	}
	most := c.s.Format().Samples(10*time.Millisecond) + c.s.Format().Channels
	level := float32(voice.Silence)
	if r.Volume > 0 {
		level *= float32(min(1, r.Volume))
	}
	if begin, end := silence(out.samples, level), silence(reversed(out.samples), level); len(out.samples) > 0 && (begin > most || end > most) {
		t.Fatalf("%q: silence of %d samples before and %d after, want at most %d", r.Text, begin, end, most)
	}
}

// silence returns how many samples there are before the first of the level.
func silence(s []float32, level float32) int {
	n := slices.IndexFunc(s, func(x float32) bool { return x >= level || x <= -level })
	if n < 0 {
		return len(s)
	}
	return n
}

func reversed(s []float32) []float32 {
	r := slices.Clone(s)
	slices.Reverse(r)
	return r
}

func peak(s []float32) float32 {
	var p float32
	for _, x := range s {
		p = max(p, x, -x)
	}
	return p
}

func (c *conformance) say(t *testing.T, r voice.Request) sound {
	t.Helper()
	out, err := collect(t.Context(), c.s, r)
	if err != nil {
		t.Fatalf("%q: %v", r.Text, err)
	}
	c.check(t, r, out)
	return out
}

func (c *conformance) voices(t *testing.T) {
	if f := c.s.Format(); f.Rate < 8000 || f.Rate > 192000 || f.Channels < 1 || f.Channels > 2 {
		t.Errorf("format %+v", f)
	}
	seen := map[string]bool{}
	for _, v := range c.s.Voices() {
		if v.Name == "" || v.Engine == "" || len(v.Langs) == 0 || seen[v.Name] {
			t.Errorf("voice %+v: name, engine and languages must be given, and the name unique", v)
		}
		seen[v.Name] = true
	}
	r := c.sentence
	r.Voice = "no such voice"
	var name *voice.NameError
	if err := c.s.Synthesize(t.Context(), r, func(voice.Chunk) error { return nil }); !errors.As(err, &name) {
		t.Errorf("an unknown voice: %v, want a NameError", err)
	}
}

func (c *conformance) speaks(t *testing.T) {
	out := c.say(t, c.sentence)
	if d := c.s.Format().Duration(len(out.samples)); d < time.Second/2 || d > 20*time.Second {
		t.Errorf("the sentence lasts %v", d)
	}
	if p := peak(out.samples); p < 0.05 {
		t.Errorf("the peak is %v", p)
	}
	var jump, seam float32
	for i := 1; i < len(out.samples); i++ {
		d := out.samples[i] - out.samples[i-1]
		if slices.Contains(out.seams, i) {
			seam = max(seam, d, -d)
		} else {
			jump = max(jump, d, -d)
		}
	}
	if seam > jump {
		t.Errorf("a step of %v at a seam, %v elsewhere", seam, jump)
	}
	if c.sentence.Voice = c.s.Voices()[0].Name; len(c.s.Voices()) == 1 {
		c.say(t, c.sentence)
	}
	c.sentence.Voice = ""
}

func (c *conformance) empty(t *testing.T) {
	for _, text := range []string{"", " ", "\n\t \r\n", "\u200b", "\u3000"} {
		if out := c.say(t, voice.Request{Text: text, Lang: c.lang}); len(out.samples) > 0 {
			t.Errorf("%q became %d samples", text, len(out.samples))
		}
	}
}

func (c *conformance) odd(t *testing.T) {
	for _, text := range odd {
		c.say(t, voice.Request{Text: text, Lang: c.lang, Speed: 3})
	}
}

func (c *conformance) any(t *testing.T) {
	texts := rapid.StringN(0, 60, -1)
	for i := range 8 {
		c.say(t, voice.Request{Text: texts.Example(i), Lang: c.lang, Speed: 3})
	}
}

func (c *conformance) settings(t *testing.T) {
	with := func(change func(*voice.Request)) sound {
		r := c.sentence
		change(&r)
		return c.say(t, r)
	}
	plain := with(func(*voice.Request) {})
	slow, fast := with(func(r *voice.Request) { r.Speed = 0.5 }), with(func(r *voice.Request) { r.Speed = 2 })
	if float64(len(slow.samples)) < 1.4*float64(len(plain.samples)) || float64(len(fast.samples)) > 0.7*float64(len(plain.samples)) {
		t.Errorf("%d samples, %d at half speed, %d at double", len(plain.samples), len(slow.samples), len(fast.samples))
	}
	high, low := with(func(r *voice.Request) { r.Pitch = 6 }), with(func(r *voice.Request) { r.Pitch = -6 })
	if h, l := pitch(high.samples, c.s.Format()), pitch(low.samples, c.s.Format()); h < 1.5*l {
		t.Errorf("pitch of %v and %v Hz with 6 semitones up and down", h, l)
	}
	if p, q := peak(plain.samples), peak(with(func(r *voice.Request) { r.Volume = 0.5 }).samples); q > 0.7*p {
		t.Errorf("peak %v, with half the volume %v", p, q)
	}
	with(func(r *voice.Request) { r.Volume = 2 })
	for _, r := range []voice.Request{{Speed: 9}, {Speed: -1}, {Pitch: 13}, {Volume: 3}} {
		r.Text, r.Lang = c.sentence.Text, c.lang
		if _, err := collect(t.Context(), c.s, r); err == nil {
			t.Errorf("speed %v, pitch %v, volume %v: no error", r.Speed, r.Pitch, r.Volume)
		}
	}
}

// pitch estimates the median F0 by autocorrelation.
func pitch(s []float32, f audio.Format) float64 {
	var all []float64
	window := f.Rate / 25
	for a := 0; a+2*window < len(s); a += window {
		if peak(s[a:a+window]) < 0.05 {
			continue
		}
		best, at := 0.0, 0
		var energy float64
		for _, x := range s[a : a+window] {
			energy += float64(x) * float64(x)
		}
		for lag := f.Rate / 600; lag <= f.Rate/50; lag++ {
			sum, other := 0.0, 0.0
			for i := range window {
				y := float64(s[a+i+lag])
				sum += float64(s[a+i]) * y
				other += y * y
			}
			if r := sum / (1e-9 + energy + other); r > best+0.01 {
				best, at = r, lag
			}
		}
		if best > 0.3 && at > 0 {
			all = append(all, float64(f.Rate)/float64(at))
		}
	}
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)/2]
}

func (c *conformance) cancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := c.s.Synthesize(ctx, c.sentence, func(voice.Chunk) error {
		t.Error("a chunk for a context that had ended")
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("context ended before: %v", err)
	}

	long := c.sentence
	long.Text = strings.Repeat(long.Text+" ", 5000/(len([]rune(long.Text))+1))
	ctx, cancel = context.WithCancel(t.Context())
	defer cancel()
	var cancelled time.Time
	err = c.s.Synthesize(ctx, long, func(voice.Chunk) error {
		if !cancelled.IsZero() {
			t.Error("a chunk after the context ended")
		}
		cancelled = time.Now()
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("context ended in the first chunk: %v", err)
	}
	t.Logf("returned %v after the cancel in a chunk", time.Since(cancelled))

	ctx, cancel = context.WithCancel(t.Context())
	defer cancel()
	var mu sync.Mutex
	timer := time.AfterFunc(30*time.Millisecond, func() {
		mu.Lock()
		defer mu.Unlock()
		cancelled = time.Now()
		cancel()
	})
	defer timer.Stop()
	err = c.s.Synthesize(ctx, long, func(voice.Chunk) error { return nil })
	mu.Lock()
	defer mu.Unlock()
	if ctx.Err() != nil && !errors.Is(err, context.Canceled) && err != nil {
		t.Errorf("context ended meanwhile: %v", err)
	}
	if ctx.Err() != nil {
		t.Logf("returned %v after the cancel meanwhile", time.Since(cancelled))
	}
}

func (c *conformance) emitError(t *testing.T) {
	full := errors.New("the disk is full")
	calls := 0
	err := c.s.Synthesize(t.Context(), c.sentence, func(voice.Chunk) error {
		calls++
		return full
	})
	if !errors.Is(err, full) || calls != 1 {
		t.Errorf("%v after %d chunks, want emit's error after 1", err, calls)
	}
}

func (c *conformance) concurrent(t *testing.T) {
	alone := c.say(t, c.sentence)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			out, err := collect(t.Context(), c.s, c.sentence)
			if err != nil {
				t.Error(err)
			} else if !slices.Equal(out.samples, alone.samples) {
				t.Errorf("%d samples, %d alone, or not the same", len(out.samples), len(alone.samples))
			}
		})
	}
	wg.Wait()
}
