package claude

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"koe/internal/agent"
	"koe/internal/agent/claude/message"
	"koe/internal/agent/jsonl"
)

const (
	maxSpeakers = 64       // the main agent and its subagents; the longest silent one is forgotten
	maxMessages = 8        // of one speaker
	maxBlocks   = 4096     // of one message
	maxKept     = 32 << 20 // bytes of pieces that are kept to compare with complete blocks
	maxID       = 256      // bytes of an id
)

// speaker is the main agent or a subagent.
type speaker struct {
	parent   string
	messages []*turn // the oldest first
	current  *turn   // the message that stream events belong to; nil between messages
	used     int     // line of its last use
}

// event is what a stream_event line holds.
type event struct {
	Type    string `json:"type"`
	Index   int    `json:"index"`
	Message struct {
		ID string `json:"id"`
	} `json:"message"`
	ContentBlock struct {
		Type     string `json:"type"`
		ID       string `json:"id"`
		Name     string `json:"name"`
		Text     string `json:"text"`
		Thinking string `json:"thinking"`
	} `json:"content_block"`
	Delta struct {
		Type     string `json:"type"`
		Text     string `json:"text"`
		Thinking string `json:"thinking"`
	} `json:"delta"`
}

// streamEvent takes a piece of a message.
func (s *stream) streamEvent(r *record) {
	var ev event
	if err := json.Unmarshal(r.Event, &ev, jsonl.Options()); err != nil {
		s.skip(jsonl.Shape)
		return
	}
	sp := s.speaker(r.Parent)
	switch ev.Type {
	case "message_start":
		ev.Message.ID = clip(ev.Message.ID)
		if sp.current != nil && sp.current.id != ev.Message.ID {
			s.close(sp, sp.current)
		}
		sp.current = s.message(sp, ev.Message.ID)
		sp.current.start()
	case "content_block_start":
		b := s.piece(sp, ev.Index, ev.ContentBlock.Type, true)
		b.tool = agent.Tool{ID: ev.ContentBlock.ID, Name: ev.ContentBlock.Name}
		s.add(sp, b, ev.ContentBlock.Text+ev.ContentBlock.Thinking)
	case "content_block_delta":
		switch ev.Delta.Type {
		case "text_delta":
			s.add(sp, s.piece(sp, ev.Index, "text", false), ev.Delta.Text)
		case "thinking_delta":
			s.add(sp, s.piece(sp, ev.Index, "thinking", false), ev.Delta.Thinking)
		case "input_json_delta", "signature_delta", "citations_delta", "compaction_delta":
		default:
			s.skip(agent.UnknownType("stream_event/" + ev.Delta.Type))
		}
	case "content_block_stop":
		if sp.current != nil {
			if b := sp.current.find(ev.Index); b != nil {
				b.stopped = true
				s.end(sp, b)
			}
		}
	case "message_stop":
		if sp.current != nil {
			s.close(sp, sp.current)
		}
		sp.current = nil
	case "message_delta", "ping", "error":
	default:
		s.skip(agent.UnknownType("stream_event/" + ev.Type))
	}
}

// piece finds the block that a stream event speaks of. Where it must belong to a message whose start was lost, it begins
// a message without id; the next complete block brings the id.
func (s *stream) piece(sp *speaker, index int, kind string, start bool) *block {
	var b *block
	if sp.current != nil {
		b = sp.current.find(index)
	}
	if sp.current == nil || (start && b != nil && b.stopped && sp.current.starts < 2) {
		if sp.current != nil {
			s.close(sp, sp.current)
		}
		sp.current = s.message(sp, "")
		b = nil
	}
	if b == nil {
		b = sp.current.insert(index, kind)
	}
	if !b.complete {
		b.kind = kind
	}
	b.started = true
	s.endBefore(sp, sp.current, b.index)
	return b
}

// add hands on a piece's text, unless the complete block was there first.
func (s *stream) add(sp *speaker, b *block, text string) {
	if text == "" || b.complete {
		return
	}
	if s.kept+len(text) <= maxKept && b.text.Len() == b.length {
		b.text.WriteString(text)
		s.kept += len(text)
	}
	b.length += len(text)
	s.say(sp, b, text)
}

// say emits text of a block.
func (s *stream) say(sp *speaker, b *block, text string) {
	if text == "" {
		return
	}
	if !b.open && b.part > 0 {
		b.name = fmt.Sprintf("%s+%d", strings.SplitN(b.name, "+", 2)[0], b.part)
	}
	b.open = true
	s.send(agent.Event{Kind: agent.Text, Channel: b.channel(), Parent: sp.parent, Block: b.name, Text: strings.ToValidUTF8(text, "\uFFFD")})
}

// end tells that the block is over, if any of it was emitted.
func (s *stream) end(sp *speaker, b *block) {
	if !b.open {
		return
	}
	b.open = false
	b.part++
	s.send(agent.Event{Kind: agent.BlockEnd, Channel: b.channel(), Parent: sp.parent, Block: b.name})
}

// endBefore ends the blocks before index: the model has gone on.
func (s *stream) endBefore(sp *speaker, t *turn, index int) {
	for _, b := range t.blocks {
		if b.index >= index {
			return
		}
		s.end(sp, b)
	}
}

// close ends a message's blocks and names the tool calls of which no complete block came.
func (s *stream) close(sp *speaker, t *turn) {
	for _, b := range t.blocks {
		s.end(sp, b)
		if !b.complete && b.tool.ID != "" {
			s.toolUse(sp, b.tool)
		}
	}
}

func (s *stream) toolUse(sp *speaker, tool agent.Tool) {
	if tool.ID != "" && s.seen.twice("tool "+tool.ID) {
		return
	}
	s.send(agent.Event{Kind: agent.ToolUse, Parent: sp.parent, Tool: &tool})
}

// closeAll ends everything that is open, the main agent's first.
func (s *stream) closeAll() {
	keys := make([]string, 0, len(s.speakers))
	for key := range s.speakers {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		for _, t := range s.speakers[key].messages {
			s.close(s.speakers[key], t)
		}
	}
}

// assistant takes complete blocks.
func (s *stream) assistant(r *record) {
	if r.UUID != "" && s.seen.twice("assistant "+r.UUID) {
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
	sp := s.speaker(r.Parent)
	t := s.complete(sp, m.ID)
	for _, c := range blocks {
		text := c.Text
		if c.Type == "thinking" {
			text = c.Thinking
		}
		b := t.match(c.Type, text)
		s.endBefore(sp, t, b.index)
		b.complete = true
		switch {
		case c.Type == "text" || c.Type == "thinking":
			rest, ok := b.rest(text)
			if !ok {
				s.skip("a complete block differs from its pieces (the pieces were used)")
			}
			s.say(sp, b, rest)
			s.end(sp, b)
			s.drop(b)
		case c.IsTool():
			s.toolUse(sp, agent.Tool{ID: c.ID, Name: c.Name, Detail: message.Detail(c.Input)})
		}
	}
}

// complete finds the message that a complete block belongs to.
func (s *stream) complete(sp *speaker, id string) *turn {
	if id == "" {
		if sp.current != nil {
			return sp.current
		}
		return s.message(sp, "")
	}
	id = clip(id)
	if !slices.ContainsFunc(sp.messages, func(t *turn) bool { return t.id == id }) && sp.current != nil && sp.current.id == "" {
		sp.current.id = id
		return sp.current
	}
	return s.message(sp, id)
}

// drop forgets the block's pieces.
func (s *stream) drop(b *block) {
	s.kept -= b.text.Len()
	b.text.Reset()
}

// evict ends a message and forgets its pieces.
func (s *stream) evict(sp *speaker, t *turn) {
	s.close(sp, t)
	for _, b := range t.blocks {
		s.drop(b)
	}
	if sp.current == t {
		sp.current = nil
	}
}

// message finds a speaker's message or begins it.
func (s *stream) message(sp *speaker, id string) *turn {
	if id != "" {
		for _, t := range sp.messages {
			if t.id == id {
				return t
			}
		}
	}
	t := &turn{id: id, name: id}
	if id == "" {
		t.name = fmt.Sprintf("line %d", s.line)
	}
	sp.messages = append(sp.messages, t)
	if len(sp.messages) > maxMessages {
		s.evict(sp, sp.messages[0])
		sp.messages = slices.Delete(sp.messages, 0, 1)
	}
	return t
}

// speaker finds who speaks.
func (s *stream) speaker(parent string) *speaker {
	key := parent + "\x00" + s.session
	sp := s.speakers[key]
	if sp == nil {
		if len(s.speakers) >= maxSpeakers {
			s.forget()
		}
		sp = &speaker{parent: parent}
		s.speakers[key] = sp
	}
	sp.used = s.line
	return sp
}

// forget drops the speaker that was silent for longest.
func (s *stream) forget() {
	var oldest string
	for key, sp := range s.speakers {
		if o := s.speakers[oldest]; o == nil || sp.used < o.used || (sp.used == o.used && key < oldest) {
			oldest = key
		}
	}
	for _, t := range s.speakers[oldest].messages {
		s.evict(s.speakers[oldest], t)
	}
	delete(s.speakers, oldest)
}
