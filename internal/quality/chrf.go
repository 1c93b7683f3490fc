// Package quality owns the measures of a translator: chrF, and how many code spans, numbers and names it keeps.
package quality

import (
	"unicode"
)

// order is the longest n-gram of characters; beta weighs recall against precision. With the defaults of sacreBLEU the
// measure is chrF2.
const (
	order = 6
	beta  = 2
)

// ChrF counts character n-grams of translations and references, and scores them over the whole corpus as sacreBLEU does:
// character order 6, word order 0, beta 2, white space removed, one reference. The zero value is empty.
type ChrF struct {
	hyp, ref, match [order]int
}

// Add counts one sentence.
func (c *ChrF) Add(translation, reference string) {
	hyp, ref := characters(translation), characters(reference)
	for n := 1; n <= order; n++ {
		h, r := len(hyp)-n+1, len(ref)-n+1
		if r <= 0 { // sacreBLEU does not count translations of what the reference has not
			continue
		}
		c.ref[n-1] += r
		if h <= 0 {
			continue
		}
		c.hyp[n-1] += h
		count := make(map[string]int, r)
		for i := range r {
			count[string(ref[i:i+n])]++
		}
		for i := range h {
			if g := string(hyp[i : i+n]); count[g] > 0 {
				count[g]--
				c.match[n-1]++
			}
		}
	}
}

// Score returns the chrF2 of all sentences added, 0 to 100.
func (c *ChrF) Score() float64 {
	var precision, recall float64
	orders := 0
	for n := range order {
		if c.hyp[n] > 0 && c.ref[n] > 0 {
			precision += float64(c.match[n]) / float64(c.hyp[n])
			recall += float64(c.match[n]) / float64(c.ref[n])
			orders++
		}
	}
	if orders == 0 || precision+recall == 0 {
		return 0
	}
	precision /= float64(orders)
	recall /= float64(orders)
	return 100 * (1 + beta*beta) * precision * recall / (beta*beta*precision + recall)
}

// characters returns the text's characters without white space, which is what Python's str.split takes for it.
func characters(s string) []rune {
	out := make([]rune, 0, len(s))
	for _, r := range s {
		if !unicode.IsSpace(r) && (r < 0x1c || r > 0x1f) {
			out = append(out, r)
		}
	}
	return out
}
