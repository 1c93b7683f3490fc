package ui

import (
	"fmt"
	"io"
	"sort"
	"strings"
	"text/tabwriter"
	"time"

	"koe/internal/pipeline"
)

// Table prints a run's figures for people.
func Table(w io.Writer, s pipeline.Summary) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\tn\tp50\tp95\tmax\t")
	row := func(name string, f pipeline.Figure) {
		if f.N == 0 {
			fmt.Fprintf(t, "%s\t0\t–\t–\t–\t\n", name)
			return
		}
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\t%s\t\n", name, f.N, ms(f.P50), ms(f.P95), ms(f.Max))
	}
	if s.Realtime {
		row("first_sound_idle", s.FirstSoundIdle)
	}
	row("ready", s.Ready)
	if s.Realtime {
		row("gap", s.Gap)
	}
	row("cut", s.Cut)
	row("translate", s.Translate)
	row("voice, first chunk", s.Voice)
	for _, p := range s.Parts {
		row("· "+p.Name, p.Figure)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w, strings.Join(counts(s), " · "))
	return err
}

func counts(s pipeline.Summary) []string {
	out := []string{fmt.Sprintf("%d sentences, %.1f s of sound", s.Spoken, s.Sound.Seconds())}
	add := func(n int, what string) {
		if n > 0 {
			out = append(out, fmt.Sprintf("%d %s", n, what))
		}
	}
	if n := s.GuessRight + s.GuessWrong; n > 0 {
		out = append(out, fmt.Sprintf("guesses: %d right, %d wrong", s.GuessRight, s.GuessWrong))
	}
	names := make([]string, 0, len(s.Fallbacks))
	for name := range s.Fallbacks {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		add(s.Fallbacks[name], "needed "+name)
	}
	add(s.LostSpans, "lost a name or number")
	add(s.Cached, "from the cache")
	add(s.Skipped, "skipped")
	add(s.Failed, "failed")
	add(s.Dropped, "fell out of the full queue")
	add(s.Underruns, "underruns")
	if s.Realtime && s.Latency > 0 {
		out = append(out, "the device adds "+ms(s.Latency))
	}
	return out
}

func ms(d time.Duration) string {
	v := d.Seconds() * 1e3
	if v < 10 {
		return fmt.Sprintf("%.1f ms", v)
	}
	return fmt.Sprintf("%.0f ms", v)
}
