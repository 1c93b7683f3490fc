package prose

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"
)

// HTML blocks (CommonMark's seven kinds): the text of the kinds that hold text is spoken, without tags.

type htmlState struct {
	kind  int    // 1 to 7
	head  []byte // the line so far, for the mark that ends kinds 1 to 5
	tag   bool   // inside a tag
	quote byte   // inside an attribute's value
	note  int    // how much of <!-- was read; 4: inside a comment
	ent   []byte
	dash  int
}

var (
	html1 = regexp.MustCompile(`(?i)^<(?:script|pre|style|textarea)(?:\s|>|$)`)
	html6 = regexp.MustCompile(`(?i)^</?(?:address|article|aside|base|basefont|blockquote|body|caption|cent(?:er)|col|colgroup|dd|details|dialog|dir|div|dl|dt|fieldset|figcaption|figure|footer|form|frame|frameset|h[1-6]|head|header|hr|html|iframe|legend|li|link|main|menu|menuitem|meta|nav|noframes|ol|optgroup|option|p|param|search|section|summary|table|tbody|td|tfoot|th|thead|title|tr|track|ul)(?:\s|/?>|$)`)
	html7 = regexp.MustCompile(`^(?:<[A-Za-z][A-Za-z0-9-]*(?:\s+[A-Za-z_:][A-Za-z0-9_.:-]*(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'=<>` + "`" + `]+))?)*\s*/?>|</[A-Za-z][A-Za-z0-9-]*\s*>)\s*$`)
)

// htmlStart reports the kind of HTML block that a line begins (0: none), and whether that is known already.
func htmlStart(s []byte, end, para bool) (kind int, known bool) {
	if len(s) > 1 && s[1] != '!' && s[1] != '?' && s[1] != '/' && (s[1]|0x20 < 'a' || s[1]|0x20 > 'z') {
		return 0, true
	}
	if !end {
		if i := bytes.IndexByte(s, ':'); i > 0 && bytes.IndexByte(s[:i], ' ') < 0 && bytes.HasPrefix(s[i:], []byte("://")) {
			return 0, true // an address
		}
		return 0, false
	}
	switch {
	case html1.Match(s):
		return 1, true
	case bytes.HasPrefix(s, []byte("<!--")):
		return 2, true
	case bytes.HasPrefix(s, []byte("<?")):
		return 3, true
	case bytes.HasPrefix(s, []byte("<![CDATA[")):
		return 5, true
	case len(s) > 2 && s[1] == '!' && (s[2]|0x20 >= 'a' && s[2]|0x20 <= 'z'):
		return 4, true
	case html6.Match(s):
		return 6, true
	case !para && html7.Match(s):
		return 7, true
	}
	return 0, true
}

var htmlEnds = [6]string{1: "</", 2: "-->", 3: "?>", 4: ">", 5: "]]>"}

func (c *Cutter) htmlText(b []byte) {
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		b = b[n:]
		c.htmlRune(r)
	}
}

func (c *Cutter) htmlRune(r rune) {
	h := &c.html
	if h.kind < 6 {
		if h.head = utf8.AppendRune(h.head, r); len(h.head) > 2*maxPrefix {
			if c.htmlEnded() {
				h.kind = -h.kind // ends with this line
			}
			h.head = append(h.head[:0], h.head[len(h.head)-16:]...)
		}
		return
	}
	switch {
	case h.note == 4: // in a comment
		if r == '-' {
			h.dash++
			return
		}
		if r == '>' && h.dash >= 2 {
			h.note, h.tag = 0, false
		}
		h.dash = 0
	case h.tag:
		switch {
		case h.note > 0 && rune("<!--"[h.note]) == r:
			h.note++
		case h.quote != 0:
			if r == rune(h.quote) {
				h.quote = 0
			}
		case r == '"' || r == '\'':
			h.note, h.quote = 0, byte(r)
		case r == '>':
			h.note, h.tag = 0, false
			c.htmlSay(' ')
		default:
			h.note = 0
		}
	case r == '<':
		h.tag, h.note, h.dash = true, 1, 0
	case len(h.ent) > 0:
		if r == ';' || len(h.ent) > 30 || r == ' ' || r == '&' {
			s := unescape(string(utf8.AppendRune(h.ent, r)))
			h.ent = h.ent[:0]
			for _, q := range s {
				c.htmlSay(q)
			}
			return
		}
		h.ent = utf8.AppendRune(h.ent, r)
	case r == '&':
		h.ent = append(h.ent, '&')
	default:
		c.htmlSay(r)
	}
}

func (c *Cutter) htmlSay(r rune) {
	if r == '`' {
		return
	}
	c.inlineRune(r)
}

// htmlEnded reports whether the line so far holds the mark that ends the block.
func (c *Cutter) htmlEnded() bool {
	k := c.html.kind
	if k < 0 {
		return true
	}
	if k == 1 {
		low := strings.ToLower(string(c.html.head))
		for _, t := range []string{"</script>", "</pre>", "</style>", "</textarea>"} {
			if strings.Contains(low, t) {
				return true
			}
		}
		return false
	}
	return k < 6 && bytes.Contains(c.html.head, []byte(htmlEnds[k]))
}

func (c *Cutter) htmlEndLine() {
	h := &c.html
	if h.kind < 6 {
		if c.htmlEnded() {
			c.closeLeaf()
		}
		h.head = h.head[:0]
		return
	}
	for _, r := range string(h.ent) {
		c.htmlSay(r)
	}
	h.ent = h.ent[:0]
	if !h.tag {
		c.htmlSay(' ')
	}
}
