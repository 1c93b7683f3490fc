package spm

// symbol is a run of the text that is one piece so far; symbols form a linked list by index.
type symbol struct {
	start, end int32 // bytes of the text; empty once merged into its left neighbour
	prev, next int32 // -1 at the ends
	frozen     bool  // user-defined, never merged
}

// pair is a possible merge of two neighbouring symbols.
type pair struct {
	score       float32
	left, right int32
	size        int32 // bytes of both when it was found; another size means it is stale
}

// before orders merges: the best score first, the leftmost among equals.
func (a pair) before(b pair) bool {
	return a.score > b.score || a.score == b.score && a.left < b.left
}

// bpe merges neighbouring symbols, the best pair first, until none is a piece. Time is n log n.
func (m *Model) bpe(text string) []cut {
	symbols := make([]symbol, 0, len(text))
	for pos := 0; pos < len(text); {
		n, frozen := m.userDefined.longest(text[pos:]), true
		if n == 0 {
			n, frozen = charLen(text[pos:]), false
		}
		i := int32(len(symbols))
		symbols = append(symbols, symbol{start: int32(pos), end: int32(pos + n), prev: i - 1, next: i + 1, frozen: frozen})
		pos += n
	}
	symbols[len(symbols)-1].next = -1

	var made map[string][2]string // how unused pieces came to be, to take them apart again
	if m.anyUnused {
		made = make(map[string][2]string)
	}
	var agenda pairs
	consider := func(left, right int32) {
		if left < 0 || right < 0 || symbols[left].frozen || symbols[right].frozen {
			return
		}
		l, r := symbols[left], symbols[right]
		both := text[l.start:r.end]
		id, ok := m.normal[both]
		if !ok {
			return
		}
		agenda.push(pair{m.pieces[id].score, left, right, r.end - l.start})
		if m.anyUnused && m.pieces[id].typ == Unused {
			made[both] = [2]string{text[l.start:l.end], text[r.start:r.end]}
		}
	}
	for i := 1; i < len(symbols); i++ {
		consider(int32(i-1), int32(i))
	}
	for len(agenda) > 0 {
		p := agenda.pop()
		l, r := &symbols[p.left], &symbols[p.right]
		if l.start == l.end || r.start == r.end || l.end-l.start+r.end-r.start != p.size {
			continue // one of them has been merged since
		}
		l.end = r.end
		l.next = r.next
		if r.next >= 0 {
			symbols[r.next].prev = p.left
		}
		r.end = r.start
		consider(l.prev, p.left)
		consider(p.left, l.next)
	}

	out := make([]cut, 0, len(symbols)/2+1)
	for i := int32(0); i >= 0; i = symbols[i].next {
		out = m.resegment(out, text[symbols[i].start:symbols[i].end], made)
	}
	return out
}

// resegment takes pieces that are marked as unused apart into the two they were merged from; a character so marked is
// unknown.
func (m *Model) resegment(out []cut, text string, made map[string][2]string) []cut {
	id := m.PieceToID(text)
	if m.pieces[id].typ == Unused {
		if halves, ok := made[text]; ok {
			out = m.resegment(out, halves[0], made)
			return m.resegment(out, halves[1], made)
		}
		id = m.unknown
	}
	return append(out, cut{text, id})
}

// pairs is a binary heap, the best merge on top.
type pairs []pair

func (h *pairs) push(p pair) {
	a := append(*h, p)
	i := len(a) - 1
	for i > 0 {
		up := (i - 1) / 2
		if !a[i].before(a[up]) {
			break
		}
		a[i], a[up] = a[up], a[i]
		i = up
	}
	*h = a
}

func (h *pairs) pop() pair {
	a := *h
	top := a[0]
	last := len(a) - 1
	a[0] = a[last]
	a = a[:last]
	for i := 0; ; {
		c := 2*i + 1
		if c >= last {
			break
		}
		if c+1 < last && a[c+1].before(a[c]) {
			c++
		}
		if !a[c].before(a[i]) {
			break
		}
		a[i], a[c] = a[c], a[i]
		i = c
	}
	*h = a
	return top
}
