package prose

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The inline machine: a paragraph's characters become text in out, with delimiters still in it, marked in marks. What is
// not decided yet (a code span, a tag, a link's target) waits in hold, bounded; what turns out to be nothing of the kind
// goes back through the machine as text.

const (
	maxHold = 4096 // bytes after which an open span, tag or target is plain text
	maxLink = 1024 // bytes of text after which an open bracket is plain text
	maxWord = 1024 // bytes of ASCII without a space that are still read out
)

type inlineState uint8

const (
	inText inlineState = iota
	inEscape
	inTicks   // a run of backticks that opens a code span
	inCode    // the code span
	inDelim   // a run of *, _ or ~
	inClosing // after a ]
	inTarget  // a link's (target)
	inLabel   // a link's [label]
	inAngle   // a tag, comment or autolink
	inEntity
	inURL
	inKey // a private key
)

type markKind uint8

const (
	delimMark markKind = iota // a delimiter run
	unitMark                  // code or a URL, in backticks
	goneMark                  // a link's bracket: not spoken
)

// mark says what a range of out is.
type mark struct {
	pos, n      int
	kind        markKind
	ch          byte
	left        int // delimiters not used yet
	open, close bool
	linked      bool // inside a link: resolved already
}

type bracket struct {
	pos   int // in out
	mark  int // marks before it
	image bool
}

type stampAt struct {
	pos int
	at  time.Time
}

type inline struct {
	state     inlineState
	plain     bool // no Markdown but code spans
	out       []byte
	marks     []mark
	brackets  []bracket
	carry     []mark // delimiters that earlier sentences of the paragraph left open
	hold      []byte
	run       int  // length of the opening run
	closing   int  // length of the run that may close it
	delim     rune // the run's character
	before    rune // the character before it
	prev      rune // the last character read, '\n' at the beginning
	bang      bool // prev is an unescaped !
	softBreak bool // a newline was read, the next line not yet
	pipe      int  // where in out a bar was seen that may be a table's; -1: none
	lineMarks int
	stamps    []stampAt
	keyTail   []byte
	noKey     bool
	noURL     bool
	noDecl    rune // ! or ?: no comment or instruction begins in what is taken again
	work      int  // characters looked at, for the test that this is linear in the text's length
}

func (c *Cutter) resetInline() {
	c.inline = inline{
		out: c.out[:0], marks: c.marks[:0], brackets: c.brackets[:0], carry: c.carry[:0], hold: c.hold[:0],
		stamps: c.stamps[:0], keyTail: c.keyTail[:0], work: c.work, prev: '\n', pipe: -1,
	}
	c.resetBounds()
}

// stamp notes that what follows was read at t.
func (c *Cutter) stamp(t time.Time) {
	c.now = t
	if n := len(c.stamps); n > 0 && c.stamps[n-1].pos == len(c.out) {
		c.stamps[n-1].at = t
		return
	}
	c.stamps = append(c.stamps, stampAt{len(c.out), t})
}

func (c *Cutter) beginParagraph(role Role) {
	c.resetInline()
	c.role = role
	c.stamps = append(c.stamps, stampAt{0, c.now})
}

// inlineNewline is the newline between two lines of a paragraph.
func (c *Cutter) inlineNewline() {
	c.softBreak = false
	c.inlineRune('\n')
}

// inlineRune takes a paragraph's next character and looks for sentence ends in what became certain.
func (c *Cutter) inlineRune(r rune) {
	if r == '\t' {
		r = ' '
	}
	c.tok(r)
	for c.state != inClosing && c.state != inTarget && c.state != inLabel && len(c.brackets) > 0 && len(c.out)-c.brackets[0].pos > maxLink {
		c.brackets = c.brackets[1:]
	}
	c.scan()
}

func (c *Cutter) tok(r rune) {
	c.work++
	switch c.state {
	case inText:
		c.tokText(r)
	case inEscape:
		c.state = inText
		switch {
		case r == '\n':
			c.tokText(r)
		case r < utf8.RuneSelf && (unicode.IsPunct(r) || unicode.IsSymbol(r)):
			c.literal(r)
		default:
			c.literal('\\')
			c.tokText(r)
		}
	case inTicks:
		if r == '`' {
			c.run++
			return
		}
		c.state, c.hold, c.closing = inCode, c.hold[:0], 0
		c.tokCode(r)
	case inCode:
		c.tokCode(r)
	case inDelim:
		if r == c.delim {
			c.run++
			return
		}
		c.endDelim(r)
		c.tokText(r)
	case inClosing:
		c.tokClosing(r)
	case inTarget:
		c.tokTarget(r)
	case inLabel:
		c.tokLabel(r)
	case inAngle:
		c.tokAngle(r)
	case inEntity:
		c.tokEntity(r)
	case inURL:
		c.tokURL(r)
	case inKey:
		c.tokKey(r)
	}
}

func (c *Cutter) tokText(r rune) {
	bang := c.bang
	c.bang = false
	if c.plain {
		switch r {
		case '`':
			c.state, c.run = inTicks, 1
		default:
			c.literal(r)
		}
		return
	}
	switch r {
	case '\\':
		c.state = inEscape
		c.prev = r
	case '`':
		c.state, c.run = inTicks, 1
		c.prev = r
	case '*', '_', '~':
		c.state, c.delim, c.run, c.before = inDelim, r, 1, c.prev
	case '[':
		b := bracket{pos: len(c.out), mark: len(c.marks)}
		if bang && len(c.out) > 0 && c.out[len(c.out)-1] == '!' {
			b.pos--
			b.image = true
			c.back(b.pos)
		}
		c.brackets = append(c.brackets, b)
		c.put(r)
	case ']':
		if len(c.brackets) == 0 {
			c.literal(r)
			return
		}
		c.state = inClosing
	case '<':
		c.state, c.hold = inAngle, append(c.hold[:0], '<')
	case '&':
		c.state, c.hold = inEntity, append(c.hold[:0], '&')
	default:
		c.literal(r)
		c.bang = r == '!'
	}
}

// literal appends a character of text.
func (c *Cutter) literal(r rune) {
	prev := c.prev
	c.prev = r
	if c.swallow {
		if r < utf8.RuneSelf && !isSpace(r) {
			return
		}
		c.swallow = false
	}
	switch {
	case r == '`':
		return // a lone backtick would look like code
	case isSpace(r):
		if r == ' ' && c.atKey() {
			return
		}
		if n := len(c.out); n == 0 || c.out[n-1] == ' ' {
			return
		}
		c.put(' ')
	case r == 0x200d || r == 0xfe0f || r == 0x20e3:
		if !isEmoji(prev) && r == 0x200d {
			c.put(r) // joins letters of Indic scripts
			return
		}
		c.prev = prev
	case isEmoji(r):
	case r == '/' && c.atScheme():
	case r == '.' && c.atWWW():
	default:
		c.put(r)
	}
}

func (c *Cutter) put(r rune) {
	c.out = utf8.AppendRune(c.out, r)
	if r != ' ' {
		c.prev = r
	}
}

// unit appends code (or a URL) as one unit in backticks. A backtick inside it becomes an apostrophe, so that the unit
// ends where its backticks say.
func (c *Cutter) unit(s string) {
	s = strings.ReplaceAll(s, "`", "'")
	c.marks = append(c.marks, mark{pos: len(c.out), n: len(s) + 2, kind: unitMark})
	c.out = append(c.out, '`')
	c.out = append(c.out, s...)
	c.out = append(c.out, '`')
	c.prev = '`'
}

// again sends what was held back through the machine as text; its first character is text in any case.
func (c *Cutter) again(first bool) {
	held := []rune(string(c.hold))
	if len(held) > 1 && held[0] == '<' && (held[1] == '!' || held[1] == '?') {
		// what does not end a comment does not end those that begin inside it
		defer func(was rune) { c.noDecl = was }(c.noDecl)
		c.noDecl = held[1]
	}
	c.hold, c.state = c.hold[:0], inText
	for i, r := range held {
		if i == 0 && first {
			c.literal(r)
			continue
		}
		c.tok(r)
	}
}

func (c *Cutter) tokCode(r rune) {
	if r == '`' {
		c.closing++
		c.hold = append(c.hold, '`')
	} else {
		if c.closing == c.run {
			c.endCode()
			c.tokText(r)
			return
		}
		c.closing = 0
		if r == '\n' {
			r = ' '
		}
		c.hold = utf8.AppendRune(c.hold, r)
	}
	if len(c.hold) > maxHold {
		c.again(false)
	}
}

func (c *Cutter) endCode() {
	s := string(c.hold[:len(c.hold)-c.closing])
	c.hold, c.state = c.hold[:0], inText
	if len(s) > 2 && s[0] == ' ' && s[len(s)-1] == ' ' && strings.Trim(s, " ") != "" {
		s = s[1 : len(s)-1]
	}
	if strings.TrimSpace(s) == "" {
		c.literal(' ')
		return
	}
	c.unit(s)
}

func (c *Cutter) endDelim(next rune) {
	c.state = inText
	ch := byte(c.delim)
	wsB, wsA := isSpace(c.before), isSpace(next)
	puB, puA := isPunct(c.before), isPunct(next)
	left := !wsA && (!puA || wsB || puB)
	right := !wsB && (!puB || wsA || puA)
	m := mark{pos: len(c.out), n: c.run, ch: ch, left: c.run, open: left, close: right}
	if ch == '_' {
		m.open = left && (!right || puB)
		m.close = right && (!left || puA)
	}
	if ch == '~' && c.run > 2 {
		m.open, m.close = false, false
	}
	if c.swallow {
		return
	}
	for range c.run {
		c.out = append(c.out, ch)
	}
	c.prev = c.delim
	if m.open || m.close {
		c.marks = append(c.marks, m)
	}
	c.bang = false
}

// settleLine decides what a newline decides, whatever the next line is.
func (c *Cutter) settleLine() {
	switch {
	case c.state == inDelim:
		c.endDelim('\n')
	case c.state == inClosing:
		c.tokClosing('\n')
	case c.state == inURL:
		c.endURL()
	case c.state == inEntity:
		c.again(true)
	case c.state == inCode && c.closing == c.run:
		c.endCode()
	default:
		return
	}
	c.scan()
}

// finishInline decides what is still held, at the paragraph's end.
func (c *Cutter) finishInline() {
	for c.state != inText {
		switch c.state {
		case inEscape:
			c.state = inText
			c.literal('\\')
		case inTicks:
			c.state = inText
		case inCode:
			if c.closing == c.run {
				c.endCode()
			} else {
				c.again(false)
			}
		case inDelim:
			c.endDelim('\n')
		case inClosing:
			c.tokClosing('\n')
		case inTarget, inLabel:
			hold := append([]byte(nil), c.hold...)
			c.notLink()
			c.hold = append(c.hold[:0], hold...)
			c.again(false)
		case inAngle, inEntity:
			c.again(true)
		case inURL:
			c.endURL()
		case inKey:
			c.endKey(true)
		}
	}
	c.brackets = c.brackets[:0]
	c.pipe = -1
}

// truncate takes back what was appended to out after pos.
func (c *Cutter) truncate(pos, marks int) {
	if pos > len(c.out) {
		return
	}
	c.out = c.out[:pos]
	c.marks = c.marks[:min(marks, len(c.marks))]
	for len(c.marks) > 0 && c.marks[len(c.marks)-1].pos >= pos {
		c.marks = c.marks[:len(c.marks)-1]
	}
	for len(c.brackets) > 0 && c.brackets[len(c.brackets)-1].pos >= pos {
		c.brackets = c.brackets[:len(c.brackets)-1]
	}
	c.back(pos)
}

func isSpace(r rune) bool { return unicode.IsSpace(r) }

func isPunct(r rune) bool { return unicode.IsPunct(r) || unicode.IsSymbol(r) }

// headingText takes an ATX heading's text: without the #s that may close it.
func (c *Cutter) headingText(b []byte) {
	s := strings.TrimRight(string(b), " ")
	if t := strings.TrimRight(s, "#"); t == "" || t != s && strings.HasSuffix(t, " ") {
		s = t
	}
	for _, r := range strings.TrimSpace(s) {
		c.inlineRune(r)
	}
}

func letterASCII(r rune) bool { return r < utf8.RuneSelf && unicode.IsLetter(r) }
