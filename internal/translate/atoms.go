package translate

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Inside this package a sentence is a string in which every unit that must come through unchanged is one rune, its atom,
// of a private-use plane: a code span, and where the first try lost them a name or a number. Splitting, verifying and
// repairing then need not know about spans; the engine sees its own placeholders, the caller the spans.
const (
	firstAtom = 0xF0000 // supplementary private use area A
	lastAtom  = 0xFFFFD
)

// atoms are the units of one sentence, by atom.
type atoms struct {
	raw  []string
	atom map[string]rune
}

func isAtom(r rune) bool { return r >= firstAtom && r <= lastAtom }

// add returns the atom of the unit, the same for the same unit; ok is false when the plane is full.
func (a *atoms) add(raw string) (r rune, ok bool) {
	if r, ok := a.atom[raw]; ok {
		return r, true
	}
	if len(a.raw) > lastAtom-firstAtom {
		return 0, false
	}
	if a.atom == nil {
		a.atom = make(map[string]rune)
	}
	r = rune(firstAtom + len(a.raw))
	a.raw = append(a.raw, raw)
	a.atom[raw] = r
	return r, true
}

// text returns the unit that an atom stands for.
func (a *atoms) text(r rune) string {
	if i := int(r) - firstAtom; i >= 0 && i < len(a.raw) {
		return a.raw[i]
	}
	return ""
}

// restore puts the units back, with a space where a name or number would run into its neighbour.
func (a *atoms) restore(s string) string {
	if len(a.raw) == 0 {
		return s
	}
	var b strings.Builder
	afterAtom := false
	for _, r := range s {
		next := string(r)
		if isAtom(r) {
			next = a.text(r)
		}
		if (isAtom(r) || afterAtom) && isPlain(lastRune(b.String())) && isPlain(firstRune(next)) {
			b.WriteByte(' ')
		}
		b.WriteString(next)
		afterAtom = isAtom(r)
	}
	return b.String()
}

// hide makes the units in the text atoms, longest first so that one inside another is not torn out of it.
func (a *atoms) hide(s string, units []string) string {
	for _, u := range longestFirst(units) {
		if r, ok := a.add(u); ok {
			s = replaceWhole(s, u, string(r))
		}
	}
	return s
}

// in returns the atoms of a text in order of first appearance.
func in(s string) []rune {
	var list []rune
	seen := make(map[rune]bool)
	for _, r := range s {
		if isAtom(r) && !seen[r] {
			seen[r] = true
			list = append(list, r)
		}
	}
	return list
}

// replaceWhole replaces u where it is not part of a longer word or number.
func replaceWhole(s, u, by string) string {
	var b strings.Builder
	for {
		i := strings.Index(s, u)
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		end := i + len(u)
		if joined(b.String()+s[:i], u) || joined(u, s[end:]) {
			b.WriteString(s[:end])
		} else {
			b.WriteString(s[:i])
			b.WriteString(by)
		}
		s = s[end:]
	}
}

// joined reports whether a word or number goes on from the end of a to the beginning of b.
func joined(a, b string) bool {
	x, y := lastRune(a), firstRune(b)
	if x == 0 || y == 0 {
		return false
	}
	digits := unicode.IsDigit(x) && (unicode.IsDigit(y) || fraction.MatchString(b)) ||
		unicode.IsDigit(y) && strings.ContainsRune(".,", x) && len(a) > 1 && unicode.IsDigit(rune(a[len(a)-2]))
	letters := isWord(x) && isWord(y) && !unicode.IsDigit(x) && !unicode.IsDigit(y)
	return digits || letters
}

// isPlain reports whether a letter or digit is of a script with spaces between words.
func isPlain(r rune) bool { return isWord(r) && !isJapanese(r) }

func isWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

var fraction = regexp.MustCompile(`^[.,]\d`)

// literal matches what an engine's placeholder may look like in the text itself, and what no language has as a word
// (keys, encoded data), which engines garble: both are hidden, too.
var literal = regexp.MustCompile(`<x\d+>|[!-~]{48,}`)

// parse turns a request's text into the form with atoms: code spans hidden, white space plain, what no engine knows
// (control and private-use characters, a stray backtick) dropped.
func parse(text string) (string, *atoms) {
	a := &atoms{}
	text = strings.ToValidUTF8(text, "\uFFFD")
	var b strings.Builder
	for {
		i := strings.IndexByte(text, '`')
		if i < 0 {
			clean(&b, text, a)
			return strings.TrimSpace(b.String()), a
		}
		clean(&b, text[:i], a)
		text = text[i:]
		fence := ticks(text)
		span, ok := cutSpan(text, fence)
		if ok {
			if r, ok := a.add(span); ok {
				b.WriteRune(r)
			}
		}
		text = text[max(fence, len(span)):]
	}
}

// ticks counts the backticks that s begins with.
func ticks(s string) int { return len(s) - len(strings.TrimLeft(s, "`")) }

// cutSpan returns the code span at the beginning of s, which ends with as many backticks as it begins with; not one of
// nothing but space.
func cutSpan(s string, fence int) (string, bool) {
	for i := fence; i < len(s); {
		k := strings.IndexByte(s[i:], '`')
		if k < 0 {
			return "", false
		}
		i += k
		n := ticks(s[i:])
		if n == fence {
			return s[:i+n], strings.TrimSpace(s[fence:i]) != ""
		}
		i += n
	}
	return "", false
}

func clean(b *strings.Builder, s string, a *atoms) {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Co, r):
			return -1
		}
		return r
	}, s)
	b.WriteString(literal.ReplaceAllStringFunc(s, func(m string) string {
		if r, ok := a.add(m); ok {
			return string(r)
		}
		return m
	}))
}

func firstRune(s string) rune {
	for _, r := range s {
		return r
	}
	return 0
}

func lastRune(s string) rune {
	r, _ := utf8.DecodeLastRuneInString(s)
	return r
}

// longestFirst returns the strings without duplicates, the longest first.
func longestFirst(list []string) []string {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	return slices.Compact(list)
}
