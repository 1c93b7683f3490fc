package reading

import (
	"strings"
	"unicode/utf8"
)

// prose reads text outside code spans; after is what follows it.
func (w *writer) prose(text, after string) {
	w.angles = 0
	for i := 0; i < len(text); {
		j := i
		switch c := text[i]; {
		case c == ' ':
			w.space++
			i++
			continue
		case c >= utf8.RuneSelf:
			for j < len(text) && text[j] >= utf8.RuneSelf {
				j++
			}
			w.raw(text[i:j])
		default:
			for j < len(text) && text[j] > ' ' && text[j] < utf8.RuneSelf {
				j++
			}
			next := text[j:]
			if next == "" {
				next = after
			}
			w.proseToken(text[i:j], next)
		}
		i = j
	}
}

// code reads the inside of a code span; after is what follows the span.
func (w *writer) code(text, after string) {
	text = strings.TrimSpace(text)
	w.angles = 0
	if strings.IndexFunc(text, func(r rune) bool { return r >= utf8.RuneSelf || isAlnum(byte(r)) }) < 0 {
		w.symbols(text)
		return
	}
	for i := 0; i < len(text); {
		j := i
		switch c := text[i]; {
		case c == ' ':
			w.space = 1
			i++
			continue
		case c >= utf8.RuneSelf:
			for j < len(text) && text[j] >= utf8.RuneSelf {
				j++
			}
			w.raw(text[i:j])
		default:
			for j < len(text) && text[j] > ' ' && text[j] < utf8.RuneSelf {
				j++
			}
			next := text[j:]
			if next == "" {
				next = after
			}
			w.token(text[i:j], next, true)
		}
		i = j
	}
	w.rest = false
}

// proseToken reads a run of ASCII between Japanese: the marks around it belong to the sentence.
func (w *writer) proseToken(s, next string) {
	i := 0
	for i < len(s) && strings.IndexByte("\"'([{<", s[i]) >= 0 {
		i++
	}
	depth := 0 // brackets closed without being opened
	for k := i; k < len(s); k++ {
		switch s[k] {
		case '(', '[', '{', '<':
			depth--
		case ')', ']', '}', '>':
			depth++
		}
	}
	j := len(s)
trim:
	for ; j > i; j-- {
		switch s[j-1] {
		case '"', '\'', '.', ',', ':', ';', '!', '?':
		case '(', '[', '{': // what it opens follows
			if next == "" || next[0] < utf8.RuneSelf {
				break trim
			}
			depth++
		case ')', ']', '}', '>':
			if depth <= 0 {
				break trim
			}
			depth--
		default:
			break trim
		}
	}
	w.marks(s[:i])
	core, tail := s[i:j], s[j:]
	if abbreviation := core + tail; strings.HasPrefix(tail, ".") && w.abbreviation(strings.ToLower(abbreviation)) {
		return
	}
	switch {
	case core == "":
	case strings.IndexFunc(core, func(r rune) bool { return isAlnum(byte(r)) }) < 0:
		w.bare(core)
	case isNumeric(core):
		w.number(core)
	default:
		w.token(core, tail+next, false)
	}
	if core == "" || !w.converted {
		w.marks(tail)
		return
	}
	for k := range len(tail) { // after what was Latin, the normaliser would not see the marks as a sentence's
		switch c := tail[k]; c {
		case '.':
			if k == len(tail)-1 || tail[k+1] != '.' {
				w.mark("。")
			}
		case ',', ';', ':':
			w.pause()
		case '?':
			w.mark("？")
		case '!':
			w.mark("！")
		case ')', ']', '}', '(', '[', '{':
			w.raw(tail[k : k+1])
		}
	}
}

func (w *writer) mark(s string) {
	w.space, w.rest = 0, false
	w.put(s, true)
}

// abbreviation reads "e.g." and its like.
func (w *writer) abbreviation(s string) bool {
	switch s {
	case "e.g.", "e.g.,":
		w.kana("たとえば")
	case "i.e.", "i.e.,":
		w.kana("つまり")
	case "etc.", "etc.,":
		w.kana("など")
	case "vs.":
		w.kana("対")
	default:
		return false
	}
	if strings.HasSuffix(s, ",") {
		w.pause()
	}
	return true
}

// marks writes a sentence's own marks as they are, less those that the normaliser does not know.
func (w *writer) marks(s string) {
	for i := range len(s) {
		if strings.IndexByte("<>", s[i]) < 0 {
			w.raw(s[i : i+1])
		}
	}
}

// bare reads a run of marks that stands alone in a sentence.
func (w *writer) bare(s string) {
	if mark, reading := operator(s); mark == s && (len(s) > 1 || strings.IndexByte("=+<>&%@", s[0]) >= 0) && s != "--" && s != "..." {
		w.kana(reading)
		return
	}
	if strings.Trim(s, "-|") == "" {
		w.pause()
		return
	}
	for i := range len(s) {
		if strings.IndexByte("*_|^\\<>$`", s[i]) < 0 {
			w.raw(s[i : i+1])
		}
	}
}

// token reads one run of ASCII without spaces that holds a letter or a digit.
func (w *writer) token(s, next string, code bool) {
	switch {
	case code && isNumeric(s):
		w.number(s)
	case strings.Contains(s, "://") && w.url(s):
	case strings.IndexByte(s, '@') > 0 && w.mail(s):
	case isUUID(s):
		if !w.ends("UUID") {
			w.letters("UUID")
		}
		w.spell(s[:4])
	case w.timestamp(s):
	case s[0] == '-' && w.flag(s, next):
	case s == "C++":
		w.letters("C")
		w.kana("プラスプラス")
	case w.hexColour(s):
	default:
		newLexer(w, s, next, code).run()
	}
}

// flag reads an option of a command: its name and オプション, or its name and value.
func (w *writer) flag(s, next string) bool {
	name := strings.TrimLeft(s, "-")
	dashes := len(s) - len(name)
	if dashes > 2 || name == "" || !isLetter(name[0]) {
		return false
	}
	name, value, has := strings.Cut(name, "=")
	if strings.IndexFunc(name, func(r rune) bool { return !isAlnum(byte(r)) && r != '-' && r != '_' && r != '.' && r != ':' }) >= 0 {
		return false
	}
	if dashes == 1 && len(name) == 2 && isLetter(name[1]) { // -rf, -it: two options of a letter each
		w.letters(name)
	} else {
		newLexer(w, name, "", true).run()
	}
	if has {
		w.kana("イコール")
		if value != "" {
			newLexer(w, value, next, true).run()
		}
		return true
	}
	next = strings.TrimLeft(next, " `'\"」』")
	for _, word := range [...]string{"フラグ", "オプション", "引数", "スイッチ", "flag", "option", "パラメータ", "指定"} {
		if strings.HasPrefix(next, word) {
			return true
		}
	}
	w.kana("オプション")
	return true
}

// hexColour reads #1a2b3c by its digits.
func (w *writer) hexColour(s string) bool {
	if s[0] != '#' || len(s) != 4 && len(s) != 7 && len(s) != 9 {
		return false
	}
	letters := false
	for i := 1; i < len(s); i++ {
		if !isHex(s[i]) {
			return false
		}
		letters = letters || isLetter(s[i])
	}
	if !letters {
		return false // #123 is an issue
	}
	w.kana("シャープ")
	w.spell(s[1:])
	return true
}
