// Package transcript owns Claude Code's transcripts, the files
//
//	~/.claude/projects/<folder>/<session>.jsonl
//
// (with the subagents' below <session>/subagents/), to which Claude Code adds a line for every complete content block.
// The package reads what there is of a file; whoever follows a growing one decides where to start.
package transcript

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"koe/internal/agent"
	"koe/internal/agent/claude/message"
	"koe/internal/agent/jsonl"
)

// Reader reads a transcript. Its zero value is ready; it may be used by several goroutines.
type Reader struct {
	MaxLine int // longer lines are skipped; bytes; 0: jsonl.DefaultLimit
}

// Read implements agent.Reader. Event.Parent of a subagent's event is the agent's id, for a transcript names no tool use.
func (r Reader) Read(ctx context.Context, src io.Reader, emit func(agent.Event) error) (agent.Report, error) {
	s := &state{emit: emit, uuids: map[string]bool{}, tools: map[string]bool{}}
	var rec record
	decode := func(object []byte) error {
		rec = record{}
		return json.Unmarshal(object, &rec, jsonl.Options())
	}
	err := jsonl.Walk(ctx, src, r.MaxLine, &s.report, decode, func(line jsonl.Line) error {
		s.line, s.read = line.Number, line.Read
		s.handle(&rec)
		return s.err
	})
	if err == nil {
		s.turnEnd()
		err = s.err
	}
	return s.report, err
}

// record is one line.
type record struct {
	Type      string         `json:"type"`
	Subtype   string         `json:"subtype"`
	Session   string         `json:"sessionId"`
	UUID      string         `json:"uuid"`
	Agent     string         `json:"agentId"`
	Sidechain bool           `json:"isSidechain"`
	Meta      bool           `json:"isMeta"`
	Summary   bool           `json:"isCompactSummary"`
	Origin    jsontext.Value `json:"attachment"`
	Message   jsontext.Value `json:"message"`
}

func (r *record) parent() string {
	switch {
	case !r.Sidechain:
		return ""
	case r.Agent != "":
		return r.Agent
	default:
		return "sidechain"
	}
}

// state is that of one Read.
type state struct {
	emit   func(agent.Event) error
	err    error
	report agent.Report

	line    int
	read    time.Time
	session string

	announced string
	uuids     map[string]bool // lines that were read: a resumed session repeats them
	tools     map[string]bool
	blocks    int    // of the message
	message   string // the id of the last message
	ending    bool   // the last message ends the turn, and its prose was emitted
}

// maxSeen bounds the ids that are remembered.
const maxSeen = 1 << 16

func twice(set map[string]bool, id string) bool {
	if id == "" || len(id) > 256 {
		return false
	}
	if set[id] {
		return true
	}
	if len(set) >= maxSeen {
		clear(set)
	}
	set[id] = true
	return false
}

func (s *state) send(ev agent.Event) {
	if s.err != nil {
		return
	}
	ev.Session, ev.Line, ev.Read = s.session, s.line, s.read
	if s.err = s.emit(ev); s.err == nil {
		s.report.Events++
	}
}

func (s *state) skip(reason string) { s.report.Skip(reason, s.line) }

// handle takes one line.
func (s *state) handle(r *record) {
	if r.Session != "" && len(r.Session) <= 256 {
		s.session = r.Session
	}
	switch r.Type {
	case "assistant", "user":
		if r.Meta || r.Summary || twice(s.uuids, r.UUID) {
			return
		}
	case "system":
		s.system(r)
		return
	case "summary", "queue-operation", "attachment", "file-history-snapshot", "last-prompt", "progress", "ai-title",
		"custom-title", "agent-name", "agent-color", "agent-setting", "permission-mode", "mode", "pr-link", "tag",
		"worktree-state", "content-replacement", "marble-origami-commit", "marble-origami-snapshot", "speculation-accept",
		"attribution-snapshot", "task-summary", "saved_hook_context":
		return // nothing in them is for the listener
	default:
		if r.Origin.Kind() != '{' { // old attachments have no type
			s.skip(agent.UnknownType(r.Type))
		}
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
	if s.ending && (r.Type == "user" || m.ID != s.message) {
		s.turnEnd()
	}
	if s.session != s.announced {
		s.announced = s.session
		s.send(agent.Event{Kind: agent.SessionStart, Text: m.Model})
	}
	if r.Type == "user" {
		s.user(r, blocks)
	} else {
		s.assistant(r, m, blocks)
	}
}

// assistant takes complete blocks.
func (s *state) assistant(r *record, m message.Message, blocks []message.Block) {
	if m.ID != s.message || m.ID == "" {
		s.message, s.blocks = m.ID, 0
	}
	for _, b := range blocks {
		text, channel := b.Text, agent.Prose
		if b.Type == "thinking" {
			text, channel = b.Thinking, agent.Thinking
		}
		switch {
		case b.Type == "text" || b.Type == "thinking":
			if text == "" {
				continue
			}
			s.blocks++
			// The line keeps apart the blocks of messages that take turns.
			name := fmt.Sprintf("line %d/%d", s.line, s.blocks)
			s.send(agent.Event{Kind: agent.Text, Channel: channel, Parent: r.parent(), Block: name, Text: text})
			s.send(agent.Event{Kind: agent.BlockEnd, Channel: channel, Parent: r.parent(), Block: name})
			if b.Type == "text" && !r.Sidechain && (m.StopReason == "end_turn" || m.StopReason == "stop_sequence" || m.StopReason == "max_tokens") {
				s.ending = true
			}
		case b.IsTool():
			if !twice(s.tools, b.ID) {
				tool := agent.Tool{ID: b.ID, Name: b.Name, Detail: message.Detail(b.Input)}
				s.send(agent.Event{Kind: agent.ToolUse, Parent: r.parent(), Tool: &tool})
			}
		}
	}
}

// user takes tools' results, an interruption, or a prompt.
func (s *state) user(r *record, blocks []message.Block) {
	for _, b := range blocks {
		switch {
		case b.IsToolResult():
			s.send(agent.Event{Kind: agent.ToolResult, Parent: r.parent(), Tool: &agent.Tool{ID: b.ToolUseID, Failed: b.IsError}})
		case b.Type != "text":
			// an image or a document
		case message.Interrupted(b.Text):
			if !r.Sidechain {
				s.send(agent.Event{Kind: agent.Error, Text: "The turn was interrupted."})
			}
		case !message.MachineMade(b.Text):
			s.send(agent.Event{Kind: agent.Prompt, Parent: r.parent(), Text: b.Text})
		}
	}
}

// system takes a note of Claude Code's.
func (s *state) system(r *record) {
	switch r.Subtype {
	case "compact_boundary":
		s.turnEnd()
		s.send(agent.Event{Kind: agent.Notification, Text: "The conversation was compacted."})
	case "turn_duration":
		s.turnEnd()
	case "stop_hook_summary", "local_command", "informational", "api_error", "microcompact_boundary", "away_summary",
		"scheduled_task_fire", "bridge_status", "memory_saved", "agents_killed", "file_snapshot", "thinking", "":
	default:
		s.skip(agent.UnknownType("system/" + r.Subtype))
	}
}

// turnEnd ends the turn if the last message was its end. A message's blocks lie on several lines that all say so.
func (s *state) turnEnd() {
	if s.ending {
		s.ending = false
		s.send(agent.Event{Kind: agent.TurnEnd})
	}
}
