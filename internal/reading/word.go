package reading

import (
	"slices"
	"strings"
)

// word reads a run of letters and digits that an identifier or a sentence has between its separators: an entry of the
// dictionaries as a whole, else the parts of camelCase.
func (w *writer) word(s string) {
	if kana, ok := w.known(s); ok {
		w.say(kana, s)
		return
	}
	if len(s) > 2 && s[len(s)-1] == 's' && isCaps(s[:len(s)-1]) { // APIs
		w.word(s[:len(s)-1])
		return
	}
	parts := camel(s)
	for i := 0; i < len(parts); {
		// Names that hold capitals inside (OAuth, GitHub) are found across the parts.
		n := min(3, len(parts)-i)
		for ; n > 1; n-- {
			joined := strings.Join(parts[i:i+n], "")
			if kana, ok := lookup(joined); ok {
				w.say(kana, joined)
				break
			}
		}
		switch {
		case n > 1:
		case i+1 < len(parts) && (parts[i] == "re" || parts[i] == "Re"): // reWrap
			w.kana("リ")
		case i+1 < len(parts) && (parts[i] == "un" || parts[i] == "Un"):
			w.kana("アン")
		default:
			w.part(parts[i])
		}
		i += n
	}
}

// known looks a whole word up: the user's dictionary, the lexicon as written, short capitals as letters, the lexicon in
// lower case.
func (w *writer) known(s string) (string, bool) {
	if len(s) > longestEntry {
		return "", false
	}
	if w.r.user != nil {
		if kana, ok := w.r.user(s); ok {
			return kana, true
		}
	}
	if kana, ok := lookup(s); ok {
		return kana, true
	}
	if s == "koe" || s == "Koe" {
		return "コエ", true
	}
	if len(s) <= 3 && isCaps(s) && !isShortWord(s) {
		return letterNames(s), true
	}
	return lookup(strings.ToLower(s))
}

// part reads one part without changes of case or from letters to digits inside.
func (w *writer) part(s string) {
	if isDigit(s[0]) {
		w.number(s)
		return
	}
	if len(s) == 1 {
		w.letters(s)
		return
	}
	if kana, ok := w.known(s); ok {
		w.say(kana, s)
		return
	}
	low := strings.ToLower(s)
	if len(s) > 2 && low[len(s)-1] == 's' && isCaps(s[:len(s)-1]) && s[len(s)-1] == 's' {
		w.part(s[:len(s)-1])
		return
	}
	if len(s) >= 7 {
		if pieces := compound(low); pieces != nil {
			for _, p := range pieces {
				kana, _ := lookup(p)
				w.say(kana, p)
			}
			return
		}
	}
	if len(s) <= 3 || isCaps(s) && len(s) <= 6 || !strings.ContainsAny(low, "aeiouy") && len(s) <= 8 {
		w.letters(s)
		return
	}
	if len(s) > longestEntry { // no word: its beginning
		w.letters(s[:4])
		return
	}
	w.kana(w.r.model.Katakana(s))
}

// compound cuts a word into two or three entries of the lexicon of at least four letters each, the longest first piece
// first; nil if there is no such cut. Endings are not pieces: the letter-to-sound rules join them better. A few words of
// three letters often begin a compound.
func compound(s string) []string {
	if len(s) < 7 || len(s) > 32 {
		return nil
	}
	entry := func(p string) bool {
		kana, ok := lookup(p)
		return ok && kana != letterNames(p)
	}
	last := func(p string) bool {
		switch p {
		case "able", "ible", "ring", "ting", "ding", "ling", "ning", "king", "ping", "sing", "less", "ness", "ment", "ions", "ates", "ally",
			"ants", "ends", "ages", "ated", "tion":
			return false
		}
		return entry(p)
	}
	for i := len(s) - 4; i >= 4; i-- {
		if entry(s[:i]) && last(s[i:]) {
			return []string{s[:i], s[i:]}
		}
	}
	switch s[:3] {
	case "log", "web", "sub", "git", "env", "tmp", "src", "bin", "dev", "api", "app", "job", "key", "row", "tab", "url", "sql", "css", "zip",
		"tar", "end", "out", "pre", "max", "min", "sys", "std", "img", "doc", "cmd":
		if kana, ok := lookup(s[:3]); ok && kana != "" && last(s[3:]) {
			return []string{s[:3], s[3:]}
		}
	}
	for i := len(s) - 8; i >= 4; i-- {
		if !entry(s[:i]) {
			continue
		}
		for j := len(s) - 4; j >= i+4; j-- {
			if entry(s[i:j]) && last(s[j:]) {
				return []string{s[:i], s[i:j], s[j:]}
			}
		}
	}
	return nil
}

// camel cuts letters and digits into parts: getHTTPServer2 → get HTTP Server 2.
func camel(s string) []string {
	var parts []string
	for i := 0; i < len(s); {
		j := i + 1
		switch {
		case isDigit(s[i]):
			for j < len(s) && isDigit(s[j]) {
				j++
			}
		case isLower(s[i]):
			for j < len(s) && isLower(s[j]) {
				j++
			}
		default:
			for j < len(s) && isUpper(s[j]) {
				j++
			}
			switch {
			case j == len(s) || !isLower(s[j]): // capitals to the end or to a digit
			case s[j] == 's' && j-i >= 2 && (j+1 == len(s) || !isLower(s[j+1])): // IDs
				j++
			case j-i > 1: // the last capital begins the next part
				j--
			default:
				for j < len(s) && isLower(s[j]) {
					j++
				}
			}
		}
		parts = append(parts, s[i:j])
		i = j
	}
	return parts
}

func isCaps(s string) bool {
	for i := range len(s) {
		if !isUpper(s[i]) {
			return false
		}
	}
	return s != ""
}

// isShortWord reports capitals of two or three letters that are words and not initialisms; the voice's normaliser has
// the same list.
func isShortWord(s string) bool {
	return slices.Contains(strings.Fields("AND NOT OR FOR ADD SET GET PUT ALL ANY NEW OLD YES NO KEY LOG MAP RUN END TOP USE TO ON OFF "+
		"IF IS AS BY FIX BUG TAG RAM ROM MAC LAN WAN ZIP IN OUT DO LET VAR MIN MAX SUM POP ASC HEX DEV BIN TMP HEAD"), s)
}
