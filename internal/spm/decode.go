package spm

import (
	"strings"
	"unicode/utf8"
)

// Decode returns the text of the pieces. Control pieces are invisible, byte pieces that form no character become U+FFFD,
// and ids outside the model are skipped.
func (m *Model) Decode(ids []int32) string {
	var b strings.Builder
	var bytes []byte // of byte pieces that wait for the rest of their character
	flush := func() {
		for len(bytes) > 0 {
			r, n := utf8.DecodeRune(bytes)
			if r == utf8.RuneError && n == 1 {
				b.WriteString("\uFFFD")
			} else {
				b.Write(bytes[:n])
			}
			bytes = bytes[n:]
		}
	}
	first, dropped := true, false // first: the dummy space may still come; dropped: it has come
	for _, id := range ids {
		if !m.has(id) {
			continue
		}
		p := &m.pieces[id]
		if p.typ == Byte {
			bytes = append(bytes, m.byteOf[id])
			continue
		}
		flush()
		if dropped || b.Len() > 0 {
			first = false
		}
		dropped = false
		switch p.typ {
		case Control:
		case Unknown:
			b.WriteString(m.unknownText)
		default:
			text := p.text
			if first && (m.norm.dummyPrefix || m.norm.trim) {
				text, dropped = strings.CutPrefix(text, space)
				if m.norm.trim { // then all leading spaces go, not only the first
					dropped = false
				}
			}
			b.WriteString(strings.ReplaceAll(text, space, " "))
		}
	}
	flush()
	if m.denorm != nil {
		return m.denorm.normalise(b.String())
	}
	return b.String()
}
