package pipeline

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"koe/internal/agent"
	"koe/internal/audio"
	"koe/internal/prose"
	"koe/internal/translate"
	"koe/internal/voice"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	testTranslate = 20 * time.Millisecond
	testChunk     = 15 * time.Millisecond
)

var testFormat = audio.Format{Rate: 24000, Channels: 1}

// cutScript is a Cutter that is told its cuts: each Text event is "op:text", op one of ? (guess), ! (confirm), x (drop).
type cutScript struct{}

func (cutScript) Write(ev agent.Event) []prose.Cut {
	if ev.Text == "" {
		return nil
	}
	op, text, _ := strings.Cut(ev.Text, ":")
	s := prose.Sentence{Text: text, Read: ev.Read}
	return []prose.Cut{{Op: map[string]prose.Op{"?": prose.Guess, "!": prose.Confirm, "x": prose.Drop}[op], Sentence: s}}
}

func (cutScript) Close() []prose.Cut { return nil }

// step is what a scripted source does: wait, then emit.
type step struct {
	wait time.Duration
	text string
	read time.Duration // how long ago its last byte was read
}

func script(steps ...step) Source {
	return func(ctx context.Context, emit func(agent.Event) error) (agent.Report, error) {
		for _, s := range steps {
			select {
			case <-time.After(s.wait):
			case <-ctx.Done():
				return agent.Report{}, ctx.Err()
			}
			if err := emit(agent.Event{Kind: agent.Text, Text: s.text, Read: time.Now().Add(-s.read)}); err != nil {
				return agent.Report{}, err
			}
		}
		return agent.Report{Lines: len(steps)}, nil
	}
}

// slowTranslator upper-cases after a while; text with "bad" fails.
type slowTranslator struct {
	mu    sync.Mutex
	calls []translate.Request
	kept  []string
}

func (t *slowTranslator) Translate(ctx context.Context, r translate.Request) (translate.Translation, error) {
	select {
	case <-time.After(testTranslate):
	case <-ctx.Done():
		return translate.Translation{}, ctx.Err()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.calls = append(t.calls, r)
	if strings.Contains(r.Text, "bad") {
		return translate.Translation{}, errors.New("no words")
	}
	return translate.Translation{Text: strings.ToUpper(r.Text)}, nil
}

func (t *slowTranslator) Keep(r translate.Request, _ translate.Translation) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, r.Text)
}

func (t *slowTranslator) Close() error { return nil }

// toneVoice speaks each text as a constant level that counts the requests, in chunks of 100 ms, each after a while.
type toneVoice struct {
	mu    sync.Mutex
	texts []string
	long  int // chunks of one text; 0 means 3
}

func (v *toneVoice) Format() audio.Format  { return testFormat }
func (v *toneVoice) Voices() []voice.Voice { return []voice.Voice{{Name: "tone"}} }
func (v *toneVoice) Close() error          { return nil }

func (v *toneVoice) Synthesize(ctx context.Context, r voice.Request, emit func(voice.Chunk) error) error {
	v.mu.Lock()
	v.texts = append(v.texts, r.Text)
	level := float32(len(v.texts)) / 100
	n := max(v.long, 3)
	v.mu.Unlock()
	for i := range n {
		select {
		case <-time.After(testChunk):
		case <-ctx.Done():
			return ctx.Err()
		}
		c := voice.Chunk{Samples: slices.Repeat([]float32{level}, 2400)}
		if i == 0 {
			c.Marks = []voice.Mark{{}}
		}
		if err := emit(c); err != nil {
			return err
		}
	}
	return nil
}

// heard records what a paced sink plays: levels in hundredths, where they stand still (not in a fade).
type heard struct {
	mu     sync.Mutex
	levels []int // each run once
	count  map[int]int
	at     map[int]time.Duration
	last   float32
	run    int
}

func (h *heard) sounded(at time.Duration, samples []float32) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, s := range samples {
		if s != h.last {
			h.last, h.run = s, 0
		}
		if h.run++; h.run < 20 {
			continue
		}
		level := int(math.Round(float64(s) * 100))
		if h.run == 20 && (len(h.levels) == 0 || h.levels[len(h.levels)-1] != level) {
			h.levels = append(h.levels, level)
		}
		if _, ok := h.at[level]; !ok {
			h.at[level] = at + testFormat.Duration(i-19)
		}
		if h.run == 20 {
			h.count[level] += 19
		}
		h.count[level]++
	}
	return nil
}

func (h *heard) words() []int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(h.levels), func(l int) bool { return l == 0 })
}

type rig struct {
	*Pipeline
	heard      *heard
	sink       *audio.Paced
	translator *slowTranslator
	voice      *toneVoice
	notes      []Note
}

func newRig(t *testing.T, opts Options) *rig {
	t.Helper()
	r := &rig{heard: &heard{at: map[int]time.Duration{}, count: map[int]int{}}, translator: &slowTranslator{}, voice: &toneVoice{}}
	sink, err := audio.NewPaced(testFormat, audio.PacedOptions{Sounded: r.heard.sounded})
	if err != nil {
		t.Fatal(err)
	}
	r.sink = sink
	r.Pipeline, err = New(Parts{
		Cutter: cutScript{}, Translator: r.translator, Voice: r.voice, Sink: sink,
		Observe: func(n Note) { r.notes = append(r.notes, n) },
	}, opts)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) spoken(kind NoteKind) []string {
	var texts []string
	for _, n := range r.notes {
		if n.Kind == kind {
			texts = append(texts, n.Source)
		}
	}
	return texts
}

func TestOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{})
		var steps []step
		var want []string
		for i := range 20 {
			text := fmt.Sprintf("sentence %d.", i)
			want = append(want, text)
			steps = append(steps, step{wait: 3 * time.Millisecond, text: "!:" + text})
		}
		s, err := r.Run(t.Context(), script(steps...))
		if err != nil {
			t.Fatal(err)
		}
		if got := r.spoken(Spoken); !slices.Equal(got, want) {
			t.Errorf("spoken %q, want %q", got, want)
		}
		if got := r.heard.words(); len(got) != 20 || !slices.IsSorted(got) {
			t.Errorf("heard %v, want 1 to 20", got)
		}
		for level, n := range r.heard.count {
			if level > 0 && n < 7200-2*120 {
				t.Errorf("sentence %d: %d samples of 7200 less two fades", level, n)
			}
		}
		if s.Sentences != 20 || s.Spoken != 20 || s.FirstSoundIdle.N != 1 || s.Gap.N != 19 {
			t.Errorf("summary %+v", s)
		}
		if s.Gap.Max > audio.FadeTime {
			t.Errorf("gap up to %v with everything ahead of time", s.Gap.Max)
		}
	})
}

func TestFirstSound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{})
		s, err := r.Run(t.Context(), script(step{text: "!:one."}, step{wait: 2 * time.Second, text: "!:two."}))
		if err != nil {
			t.Fatal(err)
		}
		want := testTranslate + testChunk
		if s.FirstSoundIdle.N != 2 || s.FirstSoundIdle.P50 < want || s.FirstSoundIdle.Max > want+6*time.Millisecond {
			t.Errorf("first_sound_idle %+v, want two of %v and at most a fade more", s.FirstSoundIdle, want)
		}
		if s.Ready.P50 != want || s.Translate.P50 != testTranslate || s.Voice.P50 != testChunk {
			t.Errorf("parts %+v", s)
		}
	})
}

// TestGap has a voice that is too slow: the second sentence was waiting and comes late.
func TestGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{Pauses: Pauses{Sentence: time.Millisecond, Item: 1, Paragraph: 1}, Sequential: true})
		s, err := r.Run(t.Context(), script(step{text: "!:one."}, step{text: "!:two."}))
		if err != nil {
			t.Fatal(err)
		}
		if s.Gap.N != 1 || s.Gap.P50 > testTranslate+testChunk {
			t.Errorf("gap %+v", s.Gap)
		}
	})
}

func TestSpeculation(t *testing.T) {
	t.Logf("%-22s %12s %12s", "next byte after", "without", "with")
	for _, wait := range []time.Duration{30 * time.Millisecond, 100 * time.Millisecond, 300 * time.Millisecond} {
		var figures [2]time.Duration
		for i, without := range []bool{true, false} {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, Options{NoSpeculation: without})
				s, err := r.Run(t.Context(), script(step{text: "?:one."}, step{wait: wait, text: "!:one.", read: wait}))
				if err != nil {
					t.Fatal(err)
				}
				figures[i] = s.FirstSoundIdle.P50
				if !without && (s.GuessRight != 1 || s.GuessWrong != 0) {
					t.Errorf("guesses: %+v", s)
				}
				if without != (len(r.translator.kept) == 0) {
					t.Errorf("kept %q", r.translator.kept)
				}
			})
		}
		t.Logf("%-22v %12v %12v", wait, figures[0], figures[1])
		work := testTranslate + testChunk + 5*time.Millisecond
		if figures[0] < wait+testTranslate+testChunk || figures[1] > max(wait, work)+5*time.Millisecond {
			t.Errorf("next byte after %v: %v without, %v with", wait, figures[0], figures[1])
		}
	}
}

func TestWrongGuessLeavesNothing(t *testing.T) {
	for _, wait := range []time.Duration{0, 5 * time.Millisecond, 25 * time.Millisecond, 200 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, Options{})
			s, err := r.Run(t.Context(), script(
				step{text: "?:see v1."}, step{wait: wait, text: "x:see v1."}, step{text: "!:see v1.2."}))
			if err != nil {
				t.Fatal(err)
			}
			if s.GuessWrong != 1 || s.GuessRight != 0 || s.Sentences != 1 || s.Spoken != 1 || s.Ready.N != 1 || s.Translate.N != 1 {
				t.Errorf("after %v: %+v", wait, s)
			}
			for _, n := range r.notes {
				if n.Source == "see v1." {
					t.Errorf("note of a dropped guess: %+v", n)
				}
			}
			if len(r.translator.kept) != 0 {
				t.Errorf("stored %q", r.translator.kept)
			}
			if got := r.heard.words(); len(got) != 1 || got[0] != len(r.voice.texts) {
				t.Errorf("heard %v of %q", got, r.voice.texts)
			}
			if got := s.Sound; got != 300*time.Millisecond {
				t.Errorf("sound %v", got)
			}
		})
	}
}

func TestCancel(t *testing.T) {
	for _, wait := range []time.Duration{0, 10 * time.Millisecond, 30 * time.Millisecond, 100 * time.Millisecond, time.Second} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), wait)
			defer cancel()
			r := newRig(t, Options{})
			r.voice.long = 100
			start := time.Now()
			_, err := r.Run(ctx, script(step{text: "!:one."}, step{text: "!:two."}, step{text: "?:three."}, step{wait: time.Hour}))
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("err %v", err)
			}
			if late := time.Since(start) - wait; late > time.Millisecond {
				t.Errorf("returned %v after the end", late)
			}
		})
	}
}

func TestFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{})
		s, err := r.Run(t.Context(), script(step{text: "!:one."}, step{text: "!:bad."}, step{text: "!:three."}))
		if err != nil {
			t.Fatal(err)
		}
		if s.Failed != 1 || s.Spoken != 2 || !strings.Contains(s.LastError, "no words") {
			t.Errorf("%+v", s)
		}
		if got := r.spoken(Failed); !slices.Equal(got, []string{"bad."}) {
			t.Errorf("failed %q", got)
		}
	})
}

// lostSink loses its device after the first write.
type lostSink struct {
	audio.Sink
	writes int
}

func (l *lostSink) Write(ctx context.Context, s []float32) error {
	if l.writes++; l.writes > 3 {
		return fmt.Errorf("card 0: %w", audio.ErrSinkLost)
	}
	return l.Sink.Write(ctx, s)
}

func TestSinkLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{})
		r.parts.Sink = &lostSink{Sink: r.sink}
		s, err := r.Run(t.Context(), script(step{text: "!:one."}, step{wait: time.Second, text: "!:two."}, step{wait: time.Second, text: "!:three."}))
		if !errors.Is(err, audio.ErrSinkLost) {
			t.Fatalf("err %v", err)
		}
		if s.Sentences != 3 || s.AgentReport.Lines != 3 || len(r.spoken(SinkLost)) != 1 || len(r.spoken(Speaking)) != 3 {
			t.Errorf("captions did not go on: %+v", s)
		}
	})
}

func TestPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{})
		r.voice.long = 10
		go func() {
			time.Sleep(300 * time.Millisecond)
			if err := r.Pause(true); err != nil {
				t.Error(err)
			}
			time.Sleep(5 * time.Second)
			if err := r.Pause(false); err != nil {
				t.Error(err)
			}
		}()
		s, err := r.Run(t.Context(), script(step{text: "!:one."}, step{text: "!:two."}))
		if err != nil {
			t.Fatal(err)
		}
		if got := r.heard.words(); !slices.Equal(got, []int{1, 2}) {
			t.Errorf("heard %v", got)
		}
		if got, want := r.heard.at[2], 5*time.Second+testTranslate+testChunk+time.Second+250*time.Millisecond; got < want || got > want+20*time.Millisecond {
			t.Errorf("the second began at %v, want %v", got, want)
		}
		if s.Gap.Max > 10*time.Millisecond {
			t.Errorf("a pause counts as a gap: %+v", s.Gap)
		}
	})
}

func TestSkip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{})
		r.voice.long = 50
		go func() {
			time.Sleep(500 * time.Millisecond)
			r.Skip()
		}()
		s, err := r.Run(t.Context(), script(step{text: "!:one."}, step{text: "!:two."}))
		if err != nil {
			t.Fatal(err)
		}
		if s.Skipped != 1 || s.Spoken != 1 || r.heard.at[2] > 600*time.Millisecond {
			t.Errorf("the second began at %v; %+v", r.heard.at[2], s)
		}
	})
}

func TestRepeat(t *testing.T) {
	for name, after := range map[string]time.Duration{"within": 500 * time.Millisecond, "after": 3 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, Options{})
			r.voice.long = 10
			go func() {
				time.Sleep(after)
				r.Repeat()
			}()
			if _, err := r.Run(t.Context(), script(step{text: "!:one."}, step{wait: 10 * time.Second})); !strings.Contains(fmt.Sprint(err), "<nil>") {
				t.Fatal(err)
			}
			want := 24000 - 2*120
			if name == "after" {
				want *= 2
			} else {
				want += int((after - testTranslate - testChunk).Seconds() * 24000)
			}
			if got := r.heard.count[1]; math.Abs(float64(got-want)) > 480 {
				t.Errorf("%s: %d samples, want about %d", name, got, want)
			}
		})
	}
}

func TestMute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{})
		r.Mute(true)
		if _, err := r.Run(t.Context(), script(step{text: "!:one."})); err != nil {
			t.Fatal(err)
		}
		if got := r.heard.words(); len(got) != 0 {
			t.Errorf("heard %v", got)
		}
	})
}

// TestSourceNeverWaits feeds far more than a paused player takes.
func TestSourceNeverWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Options{QueueBytes: 1 << 20})
		if err := r.Pause(true); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		source := func(ctx context.Context, emit func(agent.Event) error) (agent.Report, error) {
			defer cancel()
			text := "!:" + strings.Repeat("word ", 200)
			for range 3000 {
				before := time.Now()
				if err := emit(agent.Event{Kind: agent.Text, Text: text, Read: before}); err != nil {
					return agent.Report{}, err
				}
				if took := time.Since(before); took > 0 {
					return agent.Report{}, fmt.Errorf("the source waited %v", took)
				}
			}
			return agent.Report{}, nil
		}
		s, err := r.Run(ctx, source)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("err %v", err)
		}
		if s.Sentences != 3000 || s.Dropped < 1900 || s.Dropped > 2100 {
			t.Errorf("%d sentences, %d dropped", s.Sentences, s.Dropped)
		}
	})
}

func TestClauses(t *testing.T) {
	caption := "関数`a、b`を直し、テストを通しました。"
	text, clauses := pronounce(reader(func(s string) string { return "<" + s + ">" }), caption)
	if want := "<関数`a、b`を直し、><テストを通しました。>"; text != want {
		t.Errorf("text %q, want %q", text, want)
	}
	var parts []string
	for _, c := range clauses {
		parts = append(parts, caption[c.start:c.end])
	}
	if want := []string{"関数`a、b`を直し、", "テストを通しました。"}; !slices.Equal(parts, want) {
		t.Errorf("clauses %q, want %q", parts, want)
	}
	for _, c := range []struct{ offset, want int }{{0, 0}, {5, 0}, {clauses[1].spoken, 1}, {len(text), 1}} {
		if got, ok := clauseAt(clauses, c.offset); !ok || got != c.want {
			t.Errorf("clauseAt(%d) = %d", c.offset, got)
		}
	}
}

type reader func(string) string

func (f reader) Read(s string) string { return f(s) }
