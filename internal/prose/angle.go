package prose

import (
	"html"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Tags, comments, autolinks and entities.

var (
	uriLink  = regexp.MustCompile(`^<([A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>]*)>$`)
	mailLink = regexp.MustCompile(`^<([a-zA-Z0-9.!#$%&'*+/=?^_{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*)>$`)
	openTag  = regexp.MustCompile(`^<[A-Za-z][A-Za-z0-9-]*(?:\s+[A-Za-z_:][A-Za-z0-9_.:-]*(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'=<>` + "`" + `]+))?)*\s*/?>$`)
	closeTag = regexp.MustCompile(`^</[A-Za-z][A-Za-z0-9-]*\s*>$`)
	// partTag matches every beginning of a tag that ends in white space.
	partTag = regexp.MustCompile(`^</?[A-Za-z][A-Za-z0-9-]*(?:\s+[A-Za-z_:][A-Za-z0-9_.:-]*(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'=<>` + "`" + `]+))?)*(?:\s*=)?\s*(?:"[^"]*|'[^']*)?$`)
)

func (c *Cutter) tokAngle(r rune) {
	if len(c.hold) == 1 && (r == c.noDecl || !letterASCII(r) && r != '/' && r != '!' && r != '?') {
		c.again(true)
		c.tok(r)
		return
	}
	c.hold = utf8.AppendRune(c.hold, r)
	s := c.hold
	switch {
	case r == '>':
		str := string(s)
		switch {
		case s[1] == '!' || s[1] == '?':
			if !declEnd(str) {
				break
			}
			c.endTag()
			return
		case uriLink.Match(s):
			c.hold, c.state = c.hold[:0], inText
			c.unit(str[1 : len(str)-1])
			c.prev = r
			return
		case mailLink.Match(s):
			c.hold, c.state = c.hold[:0], inText
			for _, q := range str[1 : len(str)-1] {
				c.put(q)
			}
			c.prev = r
			return
		case openTag.Match(s) || closeTag.Match(s):
			if strings.HasPrefix(strings.ToLower(str), "<br") {
				c.literal(' ')
			}
			c.endTag()
			return
		}
	case (r == ' ' || r == '\n') && s[1] != '!' && s[1] != '?' && !partTag.Match(s):
		c.again(true)
		return
	case r == '<' && s[1] != '!' && s[1] != '?' && !strings.ContainsAny(string(s), `"'`):
		c.again(true)
		return
	}
	if len(c.hold) > maxHold {
		c.again(true)
	}
}

// declEnd reports whether s, which ends in >, is a whole comment, instruction, declaration or CDATA section.
func declEnd(s string) bool {
	switch {
	case strings.HasPrefix(s, "<!--"):
		return s == "<!-->" || s == "<!--->" || len(s) >= 7 && strings.HasSuffix(s, "-->")
	case strings.HasPrefix(s, "<?"):
		return len(s) >= 4 && strings.HasSuffix(s, "?>")
	case strings.HasPrefix(s, "<![CDATA["):
		return strings.HasSuffix(s, "]]>")
	}
	return len(s) > 3 && s[2] < utf8.RuneSelf && unicode.IsLetter(rune(s[2]))
}

func (c *Cutter) endTag() {
	c.hold, c.state = c.hold[:0], inText
	c.prev = '>'
}

func (c *Cutter) tokEntity(r rune) {
	if r == ';' && len(c.hold) > 1 {
		s := string(c.hold) + ";"
		if d := html.UnescapeString(s); d != s && !strings.HasSuffix(d, ";") || s == "&semi;" {
			c.hold, c.state = c.hold[:0], inText
			for _, q := range d {
				if q = clean(q); q != 0 {
					c.literal(q)
				}
			}
			c.prev = ';'
			return
		}
	}
	if r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r)) && len(c.hold) < 34 || r == '#' && len(c.hold) == 1 {
		c.hold = append(c.hold, byte(r))
		return
	}
	c.again(true)
	c.tok(r)
}

func unescape(s string) string { return html.UnescapeString(s) }
