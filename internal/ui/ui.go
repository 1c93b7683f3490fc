// Package ui owns what a person or a program sees of a running pipeline: the live view of a terminal, plain caption
// lines, JSON events, and the table of figures at the end.
package ui

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"

	"koe/internal/pipeline"
)

// Lines writes captions as plain text, a sentence as it begins to sound: the agent's words, then what is spoken.
// Observe is safe for concurrent use.
type Lines struct {
	mu  sync.Mutex
	w   io.Writer
	err error
}

// NewLines returns Lines that write to w.
func NewLines(w io.Writer) *Lines { return &Lines{w: w} }

// Observe shows one note. After a write has failed nothing more is written; Err tells.
func (l *Lines) Observe(n pipeline.Note) {
	switch n.Kind {
	case pipeline.Speaking:
		l.printf("%s%s\n", speaker(n), n.Source)
		if n.Text != n.Source {
			l.printf("  %s\n", n.Text)
		}
		if n.Lost > 0 {
			l.printf("  (the translation lost %d name or number)\n", n.Lost)
		}
	case pipeline.ToolCalled:
		l.printf("· %s\n", tool(n))
	case pipeline.Skipped:
		l.printf("  (skipped)\n")
	case pipeline.Failed:
		l.printf("%s%s\n  (not spoken: %s)\n", speaker(n), n.Source, n.Error)
	case pipeline.SinkLost:
		l.printf("sound lost: %s; captions go on\n", n.Error)
	case pipeline.AgentFailed:
		l.printf("· the agent reports an error\n")
	case pipeline.Started, pipeline.TurnOver, pipeline.Queued, pipeline.ClauseSounds, pipeline.Spoken, pipeline.Changed:
	}
}

func (l *Lines) printf(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		_, l.err = fmt.Fprintf(l.w, format, args...)
	}
}

// Err is the first error of writing.
func (l *Lines) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// speaker marks what a subagent says.
func speaker(n pipeline.Note) string {
	if n.Parent != "" {
		return "↳ "
	}
	return ""
}

func tool(n pipeline.Note) string {
	if n.Detail == "" {
		return n.Tool
	}
	return n.Tool + " " + n.Detail
}

// JSON writes each note as a line of JSON (see pipeline.Note).
type JSON struct {
	mu  sync.Mutex
	enc *json.Encoder
	err error
}

// NewJSON returns a JSON that writes to w.
func NewJSON(w io.Writer) *JSON {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return &JSON{enc: enc}
}

// Observe writes one note.
func (j *JSON) Observe(n pipeline.Note) { j.write(n) }

// End writes the run's summary as a last line: {"event":"summary", …}.
func (j *JSON) End(s pipeline.Summary) {
	j.write(struct {
		Event string `json:"event"`
		pipeline.Summary
	}{"summary", s})
}

func (j *JSON) write(v any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err == nil {
		j.err = j.enc.Encode(v)
	}
}

// Err is the first error of writing.
func (j *JSON) Err() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.err
}
