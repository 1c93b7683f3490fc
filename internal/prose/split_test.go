package prose

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

type fataler interface {
	Fatalf(format string, args ...any)
	Helper()
}

func tb(t *rapid.T) testing.TB { return rapidTB{t: t} }

// rapidTB lends a rapid.T to a function that wants a testing.TB.
type rapidTB struct {
	testing.TB
	t *rapid.T
}

func (r rapidTB) Fatal(args ...any) { r.t.Fatal(args...) }

// checkSplits cuts the document whole, in the given pieces, and byte by byte: the sentences must be the same.
func checkSplits(t fataler, doc string, at []int) {
	t.Helper()
	whole, _, err := cutPieces(doc)
	if err != nil {
		t.Fatalf("whole: %v\nin %q", err, doc)
	}
	at = slices.Clone(at)
	slices.Sort(at)
	var pieces []string
	from := 0
	for _, i := range at {
		pieces = append(pieces, doc[from:i])
		from = i
	}
	pieces = append(pieces, doc[from:])
	for _, p := range [][]string{pieces, bytewise(doc)} {
		got, _, err := cutPieces(p...)
		if err != nil {
			t.Fatalf("%v\nin %q", err, p)
		}
		if !same(whole, got) {
			t.Fatalf("split %q:\n%s", p, cmp.Diff(whole, got))
		}
	}
}

// TestShortDocuments goes through all short documents of Markdown's characters: same sentences however they are split,
// and the same letters as goldmark's.
func TestShortDocuments(t *testing.T) {
	tokens := []string{"a", "B.", " ", "\n", "*", "**", "`", "[", "]", "(c)", "- ", "> ", "#", "|", "---", "    ", "```", "<b>", "&lt;", "\\", "é!", "1. ", "=", "_", "~~", ":"}
	depth := 3
	if testing.Short() {
		depth = 2
	}
	var doc []string
	n, odd := 0, 0
	var rec func(k int)
	rec = func(k int) {
		if len(doc) > 0 {
			s := strings.Join(doc, "")
			n++
			checkSplits(t, s, []int{len(s) / 2})
			if got, want := letters(spokenBlocks(mustCut(t, s))), letters(referenceBlocks(t, s)); got != want {
				odd++
				t.Errorf("%q: spoken %q, goldmark %q", s, got, want)
			}
			if odd > 40 {
				t.FailNow()
			}
		}
		if k == 0 {
			return
		}
		for _, tok := range tokens {
			doc = append(doc, tok)
			rec(k - 1)
			doc = doc[:len(doc)-1]
		}
	}
	rec(depth)
	t.Logf("%d documents", n)
}

// letters keeps what is heard: letters, digits, code's backticks.
func letters(blocks []string) string {
	var b strings.Builder
	for _, s := range blocks {
		if !speakable(s) {
			continue
		}
		for _, r := range s {
			if r == '`' || speakable(string(r)) {
				b.WriteRune(r)
			}
		}
	}
	return b.String()
}
