package claude

import (
	"fmt"
	"slices"
	"strings"

	"koe/internal/agent"
)

// turn is one message of the model.
type turn struct {
	id     string // "" while only pieces came whose message_start was lost
	starts int    // message_start lines
	name   string // what its blocks' names begin with
	blocks []*block
}

// block is one content block.
type block struct {
	index    int
	kind     string // text, thinking, tool_use …
	tool     agent.Tool
	name     string
	part     int  // of the name: what comes after the end gets a new one
	started  bool // content_block_start or a piece was seen
	stopped  bool // content_block_stop was seen
	complete bool // the complete block was seen
	open     bool // a Text without its BlockEnd is out
	text     strings.Builder
	length   int // bytes of text in pieces
}

func (b *block) channel() agent.Channel {
	if b.kind == "thinking" {
		return agent.Thinking
	}
	return agent.Prose
}

// rest returns what the pieces did not hold of the complete text. If a piece was lost on the way, that is what follows
// the last piece; ok is then false.
func (b *block) rest(text string) (rest string, ok bool) {
	pieces := b.text.String()
	if strings.HasPrefix(text, pieces) {
		return text[min(b.length, len(text)):], true
	}
	n := 0
	for n < len(text) && n < len(pieces) && text[n] == pieces[n] {
		n++
	}
	if i := strings.Index(text[n:], pieces[n:]); i >= 0 && b.length == len(pieces) {
		return text[i+len(pieces):], false
	}
	return "", false
}

// match finds the block that a complete one belongs to: the one that is being written; else one that ended without its
// complete block, best where the text agrees; else it is a new one.
func (t *turn) match(kind, text string) *block {
	var found *block
	for _, b := range t.blocks {
		if b.complete || b.kind != kind {
			continue
		}
		if !b.stopped {
			return b
		}
		agrees := strings.HasPrefix(text, b.text.String())
		if found == nil || (agrees && !strings.HasPrefix(text, found.text.String())) {
			found = b
		}
	}
	if found != nil {
		return found
	}
	next := 0
	if n := len(t.blocks); n > 0 {
		next = t.blocks[n-1].index + 1
	}
	return t.insert(next, kind)
}

// start takes a message_start. A second one repeats the message: what was there already has been said.
func (t *turn) start() {
	if t.starts++; t.starts < 2 {
		return
	}
	for _, b := range t.blocks {
		b.complete = b.complete || b.stopped
	}
}

func (t *turn) find(index int) *block {
	for _, b := range t.blocks {
		if b.index == index {
			return b
		}
	}
	return nil
}

func (t *turn) insert(index int, kind string) *block {
	if len(t.blocks) >= maxBlocks {
		t.blocks = slices.Delete(t.blocks, 0, 1)
	}
	b := &block{index: index, kind: kind, name: fmt.Sprintf("%s/%d", t.name, index)}
	at, _ := slices.BinarySearchFunc(t.blocks, b, func(x, y *block) int { return x.index - y.index })
	t.blocks = slices.Insert(t.blocks, at, b)
	return b
}

// clip bounds an id.
func clip(id string) string {
	if len(id) <= maxID {
		return id
	}
	return strings.ToValidUTF8(strings.Clone(id[:maxID]), "")
}
