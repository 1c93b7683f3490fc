package pipeline

import (
	"encoding/json"
	"math"
	"slices"
	"sync"
	"time"

	"koe/internal/agent"
	"koe/internal/translate"
)

// Figure is a distribution of durations.
type Figure struct {
	N             int
	P50, P95, Max time.Duration
}

type figureJSON struct {
	Name string  `json:"name,omitempty"`
	N    int     `json:"n"`
	P50  float64 `json:"p50"`
	P95  float64 `json:"p95"`
	Max  float64 `json:"max"`
}

func (f Figure) json(name string) figureJSON {
	ms := func(d time.Duration) float64 { return math.Round(float64(d)/1e4) / 100 }
	return figureJSON{name, f.N, ms(f.P50), ms(f.P95), ms(f.Max)}
}

// MarshalJSON gives {"n", "p50", "p95", "max"} in milliseconds.
func (f Figure) MarshalJSON() ([]byte, error) { return json.Marshal(f.json("")) }

// figure computes nearest-rank percentiles.
func figure(d []time.Duration) Figure {
	if len(d) == 0 {
		return Figure{}
	}
	d = slices.Clone(d)
	slices.Sort(d)
	at := func(q float64) time.Duration { return d[max(0, int(math.Ceil(q*float64(len(d))))-1)] }
	return Figure{N: len(d), P50: at(0.5), P95: at(0.95), Max: d[len(d)-1]}
}

// Summary is what the ledger says of a run. The three first figures are those of docs/DESIGN.md, measured from the moment
// at which a sentence's last byte was read. They mean something on a sink paced in real time (Realtime).
type Summary struct {
	FirstSoundIdle Figure `json:"first_sound_idle"` // first audible sample handed to a device that was silent
	Ready          Figure `json:"ready"`            // first PCM exists; all sentences
	Gap            Figure `json:"gap"`              // silence beyond the intended pause between queued sentences

	Cut       Figure `json:"cut"`       // last byte read → end certain
	Translate Figure `json:"translate"` // translation alone
	Voice     Figure `json:"voice"`     // reading and synthesis until the first chunk
	Parts     []Part `json:"parts"`     // of Voice, as the engine names them

	Realtime    bool           `json:"realtime"`
	Sentences   int            `json:"sentences"` // confirmed
	Spoken      int            `json:"spoken"`
	Skipped     int            `json:"skipped"`
	Failed      int            `json:"failed"`
	Dropped     int            `json:"dropped"` // fell out of the full queue
	Waiting     int            `json:"waiting"`
	Cached      int            `json:"cached"`
	Fallbacks   map[string]int `json:"fallbacks,omitempty"`
	LostSpans   int            `json:"lost"` // sentences that lost a span or number nevertheless
	GuessRight  int            `json:"guess_right"`
	GuessWrong  int            `json:"guess_wrong"`
	Wasted      time.Duration  `json:"-"` // work on wrong guesses, from guess to drop
	WastedMS    float64        `json:"guess_wasted_ms"`
	Sound       time.Duration  `json:"-"`
	SoundSecs   float64        `json:"sound_s"`
	Took        time.Duration  `json:"-"`
	TookSecs    float64        `json:"took_s"`
	Latency     time.Duration  `json:"-"` // of the device, beyond what the figures count
	LatencyMS   float64        `json:"device_latency_ms"`
	Underruns   int            `json:"underruns"`
	LastError   string         `json:"last_error,omitempty"`
	AgentReport agent.Report   `json:"agent"`
}

// Part is the distribution of a named part of the work.
type Part struct {
	Name string `json:"name"`
	Figure
}

// MarshalJSON gives the figure's fields and the name.
func (p Part) MarshalJSON() ([]byte, error) { return json.Marshal(p.json(p.Name)) }

// ledger collects the clock times of each sentence.
type ledger struct {
	mu                         sync.Mutex
	start                      time.Time
	s                          Summary
	idle, ready, gap           []time.Duration
	cutting, translating, says []time.Duration
	partNames                  []string // in the order in which they came first
	parts                      map[string][]time.Duration
}

func newLedger(realtime bool) *ledger {
	return &ledger{s: Summary{Realtime: realtime, Fallbacks: map[string]int{}}, parts: map[string][]time.Duration{}}
}

func (l *ledger) begin(t time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.start = t
}

func (l *ledger) setReport(r agent.Report) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.s.AgentReport = r
}

func (l *ledger) confirmed(it *item) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.s.Sentences++
	if it.tentative {
		l.s.GuessRight++
	}
	l.cutting = append(l.cutting, max(0, it.cut.Sub(it.sentence.Read)))
}

func (l *ledger) wrongGuess(it *item) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.s.GuessWrong++
	l.s.Wasted += time.Since(it.guessed)
}

// sounded notes a sentence's first sound: idle says that the device was silent, d is first_sound_idle or gap.
func (l *ledger) sounded(idle bool, d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if idle {
		l.idle = append(l.idle, d)
	} else {
		l.gap = append(l.gap, d)
	}
}

func (l *ledger) finished(it *item, sound time.Duration, skipped bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.s.Sound += sound
	if skipped {
		l.s.Skipped++
	}
	if err := it.failed(); err != nil {
		l.s.Failed++
		l.s.LastError = err.Error()
		return
	}
	if !skipped {
		l.s.Spoken++
	}
	tr := it.translation
	if tr.Cached {
		l.s.Cached++
	}
	if tr.Fallback != translate.NoFallback {
		l.s.Fallbacks[FallbackName(tr.Fallback)]++
	}
	if len(tr.Lost) > 0 {
		l.s.LostSpans++
	}
	l.translating = append(l.translating, it.translated.Sub(it.begun))
	if !it.firstPCM.IsZero() {
		l.ready = append(l.ready, it.firstPCM.Sub(it.sentence.Read))
		l.says = append(l.says, it.firstPCM.Sub(it.voiced))
		for _, p := range it.parts {
			if _, ok := l.parts[p.name]; !ok {
				l.partNames = append(l.partNames, p.name)
			}
			l.parts[p.name] = append(l.parts[p.name], p.took)
		}
	}
}

func (l *ledger) device(latency time.Duration, underruns int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.s.Latency, l.s.Underruns = max(l.s.Latency, latency), underruns
}

func (l *ledger) summary() Summary {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.s
	s.Fallbacks = make(map[string]int, len(l.s.Fallbacks))
	for k, v := range l.s.Fallbacks {
		s.Fallbacks[k] = v
	}
	s.FirstSoundIdle, s.Ready, s.Gap = figure(l.idle), figure(l.ready), figure(l.gap)
	s.Cut, s.Translate, s.Voice = figure(l.cutting), figure(l.translating), figure(l.says)
	for _, name := range l.partNames {
		s.Parts = append(s.Parts, Part{name, figure(l.parts[name])})
	}
	if !l.start.IsZero() {
		s.Took = time.Since(l.start)
	}
	s.WastedMS, s.LatencyMS = s.Wasted.Seconds()*1e3, s.Latency.Seconds()*1e3
	s.SoundSecs, s.TookSecs = s.Sound.Seconds(), s.Took.Seconds()
	return s
}
