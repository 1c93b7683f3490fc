package spm

import (
	"slices"
	"sort"
	"strings"
)

type entry struct {
	text string
	id   int32
}

// prefixes finds which of a set of strings a text starts with. It is a sorted list, narrowed byte by byte: no memory of
// its own beside the strings, which matters with vocabularies of 256,000 pieces.
type prefixes struct {
	sorted []entry
	first  [257]int32 // index of the first entry whose first byte is ≥ the index
}

func newPrefixes(set []entry) *prefixes {
	slices.SortFunc(set, func(a, b entry) int { return strings.Compare(a.text, b.text) })
	p := &prefixes{sorted: set}
	for c := range p.first {
		p.first[c] = int32(sort.Search(len(set), func(i int) bool { return int(set[i].text[0]) >= c }))
	}
	return p
}

// each calls found with every entry that s starts with, the shortest first.
func (p *prefixes) each(s string, found func(length int, id int32)) {
	if s == "" {
		return
	}
	lo, hi := int(p.first[s[0]]), int(p.first[int(s[0])+1])
	for n := 1; lo < hi; n++ {
		// All of sorted[lo:hi] start with s[:n]; the shortest of them comes first.
		if len(p.sorted[lo].text) == n {
			found(n, p.sorted[lo].id)
			lo++
		}
		if n == len(s) || lo == hi {
			return
		}
		c := s[n]
		span := p.sorted[lo:hi]
		a := sort.Search(len(span), func(i int) bool { return span[i].text[n] >= c })
		b := a + sort.Search(len(span)-a, func(i int) bool { return span[a+i].text[n] > c })
		lo, hi = lo+a, lo+b
	}
}

// longest returns the length of the longest entry that s starts with, 0 if there is none.
func (p *prefixes) longest(s string) int {
	if len(p.sorted) == 0 {
		return 0
	}
	long := 0
	p.each(s, func(length int, _ int32) { long = length })
	return long
}
