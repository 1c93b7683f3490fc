package translate

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// suspicious says why a translation can't be one of the source ("" if it can): what small models write when they lose
// the thread.
func suspicious(source, target, language string) string {
	switch {
	case strings.TrimSpace(target) == "":
		return "empty"
	case strings.ContainsRune(target, '\uFFFD') && !strings.ContainsRune(source, '\uFFFD'), strings.ContainsRune(target, '⁇'):
		return "broken characters"
	case repeats(target) && !repeats(source):
		return "repetition"
	case foreign(source, target, language):
		return "foreign script"
	case untranslated(source, target, language):
		return "untranslated"
	}
	from, to := utf8.RuneCountInString(source), utf8.RuneCountInString(target)
	if to > 2*from+30 {
		return "too long"
	}
	if from >= 40 && to*8 < from {
		return "too short"
	}
	return ""
}

// repeats reports whether a text says the same thing again and again: a period of up to 20 characters at least four times,
// and twelve characters at least.
func repeats(s string) bool {
	text := []rune(s)
	for period := 1; period <= 20; period++ {
		run := 0
		for i := period; i < len(text); i++ {
			if text[i] != text[i-period] || !isWord(text[i]) && period == 1 {
				run = 0
				continue
			}
			if run++; run >= 3*period && run+period >= 12 {
				return true
			}
		}
	}
	return false
}

// scripts are the letters that a text in the script of a language code may have beside Latin ones and the source's own.
var scripts = map[string][]*unicode.RangeTable{
	"Latn": {}, "Jpan": {unicode.Han, unicode.Hiragana, unicode.Katakana}, "Hans": {unicode.Han}, "Hant": {unicode.Han},
	"Hang": {unicode.Hangul, unicode.Han}, "Cyrl": {unicode.Cyrillic}, "Arab": {unicode.Arabic}, "Deva": {unicode.Devanagari},
	"Grek": {unicode.Greek}, "Hebr": {unicode.Hebrew}, "Thai": {unicode.Thai}, "Beng": {unicode.Bengali},
	"Taml": {unicode.Tamil}, "Telu": {unicode.Telugu}, "Geor": {unicode.Georgian}, "Armn": {unicode.Armenian},
}

// foreign reports whether the target has letters of a script that neither its language nor the source has.
func foreign(source, target, language string) bool {
	_, code, _ := strings.Cut(language, "_")
	own, known := scripts[code]
	if !known {
		return false
	}
	for _, r := range target {
		if r < utf8.RuneSelf || !unicode.IsLetter(r) || unicode.In(r, unicode.Latin, unicode.Common, unicode.Inherited) ||
			unicode.In(r, own...) || strings.ContainsRune(source, r) || unicode.Is(unicode.Greek, r) {
			continue
		}
		return true
	}
	return false
}

// untranslated reports whether the target is words of the source in a language that is not written in its letters.
func untranslated(source, target, language string) bool {
	_, code, _ := strings.Cut(language, "_")
	own := scripts[code]
	if len(own) == 0 || strings.ContainsFunc(target, func(r rune) bool { return unicode.In(r, own...) }) {
		return false
	}
	lower := 0
	for _, w := range strings.Fields(source) {
		if len(w) > 1 && strings.ToLower(w) == w && strings.IndexFunc(w, func(r rune) bool { return !unicode.IsLetter(r) }) < 0 {
			lower++
		}
	}
	return lower >= 2
}
