package prose

import (
	"time"
	"unicode"
	"unicode/utf8"
)

// What is spoken: delimiters resolved and removed, spaces collapsed, secrets withheld.

// say hands over out[:at] as a sentence. final: it is the paragraph's last.
func (c *Cutter) say(at int, final bool, p Pause) {
	s, ok := c.sentence(at, final, p, nil)
	if !final {
		c.leaveOpen(at)
	}
	if ok {
		c.emit(s)
	}
}

// sentence returns out[:at] as it is spoken; false: there is nothing to speak. extra marks stand at its end.
func (c *Cutter) sentence(at int, final bool, p Pause, extra []mark) (Sentence, bool) {
	hidden := secrets(string(c.out[:at])) // before delimiters are taken out of them
	ms := c.resolved(at, extra, hidden)
	b := make([]byte, 0, at)
	c.work += at
	i, keep := 0, 0
	space := func(r rune, next int) { // text, with spaces collapsed
		n := len(b)
		if r == ' ' && (n == 0 || n > keep && b[n-1] == ' ') {
			return
		}
		if isStop(r) || r == ',' || r == ';' || r == ':' {
			if n > keep && b[n-1] == ' ' && (next >= at || c.out[next] == ' ') {
				b = b[:n-1]
			}
		}
		b = utf8.AppendRune(b, r)
	}
	text := func(to int) {
		for i < to {
			r, n := utf8.DecodeRune(c.out[i:to])
			space(r, i+n)
			i += n
		}
	}
	for _, m := range ms[len(c.carry):] {
		text(min(m.pos, at))
		i = max(i, min(m.pos+m.n, at))
		switch m.kind {
		case unitMark:
			b = append(b, c.out[m.pos:m.pos+m.n]...)
			keep = len(b)
		case delimMark:
			if !final && dropped(m) {
				break
			}
			for range m.left {
				b = append(b, m.ch)
			}
		}
	}
	text(at)
	for len(b) > keep && b[len(b)-1] == ' ' {
		b = b[:len(b)-1]
	}
	s := string(b)
	if len(hidden) > 0 || rewritten(ms) {
		s, _ = redact(s)
	}
	if !speakable(s) {
		return Sentence{}, false
	}
	return Sentence{Text: s, Role: c.role, Pause: p, Channel: c.channel, Session: c.session, Parent: c.parent, Read: c.readAt(at)}, true
}

// rewritten reports whether what is spoken is more than the text with its spaces collapsed.
func rewritten(ms []mark) bool {
	for _, m := range ms {
		if m.kind != unitMark {
			return true
		}
	}
	return false
}

// dropped: a delimiter that is still open at a sentence's end will most likely be closed later in the paragraph.
func dropped(m mark) bool {
	return m.open && !m.close && !m.linked && m.left > 0 && (m.ch == '*' || m.ch == '~' && m.n == 2)
}

// resolved returns the paragraph's open delimiters (c.carry) and the marks of out[:at], matched.
func (c *Cutter) resolved(at int, extra []mark, hidden []span) []mark {
	ms := make([]mark, 0, len(c.carry)+len(c.marks)+len(extra))
	ms = append(ms, c.carry...)
	for _, m := range c.marks {
		if m.pos < at {
			ms = append(ms, m)
		}
	}
	ms = append(ms, extra...)
	for _, s := range hidden {
		for i := range ms {
			if ms[i].kind == delimMark && ms[i].pos >= s.from && ms[i].pos < s.to {
				ms[i].linked = true // a key's characters are no Markdown
			}
		}
	}
	resolve(ms)
	return ms
}

// leaveOpen keeps the delimiters that out[:at] leaves open for the sentences after it.
func (c *Cutter) leaveOpen(at int) {
	if len(c.carry) == 0 && (len(c.marks) == 0 || c.marks[0].pos >= at) {
		return
	}
	ms := c.resolved(at, nil, secrets(string(c.out[:at])))
	carry := c.carry[:0]
	for _, m := range ms {
		if m.kind == delimMark && m.open && m.left > 0 && !m.linked && (!m.close || m.pos < 0) && len(carry) < 32 {
			m.pos, m.close = -1, false
			carry = append(carry, m)
		}
	}
	c.carry = carry
}

// resolve matches delimiter runs as CommonMark does.
func resolve(ms []mark) {
	for i := range ms {
		cl := &ms[i]
		if cl.kind != delimMark || cl.linked || !cl.close {
			continue
		}
		for j := i - 1; j >= 0 && cl.left > 0; j-- {
			op := &ms[j]
			if op.kind != delimMark || op.linked || op.ch != cl.ch || !op.open || op.left == 0 {
				continue
			}
			if (op.close || cl.open) && (op.n+cl.n)%3 == 0 && (op.n%3 != 0 || cl.n%3 != 0) && cl.ch != '~' {
				continue
			}
			use := 1
			if cl.ch == '~' {
				if op.n != cl.n {
					continue
				}
				use = cl.left
			} else if op.left >= 2 && cl.left >= 2 {
				use = 2
			}
			op.left -= use
			cl.left -= use
			for k := j + 1; k < i; k++ {
				if ms[k].kind == delimMark && !ms[k].linked {
					ms[k].open, ms[k].close = false, false
				}
			}
			if op.left > 0 {
				j++ // it may open once more
			}
		}
	}
}

func speakable(s string) bool {
	for _, r := range s {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '`' {
			return true
		}
	}
	return false
}

// readAt returns when the last visible byte of out[:at] was read.
func (c *Cutter) readAt(at int) time.Time {
	for at > 0 && c.out[at-1] == ' ' {
		at--
	}
	t := c.now
	for i := len(c.stamps) - 1; i >= 0; i-- {
		t = c.stamps[i].at
		if c.stamps[i].pos < at {
			break
		}
	}
	return t
}
