package prose

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"koe/internal/agent"
)

// checker holds a stream of cuts to the protocol and collects what was confirmed.
type checker struct {
	guess     *Sentence
	confirmed []Sentence
	guesses   int
	drops     int
}

func (k *checker) add(cuts []Cut) error {
	for _, c := range cuts {
		s := c.Sentence
		switch {
		case s.Text == "" || strings.TrimSpace(s.Text) != s.Text:
			return fmt.Errorf("empty or padded sentence %q", s.Text)
		case strings.ContainsAny(s.Text, "\n\r\t"):
			return fmt.Errorf("line break in %q", s.Text)
		case !utf8.ValidString(s.Text):
			return fmt.Errorf("invalid UTF-8 in %q", s.Text)
		case strings.Count(s.Text, "`")%2 != 0:
			return fmt.Errorf("odd backticks in %q", s.Text)
		}
		switch c.Op {
		case Guess:
			if k.guess != nil {
				return fmt.Errorf("guess %q while %q is outstanding", s.Text, k.guess.Text)
			}
			k.guess = &s
			k.guesses++
		case Drop:
			if k.guess == nil || k.guess.Text != s.Text {
				return fmt.Errorf("drop of %q without its guess", s.Text)
			}
			k.guess = nil
			k.drops++
		case Confirm:
			if k.guess != nil && (k.guess.Text != s.Text || k.guess.Role != s.Role) {
				return fmt.Errorf("confirm of %q while %q is guessed", s.Text, k.guess.Text)
			}
			k.guess = nil
			k.confirmed = append(k.confirmed, s)
		default:
			return fmt.Errorf("unknown op %d", c.Op)
		}
	}
	return nil
}

// cutPieces cuts a document that comes in pieces.
func cutPieces(pieces ...string) ([]Sentence, checker, error) {
	c := New(Defaults())
	var k checker
	for _, p := range pieces {
		if err := k.add(c.Write(agent.Event{Kind: agent.Text, Block: "1", Text: p})); err != nil {
			return nil, k, err
		}
	}
	if err := k.add(c.Close()); err != nil {
		return nil, k, err
	}
	if k.guess != nil {
		return nil, k, fmt.Errorf("guess %q left open", k.guess.Text)
	}
	return k.confirmed, k, nil
}

func mustCut(t testing.TB, pieces ...string) []Sentence {
	t.Helper()
	s, _, err := cutPieces(pieces...)
	if err != nil {
		t.Fatalf("%v\nin %q", err, pieces)
	}
	return s
}

func texts(ss []Sentence) []string {
	out := make([]string, len(ss))
	for i, s := range ss {
		out[i] = s.Text
	}
	return out
}

func bytewise(s string) []string {
	out := make([]string, len(s))
	for i := range len(s) {
		out[i] = s[i : i+1]
	}
	return out
}

func same(a, b []Sentence) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func textEvent(s string) agent.Event {
	return agent.Event{Kind: agent.Text, Block: "1", Text: s}
}
