package prose

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

// markdown returns about n bytes of an agent's Markdown.
func markdown(tb testing.TB, n int) string {
	b, err := os.ReadFile("testdata/narration.txt")
	if err != nil {
		tb.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	r := rand.New(rand.NewPCG(1, 2))
	var out strings.Builder
	for out.Len() < n {
		switch r.IntN(8) {
		case 0:
			fmt.Fprintf(&out, "## %s\n\n", lines[r.IntN(len(lines))])
		case 1:
			for range 4 {
				fmt.Fprintf(&out, "- **Note:** %s\n", lines[r.IntN(len(lines))])
			}
			out.WriteByte('\n')
		case 2:
			out.WriteString("```go\nfunc main() {\n\tprintln(\"x\")\n}\n```\n\n")
		case 3:
			out.WriteString("| a | b |\n|---|---|\n| `c` | d |\n\n")
		default:
			for range 5 {
				out.WriteString(lines[r.IntN(len(lines))])
				out.WriteByte(' ')
			}
			out.WriteString("\n\n")
		}
	}
	return out.String()
}

// BenchmarkCutter cuts Markdown as it comes from an agent (40 bytes a delta); ns/byte must not grow with the length.
func BenchmarkCutter(b *testing.B) {
	for _, mb := range []int{1, 10, 50} {
		doc := markdown(b, mb<<20)
		b.Run(fmt.Sprintf("%dMB", mb), func(b *testing.B) {
			b.SetBytes(int64(len(doc)))
			for b.Loop() {
				feed(doc, 40)
			}
		})
	}
}

// BenchmarkHostile cuts what makes a naive cutter quadratic, 1 MB each, one delta of 64 bytes at a time.
func BenchmarkHostile(b *testing.B) {
	for _, h := range hostile {
		doc := strings.Repeat(h.unit, (1<<20)/len(h.unit))
		b.Run(h.name, func(b *testing.B) {
			b.SetBytes(int64(len(doc)))
			for b.Loop() {
				feed(doc, 64)
			}
		})
	}
}

var hostile = []struct{ name, unit string }{
	{"prose", "word "}, {"nospace", "x"}, {"brackets", "["}, {"links", "[a]("}, {"closed", "[a]"}, {"stars", "*a "}, {"stars2", "a**b"}, {"ticks", "` `` "},
	{"angles", "<a "}, {"comments", "<!-- "}, {"quotes", "> "}, {"dashes", "- "}, {"dashrun", "-"}, {"stops", ". "}, {"dots", "."}, {"lower", "a. "}, {"pipes", "|"},
	{"entities", "&a"}, {"fence", "```\n"}, {"longfence", "`"}, {"escapes", "\\"}, {"han", "漢"}, {"key", "-----BEGIN "}, {"urls", "https://"}, {"html", "<div>"},
	{"labels", "[a]["}, {"numbers", "1. "}, {"newlines", "\n"}, {"lines", "a\n"}, {"parens", "[a](("}, {"colon", "token: "}, {"emoji", "🎉"}, {"spaces", " "},
}

func feed(doc string, step int) (n int) {
	c := New(Defaults())
	for i := 0; i < len(doc); i += step {
		n += len(c.Write(textEvent(doc[i:min(i+step, len(doc))])))
	}
	return n + len(c.Close())
}

// TestLinear: what is looked at grows with the text's length, whatever the text. A quadratic cutter looks at each of
// 64 Ki characters 32 Ki times.
func TestLinear(t *testing.T) {
	for _, h := range hostile {
		doc := strings.Repeat(h.unit, (64<<10)/len(h.unit))
		c := New(Defaults())
		for i := 0; i < len(doc); i += 64 {
			c.Write(textEvent(doc[i:min(i+64, len(doc))]))
		}
		c.Close()
		per := float64(c.work) / float64(len(doc))
		t.Logf("%-10s %6.1f", h.name, per)
		if per > 300 {
			t.Errorf("%s: every character was looked at %.0f times", h.name, per)
		}
	}
}

// TestBoundedMemory: a text that never ends anything is not kept.
func TestBoundedMemory(t *testing.T) {
	for _, h := range hostile {
		c := New(Defaults())
		piece := strings.Repeat(h.unit, (32<<10)/len(h.unit))
		for range 3 {
			c.Write(textEvent(piece))
		}
		for name, n := range map[string]int{
			"line": cap(c.line), "out": cap(c.out), "hold": cap(c.hold), "raw": cap(c.raw), "marks": cap(c.marks), "stack": cap(c.stack) / 64,
			"stamps": cap(c.stamps), "brackets": cap(c.brackets), "head": cap(c.html.head), "ent": cap(c.html.ent), "tail": cap(c.keyTail),
		} {
			if n > 40<<10 {
				t.Errorf("%s: %s holds %d", h.name, name, n)
			}
		}
	}
}
