package pipeline

import (
	"sort"
	"strings"
	"unicode/utf8"
)

// clause maps a clause of the caption to where its reading begins in the text that the voice gets.
type clause struct {
	start, end int // bytes of the caption
	spoken     int // byte of the spoken text at which it begins
}

// pronounce gives the text for the voice and the clauses of the caption, clause by clause so that the display can
// follow the sound although the reading is longer than the text. Code spans are never split.
func pronounce(p Pronouncer, caption string) (string, []clause) {
	var out strings.Builder
	var clauses []clause
	for start := 0; start < len(caption); {
		end := start + clauseLen(caption[start:])
		clauses = append(clauses, clause{start: start, end: end, spoken: out.Len()})
		part := caption[start:end]
		if p != nil {
			part = p.Read(part)
		}
		out.WriteString(part)
		start = end
	}
	return out.String(), clauses
}

// clauseLen is the length in bytes of the first clause of s with its closing mark.
func clauseLen(s string) int {
	code := false
	for i, r := range s {
		switch r {
		case '`':
			code = !code
		case '、', '。', '！', '？', '；', '：':
			if !code {
				return i + utf8.RuneLen(r)
			}
		}
	}
	return len(s)
}

// clauseAt finds the clause that sounds at the offset of the spoken text.
func clauseAt(clauses []clause, spoken int) (int, bool) {
	i := sort.Search(len(clauses), func(i int) bool { return clauses[i].spoken > spoken }) - 1
	return i, i >= 0
}
