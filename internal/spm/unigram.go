package spm

import "slices"

// unknownPenalty is how much worse than the worst piece an unknown character is.
const unknownPenalty = 10

// best is the best way to cut the text up to a position: its score and last piece.
type best struct {
	score float32
	start int32 // where the last piece starts, -1 while the position is not reached
	id    int32
}

// unigram finds the cut with the highest sum of scores (Viterbi). Sums are kept in single precision and compared in
// double, as the reference does, so that ties fall the same way.
func (m *Model) unigram(text string) []cut {
	ends := make([]best, len(text)+1)
	for i := 1; i < len(ends); i++ {
		ends[i].start = -1
	}
	unknownScore := m.minScore - unknownPenalty
	for start := 0; start < len(text); {
		here := ends[start].score
		width := charLen(text[start:])
		single := false
		m.all.each(text[start:], func(length int, id int32) {
			p := &m.pieces[id]
			if p.typ == Unused {
				return
			}
			score := float64(p.score)
			if p.typ == UserDefined { // always preferred
				score = float64(float32(length)*m.maxScore) - 0.1
			}
			score += float64(here)
			if end := &ends[start+length]; end.start < 0 || score > float64(end.score) {
				*end = best{float32(score), int32(start), id}
			}
			single = single || length == width
		})
		if !single {
			score := unknownScore + here
			if end := &ends[start+width]; end.start < 0 || score > end.score {
				*end = best{score, int32(start), m.unknown}
			}
		}
		start += width
	}
	var out []cut
	for end := len(text); end > 0; {
		b := ends[end]
		out = append(out, cut{text[b.start:end], b.id})
		end = int(b.start)
	}
	slices.Reverse(out)
	return out
}
