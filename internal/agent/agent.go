// Package agent owns what an AI coding agent tells us: the Event, and the Reader that turns one agent's byte stream
// into events. Each agent has a reader package of its own below this one; all pass agenttest.TestReader.
package agent

import (
	"context"
	"io"
	"time"
)

// Kind says what an Event reports.
type Kind uint8

// The kinds of event. Readers emit no others.
const (
	SessionStart Kind = iota + 1 // a session begins or is resumed; Text is the model's name
	Text                         // a piece of a block's prose, in order; pieces of one block join without separators
	BlockEnd                     // the block is complete: nothing more will be added to it
	ToolUse                      // the agent calls a tool (Tool)
	ToolResult                   // a tool returned (Tool.ID; Tool.Failed)
	Permission                   // the agent asks to be allowed something; Text is the question
	Notification                 // the agent wants attention; Text is its message
	Prompt                       // a person's prompt; never spoken
	TurnEnd                      // the agent's turn is over
	Error                        // the turn failed or was interrupted; Text says how
)

// Channel tells prose meant for the reader from the agent's thinking aloud.
type Channel uint8

// The channels of a Text event.
const (
	Prose    Channel = iota // what the agent answers
	Thinking                // thinking blocks: narration between tools; spoken by option
)

// Event is one thing that the agent did.
type Event struct {
	Kind    Kind
	Channel Channel
	Session string // the agent's id of the session; "" where unknown
	Parent  string // the tool use that runs the subagent which speaks; "" for the main agent
	Block   string // names the content block among all of the stream (Text and BlockEnd); readers choose the form
	Text    string // valid UTF-8
	Tool    *Tool  // of ToolUse and ToolResult
	Line    int    // 1-based line of the input it came from
	// Read is when the last byte of it was read: the latency clock's start.
	Read time.Time
}

// Tool describes a tool call.
type Tool struct {
	ID     string
	Name   string // "Bash", "Edit", …
	Detail string // one short line of what it works on (a file path, a command's description); "" if unknown
	Failed bool
}

// Reader turns one agent's byte stream into events.
type Reader interface {
	// Read reads src until its end and calls emit for every event, in order, from the calling goroutine. It never waits
	// for anything but src and emit. Malformed input is skipped and counted in the Report, never an error. It returns
	// src's read error (io.EOF is none), emit's error, or ctx.Err() once ctx is done and src's current read returns.
	Read(ctx context.Context, src io.Reader, emit func(Event) error) (Report, error)
}

// Report counts what a reader could not use.
type Report struct {
	Lines   int       // all lines
	Events  int       // events emitted
	Skipped []Skipped // grouped by reason
}

// Skipped is one reason for which lines were skipped.
type Skipped struct {
	Reason string // "not JSON", "unknown type \"foo\"", "truncated last line", …
	Count  int
	Lines  []int // the first 10 line numbers
}
