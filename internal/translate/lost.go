package translate

import "strings"

// Losses are what a translation lost of what it must keep.
type Losses struct {
	Spans, Numbers, Names          []string // missing in the translation
	AllSpans, AllNumbers, AllNames int      // in the source, each once
}

// Compare finds what a translation of the request lost: code spans in backticks, numbers, names.
func Compare(r Request, translation string) Losses {
	source, a := parse(r.Text)
	spans := in(source)
	target := a.hide(translation, a.raw)
	l := Losses{AllSpans: len(spans), AllNumbers: len(numbers(source)), AllNames: len(names(source))}
	for _, s := range spans {
		// hide looks for whole words, and an encoded string may stand right before a particle.
		if !contains(target, s) && !strings.Contains(translation, a.text(s)) {
			l.Spans = append(l.Spans, a.text(s))
		}
	}
	l.Numbers = lostNumbers(source, target, r.Target)
	l.Names = lostNames(source, target)
	return l
}

func contains(s string, r rune) bool {
	for _, c := range s {
		if c == r {
			return true
		}
	}
	return false
}
