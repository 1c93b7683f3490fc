package prose

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// Bare addresses, and private keys.

// atScheme begins a bare address: a slash follows "https:/".
func (c *Cutter) atScheme() bool {
	for _, s := range []string{"https:/", "http:/", "ftp:/"} {
		if bytes.HasSuffix(c.out, []byte(s)) && c.beginURL(len(c.out)-len(s)) {
			c.hold = append(c.hold, s...)
			c.hold = append(c.hold, '/')
			return true
		}
	}
	return false
}

func (c *Cutter) atWWW() bool {
	if !bytes.HasSuffix(c.out, []byte("www")) || !c.beginURL(len(c.out)-3) {
		return false
	}
	c.hold = append(c.hold, "www."...)
	return true
}

func (c *Cutter) beginURL(pos int) bool {
	if c.noURL {
		return false
	}
	if pos > 0 {
		r, _ := utf8.DecodeLastRune(c.out[:pos])
		if r < utf8.RuneSelf && !strings.ContainsRune(" *_~(\"'[", r) {
			return false
		}
	}
	for _, m := range c.marks {
		if m.pos+m.n > pos {
			return false
		}
	}
	for _, b := range c.brackets {
		if b.pos >= pos {
			return false
		}
	}
	c.out = c.out[:pos]
	c.back(pos)
	c.state, c.hold = inURL, c.hold[:0]
	return true
}

func (c *Cutter) tokURL(r rune) {
	if r <= ' ' || r >= utf8.RuneSelf || strings.ContainsRune("<>`\"|\\", r) || r == ']' && len(c.brackets) > 0 || len(c.hold) > maxWord {
		c.endURL()
		c.tok(r)
		return
	}
	c.hold = append(c.hold, byte(r))
}

// endURL appends the address, without the punctuation that ends the sentence or the phrase around it.
func (c *Cutter) endURL() {
	s := string(c.hold)
	end := len(s)
	for end > 0 {
		b := s[end-1]
		if strings.IndexByte("?!.,:;*_~'}]", b) >= 0 ||
			b == ')' && strings.Count(s[:end], ")") > strings.Count(s[:end], "(") {
			end--
			continue
		}
		break
	}
	c.state = inText
	c.hold = append(c.hold[:0], s[end:]...)
	if head := s[:end]; strings.HasSuffix(head, ":/") || strings.HasSuffix(head, "//") || head == "www" {
		c.out = append(c.out, head...)
	} else {
		c.unit(head)
	}
	if end > 0 {
		c.prev = rune(s[end-1])
	}
	c.noURL = true // "www." alone is no address, however often one looks
	c.again(false)
	c.noURL = false
}

// atKey begins a private key: a space follows "-----BEGIN".
func (c *Cutter) atKey() bool {
	const begin = "-----BEGIN"
	if !bytes.HasSuffix(c.out, []byte(begin)) || c.noKey {
		return false
	}
	c.out = c.out[:len(c.out)-len(begin)]
	c.back(len(c.out))
	c.state, c.hold = inKey, append(c.hold[:0], "-----BEGIN "...)
	c.keyTail = c.keyTail[:0]
	return true
}

func (c *Cutter) tokKey(r rune) {
	if len(c.keyTail) == 0 { // still in the first line
		c.hold = utf8.AppendRune(c.hold, r)
		switch {
		case bytes.HasSuffix(c.hold, []byte("KEY-----")) || bytes.HasSuffix(c.hold, []byte("BLOCK-----")):
			if !bytes.Contains(c.hold, []byte("PRIVATE")) {
				c.notKey()
				return
			}
			c.keyTail = append(c.keyTail, ' ')
		case r != ' ' && r != '-' && (r < 'A' || r > 'Z') && (r < '0' || r > '9') || len(c.hold) > 100:
			c.notKey()
		}
		return
	}
	c.keyTail = utf8.AppendRune(c.keyTail, r)
	if r == '-' && keyEnd(c.keyTail) {
		c.endKey(false)
		return
	}
	if n := len(c.keyTail); n > 512 {
		c.keyTail = append(c.keyTail[:0], c.keyTail[n-128:]...)
	}
}

func keyEnd(s []byte) bool {
	i := bytes.LastIndex(s, []byte("-----END "))
	return i >= 0 && len(s) >= i+len("-----END ")+5+4 && bytes.HasSuffix(s, []byte("-----"))
}

func (c *Cutter) notKey() {
	c.noKey = true
	c.again(false)
	c.noKey = false
}

// endKey appends what is spoken for a private key. open: its end has not come.
func (c *Cutter) endKey(open bool) {
	if len(c.keyTail) == 0 {
		c.notKey()
		return
	}
	c.state, c.hold, c.keyTail = inText, c.hold[:0], c.keyTail[:0]
	if n := len(c.out); n > 0 && c.out[n-1] != ' ' {
		c.out = append(c.out, ' ')
	}
	c.out = append(c.out, "secret"...)
	c.prev = '-'
	c.keyOpen = open
}

// swallowKeyLine drops a line of a private key that goes on after a blank line, as those with headers do.
func (c *Cutter) swallowKeyLine() bool {
	s := bytes.TrimLeft(bytes.TrimSpace(c.line), "> ")
	if len(s) == 0 {
		return false
	}
	if bytes.Contains(s, []byte("-----END ")) {
		c.keyOpen = false
		return true
	}
	if i := bytes.Index(s, []byte(": ")); i > 0 && i < 24 && bytes.IndexByte(s[:i], ' ') < 0 {
		return true
	}
	for _, b := range s {
		if !letterASCII(rune(b)) && (b < '0' || b > '9') && b != '+' && b != '/' && b != '=' {
			c.keyOpen = false
			return false
		}
	}
	return true
}

// isEmoji reports whether a rune is a pictograph, which is not spoken.
func isEmoji(r rune) bool {
	switch {
	case r < 0x231a:
		return false
	case r >= 0x1f000 && r <= 0x1faff, r >= 0x2600 && r <= 0x27bf, r >= 0x2b05 && r <= 0x2b55,
		r == 0x231a, r == 0x231b, r >= 0x23e9 && r <= 0x23fa, r >= 0xe0020 && r <= 0xe007f,
		r >= 0x25fb && r <= 0x25fe, r == 0x3030, r == 0x303d, r == 0x3297, r == 0x3299:
		return true
	}
	return false
}
