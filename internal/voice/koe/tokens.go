package koe

import (
	"context"
	"fmt"
	"slices"

	"koe/internal/ort"
)

// token is one token of the G2P graph.
type token struct {
	symbol int32 // in the table's symbols
	cell   int32 // the character that it comes from, in the normalised text
	high   bool  // a mora's pitch, after the accent's correction
}

// readTokens reads cells (not empty) and appends their tokens; first is the number of the first cell.
func (v *Voice) readTokens(ctx context.Context, s *scratch, cells []cell, first int) ([]token, error) {
	s.numbers = s.numbers[:0]
	for _, c := range cells {
		n, ok := v.table.numbers[c.r]
		if !ok {
			n = unknownNumber
		}
		s.numbers = append(s.numbers, n)
	}
	in, err := ort.NewTensor(v.rt, s.numbers, len(s.numbers))
	if err != nil {
		return nil, err
	}
	defer in.Release()
	out, err := v.g2p.Run(ctx, map[string]*ort.Value{"ids": in}, "tokens")
	if err != nil {
		return nil, err
	}
	defer out[0].Release()
	frames, err := ort.Data[int64](out[0])
	if err != nil {
		return nil, err
	}
	s.tokens = s.tokens[:0]
	prev := int64(0)
	for i, t := range frames {
		if t < 0 || t >= int64(len(v.table.symbols)) {
			return nil, fmt.Errorf("g2p.onnx gives token %d, g2p.json has %d", t, len(v.table.symbols))
		}
		if t != 0 && (i == 0 || t != prev) {
			s.tokens = append(s.tokens, token{symbol: int32(t), cell: int32(first + i/v.table.factor), high: v.table.symbols[t].high}) //nolint:gosec // small
		}
		prev = t
	}
	if v.opts.Readings != nil {
		s.tokens = v.userAccents(s.tokens, cells, first)
	}
	v.legal(s.tokens)
	return s.tokens, nil
}

// legal gives each accent phrase one of Tokyo's pitch patterns: the one with the fewest changes, of equals the later fall.
//
// Pattern k of n moras: mora 1 is high only if k = 1, moras 2..k are high, the rest low; k = n is also the flat one.
func (v *Voice) legal(tokens []token) {
	for start := 0; start < len(tokens); {
		end := v.phraseEnd(tokens, start)
		v.setPattern(tokens[start:end], 1)
		start = end + 1
	}
}

// phraseEnd returns the index of the boundary or mark that ends the accent phrase at start, or the tokens' length.
func (v *Voice) phraseEnd(tokens []token, start int) int {
	for i := start; i < len(tokens); i++ {
		if k := v.table.symbols[tokens[i].symbol].kind; k != kindMora && k != kindWord {
			return i
		}
	}
	return len(tokens)
}

// setPattern gives a phrase the pattern with the fewest changes among those from least up.
func (v *Voice) setPattern(phrase []token, least int) {
	n, later := 0, 0 // moras; high ones after the first
	for _, t := range phrase {
		if v.table.symbols[t.symbol].kind == kindMora {
			if n > 0 && t.high {
				later++
			}
			n++
		}
	}
	if n == 0 {
		return
	}
	best, cost := 0, 0
	k, missing, extra := 0, 0, later // low moras among 2..k; high ones after max(k, 1)
	var firstHigh bool
	for _, t := range phrase {
		if v.table.symbols[t.symbol].kind != kindMora {
			continue
		}
		k++
		switch {
		case k == 1:
			firstHigh = t.high
		case t.high:
			extra--
		default:
			missing++
		}
		c := missing + extra
		if firstHigh != (k == 1) {
			c++
		}
		if k >= min(least, n) && (best == 0 || c <= cost) {
			best, cost = k, c
		}
	}
	v.applyPattern(phrase, best)
}

// applyPattern gives a phrase pattern k.
func (v *Voice) applyPattern(phrase []token, k int) {
	q := 0
	for i := range phrase {
		if v.table.symbols[phrase[i].symbol].kind == kindMora {
			q++
			phrase[i].high = q == 1 && k == 1 || q > 1 && q <= k
		}
	}
}

// userAccents applies the user dictionary's accents: a word that has one begins an accent phrase of its own, and the
// phrase falls after the word's nucleus. It works on pitches that legal leaves as they are.
func (v *Voice) userAccents(tokens []token, cells []cell, first int) []token {
	for i := 0; i < len(cells); {
		entry, start := cells[i].entry, i
		for i < len(cells) && cells[i].entry == entry {
			i++
		}
		if entry == 0 {
			continue
		}
		accent := v.opts.Readings.entries[entry-1].accent
		if accent < 0 {
			continue
		}
		a := slices.IndexFunc(tokens, func(t token) bool { return int(t.cell) >= first+start && v.table.symbols[t.symbol].kind == kindMora })
		if a < 0 {
			continue
		}
		moras := 0
		for _, t := range tokens[a:] {
			if int(t.cell) < first+i && v.table.symbols[t.symbol].kind == kindMora {
				moras++
			}
		}
		if a > 0 {
			switch v.table.symbols[tokens[a-1].symbol].kind {
			case kindMora:
				tokens = slices.Insert(tokens, a, token{symbol: int32(v.table.boundary), cell: tokens[a].cell}) //nolint:gosec // small
				a++
			case kindWord:
				tokens[a-1].symbol = int32(v.table.boundary) //nolint:gosec // small
			}
		}
		phrase := tokens[a:v.phraseEnd(tokens, a)]
		if accent > 0 {
			v.applyPattern(phrase, accent)
		} else {
			v.setPattern(phrase, moras+1) // no fall inside the word or right after it
		}
	}
	return tokens
}
