// Package bench owns what `koe bench` measures with: the sentences, the runs, the peers (other programs that do the same
// work, measured beside ours in the same run) and the tables. It knows interfaces, never engines; cmd/koe hands them in.
package bench

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"koe/internal/agent/streamgen"
	"koe/internal/hardware"
)

// Head says where, when and with what command figures were taken.
type Head struct {
	Machine string `json:"machine"`
	Date    string `json:"date"`
	Command string `json:"command"`
}

// NewHead describes this process.
func NewHead() Head {
	machine, _ := hardware.Detect() // what could not be found is empty
	return Head{machine.String(), time.Now().Format(time.DateOnly), "koe " + strings.Join(os.Args[1:], " ")}
}

// Figure is a distribution of durations.
type Figure struct {
	N             int
	P50, P95, Max time.Duration
}

// FigureOf computes nearest-rank percentiles.
func FigureOf(d []time.Duration) Figure {
	if len(d) == 0 {
		return Figure{}
	}
	d = slices.Clone(d)
	slices.Sort(d)
	at := func(q float64) time.Duration { return d[max(0, int(math.Ceil(q*float64(len(d))))-1)] }
	return Figure{N: len(d), P50: at(0.5), P95: at(0.95), Max: d[len(d)-1]}
}

type figureJSON struct {
	N   int     `json:"n"`
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	Max float64 `json:"max"`
}

func (f Figure) json() figureJSON {
	ms := func(d time.Duration) float64 { return math.Round(float64(d)/1e4) / 100 }
	return figureJSON{f.N, ms(f.P50), ms(f.P95), ms(f.Max)}
}

// MarshalJSON gives {"n", "p50", "p95", "max"} in milliseconds.
func (f Figure) MarshalJSON() ([]byte, error) { return json.Marshal(f.json()) }

// Sentences are up to n different sentences of our own narration with least to most words and without code spans, spread
// over all of it. They are ASCII, so that they are the same for engines that prepare their text and those that do not.
func Sentences(n, least, most int) []string {
	var fit []string
	for _, s := range streamgen.Sentences() {
		if words := len(strings.Fields(s)); words >= least && words <= most && plain(s) {
			fit = append(fit, s)
		}
	}
	if n >= len(fit) {
		return fit
	}
	out := make([]string, max(0, n))
	for i := range out {
		out[i] = fit[i*len(fit)/n]
	}
	return out
}

func plain(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 || s[i] == '`' {
			return false
		}
	}
	return true
}
