package translate

import (
	"regexp"
	"strings"
	"unicode"
)

// repair gives a translation the punctuation of its language. Models that were trained on many languages write ASCII
// marks in Japanese; there , . " ! ? become 、。「」！？ where they stand by Japanese. The source's end decides whether the
// translation ends with a stop. Other languages are left as they are. Atoms are never touched.
func repair(source, s, language string) string {
	s = strings.TrimSpace(s)
	if language != "jpn_Jpan" || !hasJapanese(s) {
		return s
	}
	in := []rune(s)
	out := make([]rune, 0, len(in))
	quotes := 0 // straight ones so far
	balanced := strings.Count(parenthesised.ReplaceAllString(s, ""), `"`)%2 == 0
	depth, quoted := 0, 0 // within ASCII parentheses, within Japanese quotation marks
	for i, r := range in {
		before, after := neighbour(in, i, -1), neighbour(in, i, 1)
		switch r {
		case ',', '，':
			list := depth == 0 && i+1 < len(in) && in[i+1] == ' ' && (!isLatin(before) || !isLatin(after))
			if r == '，' || list || japaneseMark(in, i, before, after) {
				r = '、'
			}
		case '(':
			depth++
		case ')':
			depth = max(0, depth-1)
		case '「':
			quoted++
		case '」':
			quoted = max(0, quoted-1)
		case '.', '．':
			if r == '．' || stop(in, i, before) {
				r = '。'
			}
		case '!', '?':
			if isJapanese(before) || isClosing(before) || i == len(in)-1 {
				r += '！' - '!'
			}
		case '"':
			if balanced && depth == 0 && quoted == 0 {
				r = '「'
				if quotes%2 == 1 {
					r = '」'
				}
				quotes++
			}
		case ' ':
			if fullWidth(out) {
				continue // full-width marks bring their own space
			}
		}
		if strings.ContainsRune("、。！？", r) {
			for len(out) > 0 && out[len(out)-1] == ' ' {
				out = out[:len(out)-1]
			}
		}
		out = append(out, r)
	}
	return ending(prepare(source), string(out))
}

var parenthesised = regexp.MustCompile(`\([^()]*\)?`)

// ending gives the translation the stop that the source has. One that only the translation has may stay: it stands for
// a colon, mostly.
func ending(source, s string) string {
	source = strings.TrimRight(source, ` "')]」』”’`)
	last := lastRune(s)
	switch {
	case !strings.HasSuffix(source, ".") || strings.HasSuffix(source, "..."):
	case last == '.' && !strings.HasSuffix(s, ".."):
		return s[:len(s)-1] + "。"
	case !strings.ContainsRune("。！？", last) && (isWord(last) || isAtom(last) || isClosing(last)) && !strings.HasSuffix(s, "。」"):
		return s + "。"
	}
	return s
}

// neighbour returns the next rune in a direction that is not a space, 0 at the end.
func neighbour(in []rune, i, step int) rune {
	for i += step; i >= 0 && i < len(in); i += step {
		if in[i] != ' ' {
			return in[i]
		}
	}
	return 0
}

// japaneseMark: a comma by Japanese, or between units with a space after it; not one inside a number or a call.
func japaneseMark(in []rune, i int, before, after rune) bool {
	if unicode.IsDigit(before) && unicode.IsDigit(after) && in[i+1] != ' ' {
		return false
	}
	spaced := i+1 == len(in) || in[i+1] == ' ' || isAtom(in[i+1]) || isJapanese(in[i+1])
	return spaced && (isJapanese(before) || isJapanese(after) || isAtom(before) || isAtom(after) || isClosing(before))
}

// stop: a point after Japanese at the end of a sentence; not that of ".gitignore" or of an ellipsis.
func stop(in []rune, i int, before rune) bool {
	if i > 0 && in[i-1] == '.' || i+1 < len(in) && in[i+1] == '.' {
		return false
	}
	if i+1 < len(in) && isWord(in[i+1]) && !isJapanese(in[i+1]) {
		return false
	}
	return isJapanese(before) || (isAtom(before) || isClosing(before)) && i+1 == len(in)
}

func fullWidth(out []rune) bool {
	return len(out) > 0 && strings.ContainsRune("、。！？", out[len(out)-1])
}

func isClosing(r rune) bool {
	return r != 0 && strings.ContainsRune(`)]}）］」』】”’、。！？%％`, r)
}

func isJapanese(r rune) bool {
	return unicode.In(r, unicode.Hiragana, unicode.Katakana, unicode.Han) || r == 'ー' || r == '々' || r == '「' || r == '」' ||
		r == '『' || r == '』' || r == '（' || r == '）'
}

func isLatin(r rune) bool { return unicode.Is(unicode.Latin, r) }

func hasJapanese(s string) bool { return strings.ContainsFunc(s, isJapanese) }
