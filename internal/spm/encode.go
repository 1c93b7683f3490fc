package spm

import "fmt"

// cut is one piece of a normalised text.
type cut struct {
	text string
	id   int32
}

// Normalise returns the text as it is cut into pieces: mapped characters, "▁" for a space.
func (m *Model) Normalise(text string) string { return m.norm.normalise(text) }

// Encode cuts the text into pieces and returns their ids, without <s> and </s>.
func (m *Model) Encode(text string) []int32 {
	cuts := m.cut(m.norm.normalise(text))
	ids := make([]int32, 0, len(cuts))
	m.emit(cuts, func(_ string, id int32, merged bool) {
		if !merged {
			ids = append(ids, id)
		}
	})
	return ids
}

// EncodePieces cuts the text into pieces and returns them as text. A run of unknown characters is one piece, of the text
// it stands for.
func (m *Model) EncodePieces(text string) []string {
	cuts := m.cut(m.norm.normalise(text))
	pieces := make([]string, 0, len(cuts))
	m.emit(cuts, func(text string, _ int32, merged bool) {
		if merged {
			pieces[len(pieces)-1] += text
		} else {
			pieces = append(pieces, text)
		}
	})
	return pieces
}

func (m *Model) cut(normal string) []cut {
	if normal == "" {
		return nil
	}
	if m.algorithm == BPE {
		return m.bpe(normal)
	}
	return m.unigram(normal)
}

// emit hands over the pieces of the cuts: the bytes of unknown characters where the model has byte fallback, else runs of
// unknown characters merged into one piece.
func (m *Model) emit(cuts []cut, do func(text string, id int32, merged bool)) {
	afterUnknown := false
	for _, c := range cuts {
		unknown := m.pieces[c.id].typ == Unknown
		switch {
		case unknown && m.byteFallback:
			for i := range len(c.text) {
				do(fmt.Sprintf("<0x%02X>", c.text[i]), m.byteID[c.text[i]], false)
			}
		default:
			do(c.text, c.id, unknown && afterUnknown)
		}
		afterUnknown = unknown
	}
}

// charLen is the length that the first byte of a character announces, at most what is left.
func charLen(s string) int {
	n := 1
	switch c := s[0]; {
	case c >= 0xf0:
		n = 4
	case c >= 0xe0:
		n = 3
	case c >= 0xc0:
		n = 2
	}
	return min(n, len(s))
}
