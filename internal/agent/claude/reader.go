// Package claude owns Claude Code's live stream: the JSON lines of
//
//	claude -p "…" --output-format stream-json --verbose --include-partial-messages
//
// Prose comes twice in it, first in pieces (stream_event lines, only with --include-partial-messages) and then as
// complete blocks (assistant lines). The pieces are handed on as they come; of the complete block only what the pieces
// did not hold. The final result repeats the last message, sometimes cut short: it is never used.
//
// A turn ends with exactly one TurnEnd or Error. The echo of a Prompt may come after the first pieces of the answer.
package claude

import (
	"context"
	"io"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"koe/internal/agent"
	"koe/internal/agent/claude/message"
	"koe/internal/agent/jsonl"
)

// Reader reads the live stream. Its zero value is ready; it may be used by several goroutines.
type Reader struct {
	MaxLine int // longer lines are skipped; bytes; 0: jsonl.DefaultLimit
}

// Read implements agent.Reader.
func (r Reader) Read(ctx context.Context, src io.Reader, emit func(agent.Event) error) (agent.Report, error) {
	s := &stream{emit: emit, seen: newSeen(4096), speakers: map[string]*speaker{}}
	var rec record
	err := jsonl.Walk(ctx, src, r.MaxLine, &s.report, rec.decode, func(line jsonl.Line) error {
		s.line, s.read = line.Number, line.Read
		s.handle(&rec)
		return s.err
	})
	if err == nil {
		s.finish()
		err = s.err
	}
	return s.report, err
}

// record is one line. What only some types of line have stays raw until it is needed.
type record struct {
	Type    string         `json:"type"`
	Subtype string         `json:"subtype"`
	Session string         `json:"session_id"`
	Parent  string         `json:"parent_tool_use_id"`
	UUID    string         `json:"uuid"`
	Message jsontext.Value `json:"message"`
	Event   jsontext.Value `json:"event"`
	Request jsontext.Value `json:"request"`
	// RequestID names a control_request.
	RequestID string `json:"request_id"`
	Synthetic bool   `json:"isSynthetic"`
	raw       []byte
}

// decode fills the record anew and keeps its buffers, for most lines are alike.
func (r *record) decode(object []byte) error {
	*r = record{Message: reuse(r.Message), Event: reuse(r.Event), Request: reuse(r.Request), raw: object}
	return json.Unmarshal(object, r, jsonl.Options())
}

func reuse(v jsontext.Value) jsontext.Value {
	if cap(v) > 1<<20 {
		return nil
	}
	return v[:0]
}

// stream is the state of one Read.
type stream struct {
	emit   func(agent.Event) error
	err    error // emit's first
	report agent.Report

	line    int
	read    time.Time
	session string // of the last line that named one

	speakers    map[string]*speaker // by session and parent tool use
	seen        *seen               // ids that must not count twice
	kept        int                 // bytes of pieces in them
	interrupted bool                // this turn's Error is out
	announced   string              // the session whose SessionStart is out
}

// send emits an event. After an error nothing more is emitted.
func (s *stream) send(ev agent.Event) {
	if s.err != nil {
		return
	}
	ev.Session, ev.Line, ev.Read = s.session, s.line, s.read
	if s.err = s.emit(ev); s.err == nil {
		s.report.Events++
	}
}

func (s *stream) skip(reason string) { s.report.Skip(reason, s.line) }

// handle takes one line.
func (s *stream) handle(r *record) {
	r.Parent = clip(r.Parent)
	if r.Session != "" {
		s.session = clip(r.Session)
	}
	switch r.Type {
	case "stream_event":
		s.streamEvent(r)
	case "assistant":
		s.assistant(r)
	case "user":
		s.user(r)
	case "system":
		s.system(r)
	case "result":
		s.result(r)
	case "control_request":
		s.controlRequest(r)
	case "rate_limit_event":
		s.rateLimit(r)
	case "control_response", "control_cancel_request", "keep_alive", "tool_progress", "tool_use_summary", "auth_status",
		"prompt_suggestion", "streamlined_text", "streamlined_tool_use_summary", "transcript_mirror",
		"update_environment_variables":
		// nothing in them is for the listener
	default:
		s.skip(agent.UnknownType(r.Type))
	}
}

// user takes a user line: tools' results, an interruption, or a prompt.
func (s *stream) user(r *record) {
	if r.UUID != "" && s.seen.twice("user "+r.UUID) {
		return
	}
	m, err := message.Decode(r.Message)
	if err != nil {
		s.skip(jsonl.Shape)
		return
	}
	blocks, bad := m.Blocks()
	if bad > 0 {
		s.skip(jsonl.Shape)
	}
	for _, b := range blocks {
		switch {
		case b.IsToolResult():
			s.send(agent.Event{Kind: agent.ToolResult, Parent: r.Parent, Tool: &agent.Tool{ID: b.ToolUseID, Failed: b.IsError}})
		case b.Type != "text":
			// an image or a document
		case message.Interrupted(b.Text):
			if r.Parent == "" && !s.interrupted {
				s.interrupted = true
				s.closeAll()
				s.send(agent.Event{Kind: agent.Error, Text: "The turn was interrupted."})
			}
		case !r.Synthetic && !message.MachineMade(b.Text):
			s.interrupted = s.interrupted && r.Parent != ""
			s.send(agent.Event{Kind: agent.Prompt, Parent: r.Parent, Text: b.Text})
		}
	}
}

// finish ends what the stream left open.
func (s *stream) finish() { s.closeAll() }
