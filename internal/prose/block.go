package prose

import "unicode/utf8"

// The line machine: CommonMark's block structure, with GitHub's tables and footnotes, decided as early in a line as its
// characters allow. A line's characters gather in line until plan knows what they begin; then a paragraph's text streams
// on to the inline machine, and code is only counted.

const (
	maxPrefix = 256      // a line that is undecided for longer is decided at its end
	maxLine   = 16 << 10 // or here, as text
)

type leafKind uint8

const (
	noLeaf leafKind = iota
	paragraph
	fenced
	indented
	htmlBlock
	table
)

type lineMode uint8

const (
	gather lineMode = iota // the line's kind is not known yet
	stream                 // its text goes on to the inline machine
	skip                   // its text is not spoken
	markup                 // it is HTML
)

// container is an open block quote, list item or footnote.
type container struct {
	quote    bool
	footnote bool
	indent   int  // of an item or footnote: columns that its further lines are indented by
	empty    bool // an item that has nothing yet
}

type blocks struct {
	line   []byte
	column int
	mode   lineMode
	stack  []container
	leaf   leafKind
	role   Role

	fenceChar  byte
	fenceLen   int
	codeInfo   string
	codeHead   []byte // the code's first line, for diffs without an info string
	codeLines  int
	blankLines int // blank lines of indented code that are code only if more follows
	tableRows  int
	html       htmlState
	raw        []byte // the paragraph's current line as written, for table headers
	rawFull    bool   // raw is too long to be a header
	lineClean  bool   // no span was open where the line began
	lineOut    int    // where in out it began; -1: it was cut inside
	keyOpen    bool   // a private key began and its end was not seen
	added      [16]container
}

func (c *Cutter) resetBlock() {
	c.blocks = blocks{line: c.line[:0], stack: c.stack[:0], codeHead: c.codeHead[:0], raw: c.raw[:0]}
	c.resetInline()
}

// rune takes the stream's next character.
func (c *Cutter) rune(r rune) {
	if r == '\n' {
		c.endLine()
		return
	}
	if r = clean(r); r == 0 {
		return
	}
	switch c.mode {
	case stream:
		c.streamRune(r)
	case skip:
		c.skipRune(r)
	case markup:
		c.htmlRune(r)
	default:
		c.gatherRune(r)
	}
}

func (c *Cutter) gatherRune(r rune) {
	if r == '\t' {
		for n := 4 - c.column%4; n > 0; n-- {
			c.line = append(c.line, ' ')
			c.column++
		}
	} else {
		c.line = utf8.AppendRune(c.line, r)
		c.column++
	}
	if c.keyOpen && len(c.line) < maxLine {
		return // judged as a whole
	}
	if len(c.line) <= maxPrefix {
		if p := c.plan(c.line, false); p.kind != undecided {
			c.apply(p)
		}
	} else if len(c.line) >= maxLine {
		p := c.plan(c.line, false)
		if p.kind == undecided {
			p = c.planText(p)
			if c.leaf == fenced && p.matched == len(c.stack) && p.added == 0 {
				p.kind = codeLine
			}
		}
		c.apply(p)
	}
}

func (c *Cutter) streamRune(r rune) {
	if !c.rawFull {
		if len(c.raw) < 4096 {
			c.raw = utf8.AppendRune(c.raw, r)
		} else {
			c.rawFull = true
			c.release()
		}
	}
	if c.leaf == paragraph && r == '|' && !c.rawFull && c.pipe < 0 && c.state != inCode && c.state != inEscape {
		c.pipe = len(c.out)
	}
	c.inlineRune(r)
}

func (c *Cutter) skipRune(r rune) {
	if c.codeLines == 0 && len(c.codeHead) < 64 {
		c.codeHead = utf8.AppendRune(c.codeHead, r)
	}
}

// release lets go of a line that was held because it might have been a table's header.
func (c *Cutter) release() {
	if c.pipe >= 0 {
		c.pipe = -1
		c.scan()
	}
}

func (c *Cutter) endLine() {
	if c.mode == gather && (!c.keyOpen || !c.swallowKeyLine()) {
		c.apply(c.plan(c.line, true))
	}
	switch {
	case c.mode == skip && (c.leaf == fenced || c.leaf == indented):
		c.codeLines++
	case c.mode == markup:
		c.htmlEndLine()
	}
	c.mode, c.line, c.column = gather, c.line[:0], 0
	if c.leaf == paragraph && !c.softBreak {
		c.softBreak = true
		c.settleLine()
	}
}

// endBlock ends the last line and whatever is open.
func (c *Cutter) endBlock() {
	if c.mode != gather || len(c.line) > 0 {
		c.endLine()
	}
	c.closeLeaf()
}

// closeLeaf ends the open paragraph, code, table or HTML.
func (c *Cutter) closeLeaf() {
	switch c.leaf {
	case paragraph, htmlBlock:
		c.endParagraph(c.endPause())
	case fenced, indented:
		c.announceCode()
	case table:
		c.announceTable()
	}
	c.leaf = noLeaf
}

func (c *Cutter) endPause() Pause {
	if n := len(c.stack); n > 0 && !c.stack[n-1].quote && !c.stack[n-1].footnote {
		return PauseItem
	}
	return PauseParagraph
}

func (c *Cutter) containerRole() Role {
	if n := len(c.stack); n > 0 {
		switch {
		case c.stack[n-1].quote:
			return Quote
		case !c.stack[n-1].footnote:
			return Item
		}
	}
	return Body
}

// enter closes what the line has left and opens what it begins.
func (c *Cutter) enter(p plan) {
	c.closeLeaf()
	if p.matched < len(c.stack) {
		c.stack = c.stack[:p.matched]
	}
	for i := range c.stack {
		c.stack[i].empty = false
	}
	for _, a := range c.added[:p.added] {
		if n := len(c.stack); n > 0 {
			c.stack[n-1].empty = false
		}
		c.stack = append(c.stack, a)
	}
	if n := len(c.stack); n > 0 && p.kind != blankLine {
		c.stack[n-1].empty = false
	}
}

// apply does what the line's plan says.
func (c *Cutter) apply(p plan) {
	if p.kind != delimLine {
		c.release()
	}
	rest := c.line[min(p.pos, len(c.line)):]
	c.mode = skip
	switch p.kind {
	case blankLine:
		c.blank(p)
		c.mode = gather
	case codeLine:
		if c.leaf == indented {
			c.codeLines += c.blankLines
			c.blankLines = 0
		}
		for _, r := range string(rest) {
			c.skipRune(r)
		}
	case closeFence:
		c.closeLeaf()
		c.mode = gather
	case indentLine:
		c.enter(p)
		c.leaf, c.codeInfo, c.codeLines, c.blankLines, c.codeHead = indented, "", 0, 0, c.codeHead[:0]
		for _, r := range string(rest) {
			c.skipRune(r)
		}
	case fenceLine:
		c.enter(p)
		c.leaf, c.fenceChar, c.fenceLen = fenced, p.char, p.n
		c.codeInfo, c.codeLines, c.codeHead = infoWord(string(rest)), 0, c.codeHead[:0]
		c.mode = gather
	case ruleLine:
		c.enter(p)
		c.mode = gather
	case defLine:
		c.enter(p)
	case setextLine:
		c.role = Heading
		c.endParagraph(PauseParagraph)
		c.leaf = noLeaf
		c.mode = gather
	case delimLine:
		c.beginTable()
	case rowLine:
		c.tableRows++
	case htmlLine:
		c.enter(p)
		c.leaf, c.mode = htmlBlock, markup
		c.html = htmlState{kind: p.n}
		c.beginParagraph(c.containerRole())
		c.plain = true
		c.htmlText(rest)
	case htmlMore:
		c.mode = markup
		c.htmlText(rest)
	case headingLine:
		c.enter(p)
		c.leaf = paragraph
		c.beginParagraph(Heading)
		c.headingText(rest)
		c.endParagraph(PauseParagraph)
		c.leaf, c.mode = noLeaf, gather
	case moreText:
		c.inlineNewline()
		c.markLine()
		c.mode = stream
		c.streamText(rest)
	case textLine:
		c.enter(p)
		c.leaf = paragraph
		c.beginParagraph(c.containerRole())
		c.markLine()
		c.mode = stream
		c.streamText(rest)
	}
}

func (c *Cutter) streamText(b []byte) {
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		b = b[n:]
		c.streamRune(r)
	}
}

// markLine notes where a paragraph's line begins, in case it turns out to be a table's header.
func (c *Cutter) markLine() {
	c.raw, c.rawFull = c.raw[:0], false
	c.lineClean = c.state == inText && len(c.brackets) == 0
	c.lineOut = len(c.out)
	c.lineMarks = len(c.marks)
}

func (c *Cutter) blank(p plan) {
	switch c.leaf {
	case fenced:
		if p.matched == len(c.stack) {
			c.codeLines++
			return
		}
	case indented:
		if p.matched == len(c.stack) {
			c.blankLines++
			return
		}
	case htmlBlock:
		if p.matched == len(c.stack) && c.html.kind < 6 {
			return
		}
	}
	c.closeLeaf()
	c.stack = c.stack[:min(p.matched, len(c.stack))]
	c.stack = append(c.stack, c.added[:p.added]...)
	if n := len(c.stack); n > 0 && c.stack[n-1].empty && p.added == 0 {
		c.stack = c.stack[:n-1] // an item may begin with one blank line at most
	}
}

func (c *Cutter) beginTable() {
	c.pipe = -1
	c.state, c.hold = inText, c.hold[:0] // whatever the header left open
	c.truncate(max(c.lineOut, 0), c.lineMarks)
	c.endParagraph(c.endPause())
	c.leaf, c.tableRows = table, 0
	c.mode = skip
}
