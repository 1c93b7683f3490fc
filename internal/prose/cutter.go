package prose

import (
	"time"
	"unicode/utf8"

	"koe/internal/agent"
)

// Cutter cuts the prose of one speaker (one session's main agent, or one of its subagents) into sentences. Its memory is
// bounded whatever the text, and its time is linear in the text's length. It is not safe for concurrent use.
//
// All decisions depend on the characters alone, never on how they were split into events: characters go one at a time
// through three machines, lines (block.go), inline Markdown (inline.go) and sentence ends (boundary.go). Only guesses
// depend on where an event ends.
type Cutter struct {
	opt     Options
	session string
	parent  string
	channel agent.Channel
	block   string
	open    bool // a block has begun and was not ended

	part  [utf8.UTFMax]byte // a rune whose last bytes have not come yet
	npart int
	now   time.Time // when the text being processed was read

	blocks
	inline
	bounds

	guess    *Sentence // outstanding guess
	mayGuess bool      // the mux's permission for a new guess
	cuts     []Cut
}

// New returns a cutter.
func New(opt Options) *Cutter {
	c := &Cutter{opt: opt, mayGuess: true}
	c.resetBlock()
	return c
}

// Write takes the speaker's next event and returns what follows from it, in order.
func (c *Cutter) Write(ev agent.Event) []Cut {
	c.cuts = nil
	c.session, c.parent = ev.Session, ev.Parent
	switch ev.Kind {
	case agent.Text:
		if c.open && (ev.Block != c.block || ev.Channel != c.channel) {
			c.flush()
		}
		if ev.Channel == agent.Thinking && !c.opt.SpeakThinking {
			break
		}
		c.open, c.block, c.channel = true, ev.Block, ev.Channel
		c.stamp(ev.Read)
		c.text(ev.Text)
	case agent.BlockEnd:
		if c.open && ev.Block == c.block {
			c.flush()
		}
	case agent.Permission, agent.Notification, agent.Error:
		c.flush()
		c.message(ev)
	default:
		c.flush()
	}
	c.settleGuess()
	return c.cuts
}

// Close ends the text: what is left becomes certain.
func (c *Cutter) Close() []Cut {
	c.cuts = nil
	c.flush()
	c.settleGuess()
	return c.cuts
}

// Guessing reports whether a guess is outstanding.
func (c *Cutter) Guessing() bool { return c.guess != nil }

// message speaks an event's own text: plain text, not Markdown, but for code spans.
func (c *Cutter) message(ev agent.Event) {
	c.channel = agent.Prose
	c.stamp(ev.Read)
	c.beginParagraph(Body)
	c.plain = true
	for _, r := range ev.Text {
		if r = clean(r); r != 0 {
			c.inlineRune(r)
		}
	}
	c.endParagraph(PauseParagraph)
	c.resetBlock()
}

func (c *Cutter) text(s string) {
	for c.npart > 0 && len(s) > 0 {
		c.part[c.npart] = s[0]
		c.npart++
		s = s[1:]
		if utf8.FullRune(c.part[:c.npart]) {
			c.drain()
		}
	}
	for i := 0; i < len(s); {
		if b := s[i]; b < utf8.RuneSelf {
			c.rune(rune(b))
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 && !utf8.FullRuneInString(s[i:]) {
			c.npart = copy(c.part[:], s[i:])
			return
		}
		c.rune(r)
		i += n
	}
}

// drain hands on the runes that c.part holds: one, or errors where its bytes are none.
func (c *Cutter) drain() {
	p, n := c.part, c.npart
	c.npart = 0
	for i := 0; i < n; {
		r, k := utf8.DecodeRune(p[i:n])
		if r == utf8.RuneError && k == 1 && !utf8.FullRune(p[i:n]) {
			c.npart = copy(c.part[:], p[i:n])
			return
		}
		c.rune(r)
		i += k
	}
}

// flush ends the block: everything in it is certain now.
func (c *Cutter) flush() {
	if !c.open {
		return
	}
	for range c.npart { // bytes of a rune that will not come, each an error of its own
		c.rune(utf8.RuneError)
	}
	c.npart = 0
	c.endBlock()
	c.resetBlock()
	c.open = false
}

// clean maps a rune to what is worth looking at: 0 to drop it.
func clean(r rune) rune {
	switch {
	case r == '\n' || r == '\t':
		return r
	case r < ' ' || r >= 0x7f && r < 0xa0:
		if r == 0 {
			return utf8.RuneError
		}
		if r == '\v' || r == '\f' || r == 0x85 {
			return ' '
		}
		return 0
	case r == 0x2028 || r == 0x2029:
		return ' '
	case r == 0xfeff || r == 0x200b || r == 0xad:
		return 0
	}
	return r
}

// emit hands over a certain sentence.
func (c *Cutter) emit(s Sentence) {
	if g := c.guess; g != nil {
		c.guess = nil
		if g.Text != s.Text || g.Role != s.Role {
			c.cuts = append(c.cuts, Cut{Op: Drop, Sentence: *g})
		}
	}
	c.cuts = append(c.cuts, Cut{Op: Confirm, Sentence: s})
}

// settleGuess looks at the end of an event whether an outstanding guess still holds, and whether a new one can be made.
func (c *Cutter) settleGuess() {
	if c.guess == nil && (!c.mayGuess || c.opt.NoGuess) {
		return
	}
	if c.guess != nil && c.undecided() {
		return
	}
	s, ok := c.likely()
	if g := c.guess; g != nil {
		if ok && s.Text == g.Text && s.Role == g.Role {
			return
		}
		c.guess = nil
		c.cuts = append(c.cuts, Cut{Op: Drop, Sentence: *g})
	}
	if ok && c.mayGuess {
		c.guess = &s
		c.cuts = append(c.cuts, Cut{Op: Guess, Sentence: s})
	}
}
