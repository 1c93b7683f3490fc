package koe

const (
	// maxCells is how many characters the G2P graph reads at a time, and longer text is cut to.
	maxCells = 120
	// maxPhonemes is how many phonemes the voice was trained on; longer sentences are cut to it.
	maxPhonemes = 220
)

// nextPiece returns how many of the cells (not empty) to read at a time: all of a short text, else a sentence, else as
// many clauses as go into maxCells, else words up to a place where one is likely to end (a change of script that is not
// an ending's, in the second half), else maxCells.
func nextPiece(cells []cell) int {
	if len(cells) <= maxCells {
		return len(cells)
	}
	comma, word := 0, 0
	for i := range maxCells {
		switch r := cells[i].r; {
		case r == '、':
			comma = i + 1
		case mark(r):
			return i + 1
		case i > maxCells/2 && hira(cells[i-1].r) && !hira(r):
			word = i
		}
	}
	switch {
	case comma > 0:
		return comma
	case word > 0:
		return word
	}
	return maxCells
}

// unit is what the acoustic graph says at a time.
type unit struct {
	tokens []token
	pause  int // samples of silence before what follows, at speed 1
}

// Pauses between units in samples: after a sentence and a clause as long as the voice makes them inside a unit (measured
// on narration, silence of 0.3 to 0.45 s and 0.2 to 0.3 s), and a short one where a cut had to be made.
const (
	sentencePause = rate * 2 / 5
	clausePause   = rate / 4
	cutPause      = rate / 20
)

// nextUnit cuts tokens to what the voice can say at a time, and returns it and the rest: up to maxPhonemes, cut where it
// is least heard. There is at least one token in tokens.
func (v *Voice) nextUnit(tokens []token) (unit, []token) {
	// Where each kind of cut could be made last; the bound on phonemes counts a space before each mora.
	var sentence, mark, phrase, word, mora int
	n, i := 0, 0
	for ; i < len(tokens); i++ {
		s := &v.table.symbols[tokens[i].symbol]
		switch s.kind {
		case kindPhrase:
			phrase = i
		case kindWord:
			word = i
		case kindMark:
			mark = i + 1
			if s.phonemes[0] != idComma {
				sentence = i + 1
			}
		}
		n += len(s.phonemes)
		if k := s.kind; k == kindWord || k == kindPhrase || k == kindMark {
			n++
		}
		if n > maxPhonemes {
			break
		}
		if s.kind == kindMora {
			mora = i + 1
		}
	}
	cut := len(tokens)
	if i < len(tokens) {
		cut = max(1, i)
		for _, c := range []int{sentence, mark, phrase, word, mora} {
			if c > 0 {
				cut = c
				break
			}
		}
	}
	u := unit{tokens: tokens[:cut], pause: cutPause}
	last := &v.table.symbols[tokens[cut-1].symbol]
	if last.kind == kindMark {
		u.pause = sentencePause
		if last.phonemes[0] == idComma {
			u.pause = clausePause
			u.tokens = tokens[:cut-1] // the voice never saw a sentence that ends in 、
		}
	}
	return u, tokens[cut:]
}

// speaks reports whether there is a mora among the tokens.
func (v *Voice) speaks(tokens []token) bool {
	for _, t := range tokens {
		if v.table.symbols[t.symbol].kind == kindMora {
			return true
		}
	}
	return false
}
