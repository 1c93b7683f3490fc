package prose

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/sentences"
)

// The sentence machine: a cursor goes once over out, stops at what is not decided yet, and cuts where a sentence ends.

type scanState uint8

const (
	inSentence scanState = iota
	inStop               // after a full stop, and closing quotes
	inGap                // and white space after it
	inPeek               // and a small letter after that: the word decides
)

type bounds struct {
	bp      int // the cursor, in out
	bm      int // the first mark at or after it
	scanned scanState
	stopAt  int  // where the stop begins
	cutAt   int  // where the sentence would be cut
	stop    rune // the stop's last character
	closed  bool // quotes or brackets were closed after it
	openers int
	peekAt  int

	counted  int // up to where in out the figures below reach
	runes    int
	last     rune
	depth    int // open parentheses
	wordAt   int // where the current run of ASCII without a space begins
	clauseAt int // the last clause's end; 0: none
	spaceAt  int
	swallow  bool // the rest of a word that is too long is dropped
}

func (c *Cutter) resetBounds() { c.bounds = bounds{} }

// back makes the cursor look again, after out was changed from pos on.
func (c *Cutter) back(pos int) {
	if c.bp > pos || c.counted > pos {
		c.bounds = bounds{swallow: c.swallow}
	}
}

func (c *Cutter) limit() int {
	n := len(c.out)
	if len(c.brackets) > 0 {
		n = min(n, c.brackets[0].pos)
	}
	if c.pipe >= 0 {
		n = min(n, c.pipe)
	}
	return n
}

// scan moves the cursor as far as it can go.
func (c *Cutter) scan() {
	for c.bp < c.limit() {
		c.work++
		for c.bm < len(c.marks) && c.marks[c.bm].pos < c.bp {
			c.bm++
		}
		if c.bm < len(c.marks) && c.marks[c.bm].pos == c.bp {
			m := c.marks[c.bm]
			if c.stepMark(m) {
				c.countMark(c.bp, m)
				c.bp += m.n
				c.bm++
			}
			c.bound()
			continue
		}
		r, n := rune(c.out[c.bp]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRune(c.out[c.bp:])
		}
		if c.step(r, n) {
			c.count(c.bp, n, r)
			c.bp += n
			c.bound()
		}
	}
}

func isStop(r rune) bool {
	switch r {
	case '.', '!', '?', '…', '。', '！', '？', '．', '｡', '‼', '⁇', '⁈', '⁉', '।', '؟', '۔':
		return true
	}
	return false
}

// isWide reports whether a stop needs no space after it.
func isWide(r rune) bool {
	switch r {
	case '。', '！', '？', '．', '｡':
		return true
	}
	return false
}

func isCloser(r rune) bool {
	switch r {
	case '"', '\'', ')', ']', '}':
		return true
	}
	return r >= utf8.RuneSelf && unicode.In(r, unicode.Pe, unicode.Pf)
}

func isOpener(r rune) bool {
	switch r {
	case '"', '\'', '(', '[', '{':
		return true
	}
	return r >= utf8.RuneSelf && unicode.In(r, unicode.Ps, unicode.Pi)
}

// isContinue: what goes on with a sentence even after a stop (UAX #29, SContinue).
func isContinue(r rune) bool {
	switch r {
	case ',', '-', ':', ';', '–', '—', '、', '，', '；', '：':
		return true
	}
	return false
}

// step takes the character at the cursor; false: it was not consumed.
func (c *Cutter) step(r rune, n int) bool {
	switch c.scanned {
	case inSentence:
		if isStop(r) {
			c.scanned, c.stopAt, c.cutAt, c.stop, c.closed, c.openers = inStop, c.bp, c.bp+n, r, false, 0
		}
	case inStop:
		switch {
		case isStop(r):
			c.cutAt, c.stop = c.bp+n, r
		case isCloser(r):
			c.cutAt, c.closed = c.bp+n, true
		case r == ' ':
			c.scanned = inGap
		case isWide(c.stop), r > 0x2e80 && unicode.IsLetter(r) && c.stop != '.':
			c.cut(c.cutAt)
			return false
		default:
			c.scanned = inSentence
			return false
		}
	case inGap:
		switch {
		case r == ' ':
		case isOpener(r) && c.openers < 8:
			c.openers++
		case unicode.IsLower(r):
			c.scanned, c.peekAt = inPeek, c.bp
		default:
			c.decide(r, "")
			return false
		}
	case inPeek:
		if r == ' ' || c.bp-c.peekAt > 40 {
			c.decide('a', string(c.out[c.peekAt:c.bp]))
			return false
		}
	}
	return true
}

// stepMark takes the marked range at the cursor.
func (c *Cutter) stepMark(m mark) bool {
	unit := m.kind == unitMark
	switch {
	case c.scanned == inStop && m.kind == delimMark && m.close:
		c.cutAt = c.bp + m.n
	case c.scanned == inStop && unit:
		if isWide(c.stop) {
			c.cut(c.cutAt)
		} else {
			c.scanned = inSentence
		}
		return false
	case c.scanned == inGap && unit:
		c.decide('`', "")
		return false
	case c.scanned == inPeek && (unit || m.kind == delimMark):
		c.decide('a', string(c.out[c.peekAt:c.bp]))
		return false
	}
	return true
}

// decide settles whether the sentence ends at the stop, now that what follows is known.
func (c *Cutter) decide(next rune, token string) {
	if c.ends(next, token) {
		c.cut(c.cutAt)
		return
	}
	if c.scanned == inPeek {
		c.bp = c.peekAt
		c.bm = 0
	}
	c.scanned = inSentence
}

// word returns what stands before the stop, up to the space before it, and whether it begins the sentence.
func (c *Cutter) word() (w string, first bool) {
	i := bytes.LastIndexByte(c.out[:c.stopAt], ' ')
	w = string(c.out[i+1 : c.stopAt])
	return strings.TrimLeft(w, "([{\"'“‘*_~"), len(bytes.Trim(c.out[:i+1], " *_~\"'(")) == 0
}

// ends applies UAX #29 with the abbreviations that it leaves to others. next is the next visible character ('`' for code
// or an address); token is the next word if it begins with a small letter.
func (c *Cutter) ends(next rune, token string) bool {
	if isContinue(next) && next != '-' { // a hyphen may be a flag's
		return false
	}
	switch c.stop {
	case '.':
	case '!', '?':
		return !c.closed || token == ""
	case '…':
		return token == ""
	default:
		return true
	}
	w, first := c.word()
	if c.abbreviated(w, first, next) {
		return false
	}
	if token != "" && !nameLike(token) {
		probe := w + string(c.out[c.stopAt:c.cutAt]) + " " + token
		it := sentences.FromString(probe)
		return it.Next() && it.End() < len(probe)
	}
	return true
}

// nameLike reports whether a word in small letters is a name that may begin a sentence: main.go, getUser, my_var.
func nameLike(w string) bool {
	w = strings.TrimRight(w, ".,:;!?)]}\"'*_~")
	if never[w] || strings.HasSuffix(w, ".g") || strings.HasSuffix(w, ".e") {
		return false
	}
	slashes := 0
	for i, r := range w {
		switch {
		case r == '.' || r == '_' || r == '(' || r == '@' || unicode.IsUpper(r) || i > 0 && unicode.IsDigit(r):
			return true
		case r == '/':
			slashes++
		}
	}
	return slashes > 1
}

// abbreviated reports whether the stop belongs to the word before it.
func (c *Cutter) abbreviated(w string, first bool, next rune) bool {
	if c.cutAt-c.stopAt > 1 && c.out[c.stopAt+1] == '.' {
		return false // an ellipsis
	}
	low := strings.ToLower(w)
	switch {
	case never[low]:
		return true
	case beforeNumber[low]:
		return unicode.IsDigit(next) || low != "no" && next == '`'
	case first && w != "" && strings.Trim(w, "0123456789") == "" && len(w) < 4:
		return true // an item's number
	}
	if r, n := utf8.DecodeRuneInString(w); n == len(w) && unicode.IsUpper(r) && (w != "I" || first) {
		return first || c.afterName()
	}
	return false
}

// afterName reports whether the word before the last one looks like a person's name or another initial.
func (c *Cutter) afterName() bool {
	head := bytes.TrimRight(c.out[:c.stopAt], "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	f := bytes.Fields(head)
	if len(f) == 0 {
		return true
	}
	p := string(f[len(f)-1])
	r, _ := utf8.DecodeRuneInString(p)
	return unicode.IsUpper(r) && !choices[strings.ToLower(p)]
}

// bound keeps a sentence's length, and so its latency, within limits.
func (c *Cutter) bound() {
	if c.bp-c.wordAt > maxWord && c.bp == c.counted {
		c.longWord()
		return
	}
	if c.runes <= c.opt.maxSentence() || c.bp != c.counted {
		return
	}
	switch {
	case c.clauseAt > 0:
		c.cut(c.clauseAt)
	case c.spaceAt > 0:
		c.cut(c.spaceAt)
	case c.runes > c.opt.maxSentence()+100 && c.last >= utf8.RuneSelf && c.scanned == inSentence:
		c.cut(c.bp)
	}
}

// longWord replaces a word that nobody wants to hear by what it is.
func (c *Cutter) longWord() {
	at, end := c.wordAt, c.limit()
	if i := bytes.IndexByte(c.out[c.bp:end], ' '); i >= 0 {
		end = c.bp + i
	}
	say := "a long string"
	if _, found := redact(string(c.out[at:end])); found {
		say = withheld
	}
	c.swallow = end == len(c.out)
	c.out = slices.Replace(c.out, at, end, []byte(say)...)
	k := 0
	for _, m := range c.marks {
		if m.pos >= at && m.pos < end {
			continue
		}
		if m.pos >= end {
			m.pos += at + len(say) - end
		}
		c.marks[k] = m
		k++
	}
	gone := len(c.marks) - k
	c.marks = c.marks[:k]
	for i := range c.brackets { // all after the cursor
		c.brackets[i].pos += at + len(say) - end
		c.brackets[i].mark -= gone
	}
	if c.pipe >= 0 {
		c.pipe = max(c.pipe-end+at+len(say), at)
	}
	c.back(at)
}

// count keeps the figures for over-long sentences.
func (c *Cutter) count(at, n int, r rune) {
	if at < c.counted {
		return
	}
	c.counted = at + n
	min := c.opt.maxSentence() / 4
	switch r {
	case ' ':
		c.runes++
		if c.runes > min && c.depth == 0 && (c.runes > c.opt.maxSentence()+200 || !c.sensitive(at)) {
			c.spaceAt = at
			if isContinue(c.last) && c.last != '-' {
				c.clauseAt = at
			}
		}
		c.wordAt = at + 1
	default:
		c.runes++
		switch r {
		case '(', '（':
			c.depth++
		case ')', '）':
			if c.depth > 0 {
				c.depth--
			}
		case '、', '，', '；':
			if c.runes > min && c.depth == 0 {
				c.clauseAt = at + n
			}
		}
		if r >= utf8.RuneSelf {
			c.wordAt = at + n
		}
		if c.runes > c.opt.maxSentence()*3/4 {
			c.depth = 0
		}
	}
	c.last = r
}

// countMark is count for a marked range; a sentence without spaces may be cut before a unit.
func (c *Cutter) countMark(at int, m mark) {
	if at < c.counted {
		return
	}
	if m.kind == unitMark {
		if c.runes > c.opt.maxSentence()/4 && c.depth == 0 && !c.sensitive(at) {
			c.spaceAt = at
		}
		c.wordAt = at + m.n
		c.last = '`'
	}
	c.runes += m.n
	c.counted = at + m.n
}

// sensitive reports whether the word before at announces a secret, which must not be cut off from it.
func (c *Cutter) sensitive(at int) bool {
	i := bytes.LastIndexByte(c.out[:at], ' ')
	if i >= 0 && at-i < 4 { // "key = value"
		i = bytes.LastIndexByte(c.out[:i], ' ')
	}
	return announcesSecret(string(c.out[i+1 : at]))
}

// cut ends a sentence at a place in out.
func (c *Cutter) cut(at int) {
	c.say(at, false, PauseSentence)
	c.out = append(c.out[:0], c.out[at:]...)
	k := 0
	for _, m := range c.marks {
		if m.pos >= at {
			m.pos -= at
			c.marks[k] = m
			k++
		}
	}
	dropped := len(c.marks) - k
	c.marks = c.marks[:k]
	for i := range c.brackets {
		c.brackets[i].pos -= at
		c.brackets[i].mark = max(c.brackets[i].mark-dropped, 0)
	}
	if c.pipe >= 0 {
		c.pipe = max(c.pipe-at, 0)
	}
	c.lineOut = max(c.lineOut-at, -1)
	c.lineMarks = max(c.lineMarks-dropped, 0)
	k = 0
	for i, s := range c.stamps {
		if i+1 < len(c.stamps) && c.stamps[i+1].pos <= at {
			continue
		}
		c.stamps[k] = stampAt{max(s.pos-at, 0), s.at}
		k++
	}
	c.stamps = c.stamps[:k]
	c.bounds = bounds{swallow: c.swallow}
}

// endParagraph makes what is left of a paragraph certain.
func (c *Cutter) endParagraph(p Pause) {
	c.finishInline()
	c.scan()
	for c.scanned == inPeek {
		c.decide('a', string(c.out[c.peekAt:]))
		c.scan()
	}
	c.say(len(c.out), true, p)
	c.resetInline()
}
