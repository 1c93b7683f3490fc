package prose

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Links, images and footnotes: what a closing bracket ends.

func (c *Cutter) tokClosing(r rune) {
	b := c.brackets[len(c.brackets)-1]
	switch {
	case b.pos+1 < len(c.out) && c.out[b.pos+1] == '^' && !b.image && footnoteLabel(c.out[b.pos+2:]):
		c.brackets = c.brackets[:len(c.brackets)-1]
		c.truncate(b.pos, b.mark)
		c.state = inText
		c.prev = ']'
		c.tokText(r)
	case r == '(':
		c.state, c.hold = inTarget, append(c.hold[:0], '(')
	case r == '[' && c.mayLabel(b):
		c.state, c.hold = inLabel, append(c.hold[:0], '[')
	default:
		c.notLink()
		c.tokText(r)
	}
}

func footnoteLabel(s []byte) bool {
	for _, b := range s {
		if b == ' ' || b == '[' || b == ']' {
			return false
		}
	}
	return len(s) > 0
}

// mayLabel tells "[text][label]" from "a[i][j]": whether the label is defined may be known only long after.
func (c *Cutter) mayLabel(b bracket) bool {
	if b.pos == 0 {
		return true
	}
	r, _ := utf8.DecodeLastRune(c.out[:b.pos])
	return r != ']' && r != ')' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_'
}

// notLink makes the last open bracket and its end plain text.
func (c *Cutter) notLink() {
	c.brackets = c.brackets[:len(c.brackets)-1]
	c.state = inText
	c.literal(']')
}

// link makes the last open bracket a link's (or an image's) text.
func (c *Cutter) link() {
	i := len(c.brackets) - 1
	b := c.brackets[i]
	c.brackets = c.brackets[:i]
	n := 1
	if b.image {
		n = 2
	}
	resolve(c.marks[b.mark:])
	for j := b.mark; j < len(c.marks); j++ {
		c.marks[j].linked = true
	}
	c.marks = append(c.marks, mark{})
	copy(c.marks[b.mark+1:], c.marks[b.mark:])
	c.marks[b.mark] = mark{pos: b.pos, n: n, kind: goneMark}
	if !b.image {
		kept := c.brackets[:0] // a link holds no links: brackets around it are text
		for _, o := range c.brackets {
			if o.image {
				kept = append(kept, o)
			}
		}
		c.brackets = kept
	}
	c.state, c.hold = inText, c.hold[:0]
	c.prev = ')'
}

func (c *Cutter) tokTarget(r rune) {
	c.hold = utf8.AppendRune(c.hold, r)
	if len(c.hold) > 2 && len(c.hold) <= maxLink && !strings.ContainsRune(" \n()<>\"'", r) && !isSpace(rune(c.hold[len(c.hold)-2])) && c.hold[len(c.hold)-2] < utf8.RuneSelf && strings.IndexByte(">\"')", c.hold[len(c.hold)-2]) < 0 {
		return // goes on with a word
	}
	switch ok, more := linkTarget(string(c.hold)); {
	case ok:
		c.link()
	case !more || len(c.hold) > maxLink:
		hold := append([]byte(nil), c.hold...)
		c.notLink()
		c.hold = append(c.hold[:0], hold...)
		c.again(false)
	}
}

// linkTarget reports whether s is a link's whole target with its parentheses, or may still become one.
func linkTarget(s string) (ok, more bool) {
	i := 1
	skip := func() {
		for i < len(s) && (s[i] == ' ' || s[i] == '\n') {
			i++
		}
	}
	skip()
	if i == len(s) {
		return false, true
	}
	if s[i] == '<' {
		for i++; ; i++ {
			if i >= len(s) {
				return false, true
			}
			if s[i] == '\n' || s[i] == '<' {
				return false, false
			}
			if s[i] == '>' {
				i++
				break
			}
			if s[i] == '\\' {
				i++
			}
		}
	} else {
		depth := 0
		for ; i < len(s); i++ {
			switch s[i] {
			case '\\':
				i++
				continue
			case '(':
				if depth++; depth > 32 {
					return false, false
				}
			case ')':
				depth--
			}
			if depth < 0 || s[i] == ' ' || s[i] == '\n' {
				break
			}
		}
		if i >= len(s) {
			return false, true
		}
		if depth > 0 {
			return false, false
		}
	}
	from := i
	skip()
	if i == len(s) {
		return false, true
	}
	if s[i] == ')' {
		return true, false
	}
	if i == from {
		return false, false
	}
	end := s[i]
	switch end {
	case '(':
		end = ')'
	case '"', '\'':
	default:
		return false, false
	}
	for i++; ; i++ {
		if i >= len(s) {
			return false, true
		}
		if s[i] == end {
			break
		}
		if end == ')' && s[i] == '(' {
			return false, false
		}
		if s[i] == '\\' {
			i++
		}
	}
	i++
	skip()
	if i >= len(s) {
		return false, true
	}
	return s[i] == ')', false
}

func (c *Cutter) tokLabel(r rune) {
	n := len(c.hold)
	escaped := c.hold[n-1] == '\\'
	c.hold = utf8.AppendRune(c.hold, r)
	switch {
	case r == ']' && !escaped && c.hold[1] != '^':
		c.link()
	case r == ']' || r == '[' && !escaped || len(c.hold) > maxLink:
		hold := append([]byte(nil), c.hold...)
		c.notLink()
		c.hold = append(c.hold[:0], hold...)
		c.again(false)
	}
}
