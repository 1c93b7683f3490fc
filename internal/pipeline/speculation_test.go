package pipeline

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"koe/internal/agent"
	"koe/internal/prose"
)

// typed gives the pieces of one block, a while apart.
func typed(wait time.Duration, pieces ...string) Source {
	return func(ctx context.Context, emit func(agent.Event) error) (agent.Report, error) {
		for _, p := range pieces {
			if err := emit(agent.Event{Kind: agent.Text, Block: "1", Text: p, Read: time.Now()}); err != nil {
				return agent.Report{}, err
			}
			select {
			case <-time.After(wait):
			case <-ctx.Done():
				return agent.Report{}, ctx.Err()
			}
		}
		return agent.Report{}, emit(agent.Event{Kind: agent.BlockEnd, Block: "1", Read: time.Now()})
	}
}

// TestSpeculationOnProse cuts real text at the stop that tempts to guess, with the next byte 30, 100 and 300 ms later.
func TestSpeculationOnProse(t *testing.T) {
	jwt := "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9" + "." + "eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IktvZSJ9" + "." + "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"
	for _, c := range []struct {
		name   string
		pieces []string
		want   []string
		right  int
		wrong  int
	}{
		{"a sentence", []string{"All tests pass.", " Now the linter", " runs."}, []string{"All tests pass.", "Now the linter runs."}, 2, 0},
		{"a version", []string{"This needs v1.", "2 of the library, which is new."}, []string{"This needs v1.2 of the library, which is new."}, 1, 1},
		{"e.g.", []string{"Use a cache, e.g.", " the one in memory."}, []string{"Use a cache, e.g. the one in memory."}, 1, 0},
		{"a secret", []string{"The token is " + jwt[:37], jwt[37:] + ". Keep it safe."}, []string{"The token is secret.", "Keep it safe."}, 1, 0},
	} {
		for _, wait := range []time.Duration{30 * time.Millisecond, 100 * time.Millisecond, 300 * time.Millisecond} {
			for _, speculate := range []bool{false, true} {
				synctest.Test(t, func(t *testing.T) {
					r := newRig(t, Options{NoSpeculation: !speculate})
					r.parts.Cutter = prose.NewMux(prose.Defaults())
					s, err := r.Run(t.Context(), typed(wait, c.pieces...))
					if err != nil {
						t.Fatal(err)
					}
					if got := r.spoken(Spoken); !slices.Equal(got, c.want) {
						t.Errorf("%s after %v: spoken %q, want %q", c.name, wait, got, c.want)
					}
					if speculate && (s.GuessRight != c.right || s.GuessWrong != c.wrong) {
						t.Errorf("%s after %v: guesses %d right, %d wrong, want %d and %d", c.name, wait, s.GuessRight, s.GuessWrong, c.right, c.wrong)
					}
					if len(r.translator.kept) != s.GuessRight || s.Spoken != len(c.want) || s.Ready.N != len(c.want) {
						t.Errorf("%s after %v: a guess left something: kept %q, %+v", c.name, wait, r.translator.kept, s)
					}
					for _, call := range r.translator.calls {
						if strings.Contains(call.Text, "eyJ") {
							t.Errorf("%s after %v: the translator saw %q", c.name, wait, call.Text)
						}
					}
					t.Logf("%-12s next byte after %-6v speculation %-5v first_sound_idle %-6v guesses %d right %d wrong", c.name, wait, speculate,
						s.FirstSoundIdle.P50.Round(time.Millisecond), s.GuessRight, s.GuessWrong)
				})
			}
		}
	}
}
