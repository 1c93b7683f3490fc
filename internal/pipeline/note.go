package pipeline

import (
	"time"

	"koe/internal/agent"
	"koe/internal/prose"
	"koe/internal/translate"
)

// NoteKind says what a Note reports.
type NoteKind string

// The kinds of note. A guess that turns out wrong gives none.
const (
	Started      NoteKind = "session"     // a session began
	ToolCalled   NoteKind = "tool"        // the agent calls a tool
	TurnOver     NoteKind = "turn_end"    // the agent's turn is over
	AgentFailed  NoteKind = "agent_error" // the agent reports an error
	Queued       NoteKind = "queued"      // a sentence is certain and waits
	Speaking     NoteKind = "speaking"    // its first sound was handed to the sink
	ClauseSounds NoteKind = "clause"      // a clause of it begins to sound
	Spoken       NoteKind = "spoken"      // all its sound was handed to the sink
	Skipped      NoteKind = "skipped"     // somebody skipped it
	Failed       NoteKind = "failed"      // it could not be translated or spoken
	SinkLost     NoteKind = "sound_lost"  // the sound device went; captions go on
	Changed      NoteKind = "changed"     // paused, muted or the speed changed
)

// Note is one step of the pipeline for those who watch it. Its fields are those of `koe --json`.
type Note struct {
	Kind     NoteKind  `json:"event"`
	Time     time.Time `json:"time"`
	Seq      int       `json:"seq,omitempty"`      // the sentence's number, from 1
	Source   string    `json:"source,omitempty"`   // the agent's sentence
	Text     string    `json:"text,omitempty"`     // its translation, as shown
	Role     string    `json:"role,omitempty"`     // body, heading, item, quote, announcement
	Channel  string    `json:"channel,omitempty"`  // "thinking" where it is that
	Session  string    `json:"session,omitempty"`  // the agent's session
	Parent   string    `json:"parent,omitempty"`   // the subagent's tool use
	Clause   *[2]int   `json:"clause,omitempty"`   // bytes of Text that begin to sound
	Sounds   time.Time `json:"sounds,omitzero"`    // when that reaches the speaker, as far as the device tells
	Tool     string    `json:"tool,omitempty"`     // the tool's name
	Detail   string    `json:"detail,omitempty"`   // what the tool works on
	Fallback string    `json:"fallback,omitempty"` // second_try, piecewise
	Lost     int       `json:"lost,omitempty"`     // spans or numbers missing nevertheless
	Latency  float64   `json:"latency_ms,omitempty"`
	Idle     bool      `json:"idle,omitempty"` // Latency is first_sound_idle
	Error    string    `json:"error,omitempty"`
	Paused   bool      `json:"paused,omitempty"`
	Muted    bool      `json:"muted,omitempty"`
	Speed    float64   `json:"speed,omitempty"`

	item *item
}

func (p *Pipeline) note(n Note) {
	if p.parts.Observe == nil {
		return
	}
	n.Time = time.Now()
	if it := n.item; it != nil {
		n.Seq, n.Source = it.seq, it.sentence.Text
		n.Role, n.Session, n.Parent = roleName(it.sentence.Role), it.sentence.Session, it.sentence.Parent
		if it.sentence.Channel == agent.Thinking {
			n.Channel = "thinking"
		}
		if n.Kind != Queued {
			n.Text, n.Fallback, n.Lost = it.translation.Text, FallbackName(it.translation.Fallback), len(it.translation.Lost)
		}
		n.item = nil
	}
	p.notes.Lock()
	defer p.notes.Unlock()
	p.parts.Observe(n)
}

func (p *Pipeline) observeEvent(ev agent.Event) {
	n := Note{Session: ev.Session, Parent: ev.Parent}
	switch ev.Kind {
	case agent.SessionStart:
		n.Kind = Started
	case agent.ToolUse:
		n.Kind = ToolCalled
		if ev.Tool != nil {
			n.Tool, n.Detail = ev.Tool.Name, prose.Redact(ev.Tool.Detail)
		}
	case agent.TurnEnd:
		n.Kind = TurnOver
	case agent.Error:
		n.Kind = AgentFailed
	case agent.Text, agent.BlockEnd, agent.ToolResult, agent.Permission, agent.Notification, agent.Prompt:
		return
	default:
		return
	}
	p.note(n)
}

func roleName(r prose.Role) string {
	switch r {
	case prose.Heading:
		return "heading"
	case prose.Item:
		return "item"
	case prose.Quote:
		return "quote"
	case prose.Announcement:
		return "announcement"
	case prose.Body:
	}
	return "body"
}

// FallbackName is the fallback's name in JSON and tables; "" for none.
func FallbackName(f translate.Fallback) string {
	switch f {
	case translate.SecondTry:
		return "second_try"
	case translate.Piecewise:
		return "piecewise"
	case translate.NoFallback:
	}
	return ""
}
