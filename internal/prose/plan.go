package prose

import (
	"bytes"
	"regexp"
)

type planKind uint8

const (
	undecided planKind = iota
	blankLine
	textLine    // begins a paragraph
	moreText    // goes on with one
	headingLine // ATX heading
	setextLine  // makes the paragraph a heading
	fenceLine   // begins fenced code
	closeFence
	codeLine   // goes on with code
	indentLine // begins indented code
	ruleLine   // thematic break
	htmlLine   // begins HTML
	htmlMore   // goes on with it
	defLine    // link reference definition
	delimLine  // makes the paragraph's last line a table's header
	rowLine    // a table's row
)

// plan is what a line turns out to be.
type plan struct {
	kind    planKind
	matched int  // containers that go on
	added   int  // containers it begins (Cutter.added)
	pos     int  // where its text begins
	char    byte // of a fence
	n       int  // a fence's length, an HTML block's kind
}

// plan decides what a line is from its beginning (end: from all of it), changing nothing but added. What it decides from a
// beginning is what it would decide from the whole.
func (c *Cutter) plan(s []byte, end bool) plan {
	p := plan{}
	for ; p.matched < len(c.stack); p.matched++ {
		k := c.stack[p.matched]
		i := spaces(s[p.pos:])
		if p.pos+i == len(s) && (!end && (k.quote || i < k.indent)) {
			return p
		}
		blank := p.pos+i == len(s)
		if k.quote {
			if i > 3 || blank || s[p.pos+i] != '>' {
				break
			}
			p.pos += i + 1
			if p.pos == len(s) && !end {
				p.pos -= i + 1
				return p
			}
			if p.pos < len(s) && s[p.pos] == ' ' {
				p.pos++
			}
			continue
		}
		if blank && end {
			p.pos = min(p.pos+k.indent, len(s))
			continue
		}
		if i < k.indent {
			break
		}
		p.pos += k.indent
	}
	all := p.matched == len(c.stack)
	if all && c.leaf == fenced {
		return c.planFence(p, s, end)
	}
	if all && c.leaf == htmlBlock {
		return c.planHTML(p, s, end)
	}
	para := c.leaf == paragraph || c.leaf == table
	for {
		i := spaces(s[p.pos:])
		rest := s[p.pos+i:]
		if len(rest) == 0 {
			if end {
				p.kind = blankLine
			}
			return p
		}
		if i >= 4 {
			switch {
			case all && c.leaf == indented && p.added == 0:
				p.pos += 4
				p.kind = codeLine
				return p
			case para && p.added == 0:
				p.pos += i
				return c.planText(p)
			}
			p.pos += 4
			p.kind = indentLine
			return p
		}
		q := c.planMarker(p, s, i, end, para && all && p.added == 0)
		if q.kind != again {
			return q
		}
		p = q
		p.kind = undecided
	}
}

// again is planMarker's word for: a container begins here, look at what is in it.
const again planKind = 255

// planMarker decides what the first characters after the indent begin. direct: an open paragraph would be interrupted.
func (c *Cutter) planMarker(p plan, s []byte, indent int, end, direct bool) plan {
	at := p.pos + indent
	rest := s[at:]
	ch := rest[0]
	wait := p
	wait.pos = at
	switch ch {
	case '>':
		if p.added == len(c.added) {
			break
		}
		if len(rest) == 1 && !end {
			return wait
		}
		c.added[p.added] = container{quote: true}
		p.added++
		p.pos = at + 1
		if len(rest) > 1 && rest[1] == ' ' {
			p.pos++
		}
		p.kind = again
		return p
	case '#':
		n := run(rest, '#')
		if n > 6 {
			break
		}
		if n == len(rest) && !end {
			return wait
		}
		if n == len(rest) || rest[n] == ' ' {
			p.kind, p.pos = headingLine, at+n
			if !end {
				// a heading is short, and its closing #s are known at its end only
				return wait
			}
			return p
		}
	case '`', '~':
		n := run(rest, ch)
		if n == len(rest) && !end {
			return wait
		}
		if n < 3 {
			break
		}
		if ch == '`' && bytes.IndexByte(rest[n:], '`') >= 0 {
			break
		}
		if !end {
			return wait
		}
		p.kind, p.pos, p.char, p.n = fenceLine, at+n, ch, n
		return p
	case '<':
		kind, known := htmlStart(rest, end, c.leaf == paragraph && p.added == 0)
		if !known {
			return wait
		}
		if kind > 0 {
			p.kind, p.n = htmlLine, kind
			return p
		}
	case '=':
		if direct && c.leaf == paragraph {
			n := run(rest, '=')
			blank := spaces(rest[n:]) == len(rest)-n
			if blank && !end {
				return wait
			}
			if blank {
				p.kind = setextLine
				return p
			}
		}
	case '-', '*', '+', '_', ':', '|', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		if q, ok := c.planRule(p, s, at, end, direct); ok {
			return q
		}
		if q, ok := c.planItem(p, s, at, end, direct); ok {
			return q
		}
	case '[':
		if q, ok := c.planBracket(p, s, at, end); ok {
			return q
		}
	}
	p.pos = at
	return c.planText(p)
}

// planText: nothing but text begins here.
func (c *Cutter) planText(p plan) plan {
	switch {
	case p.added > 0:
		p.kind = textLine
	case c.leaf == paragraph:
		p.kind = moreText // in a container that was not continued: lazily
	case c.leaf == table:
		p.kind = rowLine
	default:
		p.kind = textLine
	}
	return p
}

// planRule: setext underlines, tables' delimiter rows, thematic breaks.
func (c *Cutter) planRule(p plan, s []byte, at int, end, direct bool) (plan, bool) {
	rest := s[at:]
	ch := rest[0]
	delim, rule, n := true, ch == '-' || ch == '*' || ch == '_', 0
	for _, b := range rest {
		if b != '-' && b != ':' && b != '|' && b != ' ' {
			delim = false
		}
		if b == ch {
			n++
		} else if b != ' ' {
			rule = false
		}
		if !delim && !rule {
			return p, false
		}
	}
	mayDelim := delim && direct && c.leaf == paragraph && (ch == '-' || ch == ':' || ch == '|')
	if !end {
		wait := p
		wait.pos = at
		return wait, rule || mayDelim
	}
	trimmed := bytes.TrimRight(rest, " ")
	switch {
	case ch == '-' && direct && c.leaf == paragraph && run(trimmed, '-') == len(trimmed):
		p.kind = setextLine
		return p, true
	case mayDelim && c.isDelim(trimmed):
		p.kind = delimLine
		return p, true
	case rule && n >= 3:
		p.kind = ruleLine
		return p, true
	}
	return p, false
}

// isDelim reports whether the row makes the paragraph's last line a table's header.
func (c *Cutter) isDelim(row []byte) bool {
	if !c.lineClean || c.rawFull || len(c.raw) == 0 {
		return false
	}
	n := 0
	for _, cell := range cells(row) {
		cell = bytes.Trim(cell, " ")
		cell = bytes.TrimPrefix(cell, []byte(":"))
		cell = bytes.TrimSuffix(cell, []byte(":"))
		if len(cell) == 0 || run(cell, '-') != len(cell) {
			return false
		}
		n++
	}
	return n > 0 && n == len(cells(c.raw))
}

// cells splits a table's row at its bars.
func cells(row []byte) [][]byte {
	row = bytes.TrimSpace(row)
	row = bytes.TrimPrefix(row, []byte("|"))
	var out [][]byte
	from := 0
	for i, b := range row {
		if b == '|' && (i == 0 || row[i-1] != '\\') {
			out = append(out, row[from:i])
			from = i + 1
		}
	}
	if from < len(row) {
		out = append(out, row[from:])
	}
	return out
}

// planItem: list markers.
func (c *Cutter) planItem(p plan, s []byte, at int, end, direct bool) (plan, bool) {
	rest := s[at:]
	wait := p
	wait.pos = at
	w := 0
	one := true
	switch rest[0] {
	case '-', '*', '+':
		w = 1
	default:
		for w < len(rest) && w < 10 && rest[w] >= '0' && rest[w] <= '9' {
			w++
		}
		if w == 0 || w > 9 {
			return p, false
		}
		if w == len(rest) {
			return wait, !end
		}
		one = string(rest[:w]) == "1"
		if rest[w] != '.' && rest[w] != ')' {
			return p, false
		}
		w++
	}
	if w == len(rest) && !end {
		return wait, true
	}
	if w < len(rest) && rest[w] != ' ' {
		return p, false
	}
	n := spaces(rest[w:])
	blank := w+n == len(rest)
	if blank && !end {
		return wait, true
	}
	if direct && (blank || !one) {
		return p, false
	}
	if p.added == len(c.added) {
		return p, false
	}
	indent := at - p.pos + w + n
	pos := at + w + n
	if blank || n > 4 {
		indent, pos = at-p.pos+w+1, min(at+w+1, len(s))
	}
	c.added[p.added] = container{indent: indent, empty: blank}
	p.added++
	p.pos = pos
	p.kind = again
	return p, true
}

var (
	linkDef = regexp.MustCompile(`^\[(?:[^\[\]\\]|\\.)*[^\[\]\s](?:[^\[\]\\]|\\.)*\]:[ ]*(?:<[^<>]*>|[^\s<]\S*)(?:[ ]+(?:"[^"]*"|'[^']*'|\([^()]*\)))?[ ]*$`)
	task    = regexp.MustCompile(`^\[[ xX]\] `)
)

// planBracket: link definitions, footnotes, an item's check box.
func (c *Cutter) planBracket(p plan, s []byte, at int, end bool) (plan, bool) {
	rest := s[at:]
	wait := p
	wait.pos = at
	inItem := p.added > 0 && c.added[p.added-1].indent > 0 ||
		p.added == 0 && c.leaf != paragraph && p.matched == len(c.stack) && p.matched > 0 && c.stack[p.matched-1].empty
	if inItem {
		if !end && len(rest) < 4 {
			return wait, true
		}
		if task.Match(rest) {
			p.pos = at + 4
			return c.planText(p), true
		}
	}
	if c.leaf == paragraph && p.added == 0 {
		return p, false // a definition can't interrupt a paragraph
	}
	j := 1
	for j < len(rest) && rest[j] != ']' {
		if rest[j] == '[' {
			return p, false
		}
		if rest[j] == '\\' {
			j++
		}
		j++
	}
	if j+1 >= len(rest) {
		return wait, !end
	}
	if rest[j+1] != ':' {
		return p, false
	}
	if rest[1] == '^' && j > 2 && p.added < len(c.added) {
		c.added[p.added] = container{footnote: true, indent: 4}
		p.added++
		p.pos = at + j + 2
		p.pos += spaces(s[p.pos:])
		if p.pos == len(s) && !end {
			p.added--
			return wait, true
		}
		p.kind = again
		return p, true
	}
	if !end {
		return wait, true
	}
	if linkDef.Match(rest) {
		p.kind = defLine
		return p, true
	}
	return p, false
}

// planFence: a line inside fenced code.
func (c *Cutter) planFence(p plan, s []byte, end bool) plan {
	rest := s[p.pos:]
	i := spaces(rest)
	n := run(rest[i:], c.fenceChar)
	tail := rest[i+n:]
	if spaces(tail) == len(tail) && (n >= c.fenceLen || !end) && i <= 3 {
		if end {
			p.kind = closeFence
		}
		return p
	}
	if len(bytes.TrimLeft(rest, " ")) == 0 {
		if end {
			p.kind = blankLine
		}
		return p
	}
	p.kind = codeLine
	return p
}

// planHTML: a line inside an HTML block.
func (c *Cutter) planHTML(p plan, s []byte, end bool) plan {
	if spaces(s[p.pos:]) == len(s)-p.pos {
		if end {
			p.kind = blankLine
		}
		return p
	}
	p.kind = htmlMore
	return p
}

func spaces(s []byte) int { return run(s, ' ') }

func run(s []byte, b byte) int {
	n := 0
	for n < len(s) && s[n] == b {
		n++
	}
	return n
}
