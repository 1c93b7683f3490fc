package translate

import (
	"regexp"
	"strings"
	"unicode"
)

// boundaries are where a sentence may be split, the better ones first. What the group matches is the mark that goes with
// the left part; the right part begins after the whole match.
var boundaries = []*regexp.Regexp{
	regexp.MustCompile(`([.?!;]["')]?) +|([。！？；])`),
	regexp.MustCompile(`([,:]["')]?) +|( -) |([、，：])`),
	regexp.MustCompile(` (?:but|because|so|while|when|if|although|though|unless|until|before|after|since|whereas|which|where|and|or|then)\b`),
	regexp.MustCompile(` (?:that|to|for|with|in|on|from|by|of|as)\b`),
}

// words is the last resort, for what is too long.
var words = regexp.MustCompile(` +`)

// halves is a text split in two. The mark is the punctuation between them, a space where there was none.
type halves struct{ left, mark, right string }

// split cuts a text in two at the best boundary near its middle; ok is false when it has none. With force it cuts anything
// of two characters.
func split(s string, force bool) (h halves, ok bool) {
	forms := boundaries
	if force {
		forms = append(forms[:len(forms):len(forms)], words)
	}
	for i, form := range forms {
		best := -1
		for _, m := range form.FindAllStringSubmatchIndex(s, -1) {
			c := halves{left: strings.TrimSpace(s[:m[0]]), right: strings.TrimSpace(s[m[1]:])}
			if i == 2 || i == 3 {
				c.right = strings.TrimSpace(s[m[0]:]) // the conjunction goes with what it leads
				c.mark = " "
			}
			for g := 2; g < len(m); g += 2 {
				if m[g] >= 0 {
					c.mark = strings.TrimSpace(s[m[g]:m[g+1]])
				}
			}
			n := min(len(c.left), len(c.right)) // near the middle: the shorter part as long as can be
			if n > best && (force && c.left != "" && c.right != "" || enough(c.left) && enough(c.right)) {
				best, h = n, c
			}
		}
		if best > 0 {
			return h, true
		}
	}
	if !force {
		return h, false
	}
	text := []rune(s)
	if len(text) < 2 {
		return h, false
	}
	return halves{left: string(text[:len(text)/2]), right: string(text[len(text)/2:])}, true
}

// enough: a part of a sentence must have two words to be translated for itself.
func enough(s string) bool {
	n := 0
	for _, w := range strings.Fields(s) {
		if strings.ContainsFunc(w, func(r rune) bool { return unicode.IsLetter(r) || isAtom(r) }) {
			n++
		}
	}
	return n >= 2 || strings.ContainsFunc(s, isJapanese) && len(s) > 12
}

// join puts translated parts together again.
func join(left, mark, right, language string) string {
	switch {
	case left == "":
		return right
	case right == "":
		return left + mark
	}
	_, script, _ := strings.Cut(language, "_")
	if script != "Jpan" && script != "Hans" && script != "Hant" {
		return left + strings.TrimSpace(mark) + " " + right
	}
	comma := "、"
	if script != "Jpan" {
		comma = "，"
	}
	left = strings.TrimRight(left, "。、， ")
	switch {
	case mark == "":
	case strings.ContainsAny(mark, "?？"):
		mark = "？"
	case strings.ContainsAny(mark, "!！"):
		mark = "！"
	case strings.ContainsAny(mark, ".。;；"):
		mark = "。"
	default:
		mark = comma
	}
	if mark == "？" || mark == "！" {
		left = strings.TrimRight(left, "?？!！")
	}
	if mark == "" && isPlain(lastRune(left)) && isPlain(firstRune(right)) {
		mark = " "
	}
	return left + mark + right
}
