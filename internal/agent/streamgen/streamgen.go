// Package streamgen owns making streams of Claude Code in the real format: of any length from a seed, and recordings
// from a script (Record).
//
// A recording is the stream itself, one JSON object a line, with the time at which each line came beside it: the field
// "_t" of the line's object, in milliseconds since the start. Readers ignore the field, so that
//
//	koe < recording             # as fast as it can be read
//	koe --pace < recording      # as it was
//
// both work. Lines without "_t" are paced by the length of their text (package replay).
package streamgen

import (
	_ "embed" // for the narration
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"time"
)

//go:generate go run ./record ../../../recordings/session.md ../../../recordings/session.jsonl

//go:embed narration.txt
var narration string

// Options says what to generate. The stream ends with the turn in which Sentences or Bytes is reached.
type Options struct {
	Seed      uint64
	Sentences int   // of prose; 0: no limit
	Bytes     int64 // of the stream; 0: no limit
	Plain     bool  // sentences only, no Markdown, tools, thinking, subagents, permissions
	NoPieces  bool  // complete blocks only, as without --include-partial-messages

	// Heard, if over 0, makes a stream that speech keeps up with (heard.go): how many characters a second are heard.
	Heard float64
}

// Generate writes a stream. Equal options give equal streams.
func Generate(w io.Writer, o Options) (Stats, error) {
	if o.Sentences <= 0 && o.Bytes <= 0 {
		return Stats{}, fmt.Errorf("streamgen: no length: set Sentences or Bytes")
	}
	r := newRecorder(w, o.Seed)
	r.noPieces = o.NoPieces
	a := &author{rng: r.rng, sentences: strings.Split(strings.TrimSpace(narration), "\n")}
	if o.Heard > 0 {
		a.order = r.rng.Perm(len(a.sentences))
	}
	r.init()
	for r.err == nil && (o.Sentences <= 0 || a.written < o.Sentences) && (o.Bytes <= 0 || r.stats.Bytes < o.Bytes) {
		left := o.Sentences - a.written
		if o.Sentences <= 0 {
			left = 1 << 30
		}
		switch {
		case o.Heard > 0:
			heardTurn(r, a, left, o.Heard)
		case o.Plain:
			plainTurn(r, a, left)
		default:
			turn(r, a)
		}
	}
	r.stats.Sentences = a.written
	return r.finish()
}

// Sentences are the narration's sentences, in its order.
func Sentences() []string { return strings.Split(strings.TrimSpace(narration), "\n") }

// plainTurn is a turn of one message with a few paragraphs, at most n sentences.
func plainTurn(r *recorder, a *author, n int) {
	r.prompt("Please go on.", "")
	r.wait(r.around(1500 * time.Millisecond)) // to the first token
	var paragraphs []string
	for range 1 + r.rng.IntN(3) {
		if k := min(n, 1+r.rng.IntN(4)); k > 0 {
			paragraphs = append(paragraphs, a.paragraph(k))
			n -= k
		}
	}
	text := strings.Join(paragraphs, "\n\n")
	r.text("text", text)
	r.turnEnd(text)
	r.wait(r.around(2 * time.Second))
}

// turn is a turn as they are: narration between tool calls, then a summary.
func turn(r *recorder, a *author) {
	r.prompt("Please look into this: "+a.quiet(), "")
	for range 2 + r.rng.IntN(5) {
		r.wait(r.around(1500 * time.Millisecond))
		if r.rng.IntN(4) == 0 {
			r.text("thinking", a.quiet())
		}
		if r.rng.IntN(6) > 0 {
			r.text("text", a.paragraph(1+r.rng.IntN(3)))
		}
		tool := tools[r.rng.IntN(len(tools))]
		switch r.rng.IntN(12) {
		case 0:
			r.subagent("Search the code for callers", r.around(6*time.Second), []string{a.quiet(), a.quiet()})
		case 1:
			r.begin()
			r.permission(tool.name, tool.input, r.around(3*time.Second))
			r.tool(tool.name, tool.input, r.around(tool.takes), tool.result, false)
		default:
			r.tool(tool.name, tool.input, r.around(tool.takes), strings.Repeat(tool.result+"\n", 1+r.rng.IntN(40)), r.rng.IntN(15) == 0)
		}
	}
	r.wait(r.around(1500 * time.Millisecond))
	text := a.summary()
	r.text("text", text)
	r.turnEnd(text)
	r.wait(r.around(4 * time.Second))
}

var tools = [...]struct {
	name, input, result string
	takes               time.Duration
}{
	{"Bash", `{"command":"go test ./...","description":"Run all tests"}`, "ok  \tproject/internal/parse\t0.412s", 3 * time.Second},
	{"Read", `{"file_path":"/home/dev/project/internal/parse/parse.go"}`, "func Parse(s string) (time.Duration, error) {", 200 * time.Millisecond},
	{"Edit", `{"file_path":"/home/dev/project/internal/parse/parse.go","old_string":"return d","new_string":"return -d"}`, "The file has been updated.", 300 * time.Millisecond},
	{"Grep", `{"pattern":"ParseDuration\\(","path":"/home/dev/project"}`, "internal/parse/parse.go:42", 400 * time.Millisecond},
	{"Bash", `{"command":"git diff --stat"}`, " internal/parse/parse.go | 4 ++--", 300 * time.Millisecond},
	{"Write", `{"file_path":"/home/dev/project/notes.md","content":"# Notes\n\nNothing yet.\n"}`, "File created.", 300 * time.Millisecond},
}

// author writes Markdown of the narration's sentences.
type author struct {
	rng       *rand.Rand
	sentences []string
	order     []int // of the sentences; nil: any, again and again
	written   int
}

// quiet is a sentence that is no prose of the main agent: it isn't counted.
func (a *author) quiet() string { return a.sentences[a.rng.IntN(len(a.sentences))] }

func (a *author) sentence() string {
	a.written++
	if a.order != nil {
		return a.sentences[a.order[(a.written-1)%len(a.order)]]
	}
	return a.quiet()
}

func (a *author) paragraph(n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = a.sentence()
	}
	return strings.Join(all, " ")
}

// summary is what ends a turn: headings, lists, bold, code, a table.
func (a *author) summary() string {
	parts := []string{a.paragraph(1 + a.rng.IntN(2))}
	for range 1 + a.rng.IntN(3) {
		switch a.rng.IntN(7) {
		case 0:
			a.written++
			parts = append(parts, "## What changed\n\n"+a.paragraph(2))
		case 1:
			parts = append(parts, a.list("- "))
		case 2:
			parts = append(parts, a.list("1. "))
		case 3:
			parts = append(parts, "```go\nfunc sign(d time.Duration) int {\n\tif d < 0 {\n\t\treturn -1\n\t}\n\n\treturn 1\n}\n```", a.paragraph(1))
		case 4:
			parts = append(parts, "| Test | Before | After |\n| --- | --- | --- |\n| `TestParse` | fails | passes |\n| `TestFormat` | passes | passes |", a.paragraph(1))
		case 5:
			parts = append(parts, "> "+a.sentence())
		case 6:
			a.written++
			parts = append(parts, "**Note:** the file `main.go` is unchanged. "+a.sentence())
		}
	}
	return strings.Join(append(parts, a.paragraph(1)), "\n\n")
}

func (a *author) list(mark string) string {
	items := make([]string, 2+a.rng.IntN(3))
	for i := range items {
		items[i] = mark + a.sentence()
	}
	return strings.Join(items, "\n")
}
