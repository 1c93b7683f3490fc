package koe

import "strings"

// unitNames are the units read after a number; maxUnit is the longest one's length.
var unitNames = map[string]string{
	"ms": "ミリ秒", "us": "マイクロ秒", "ns": "ナノ秒", "s": "秒", "sec": "秒", "min": "分", "h": "時間", "KB": "キロバイト",
	"kB": "キロバイト", "MB": "メガバイト", "GB": "ギガバイト", "TB": "テラバイト", "PB": "ペタバイト", "KiB": "キビバイト",
	"MiB": "メビバイト", "GiB": "ギビバイト", "TiB": "テビバイト", "px": "ピクセル", "pt": "ポイント", "Hz": "ヘルツ",
	"kHz": "キロヘルツ", "MHz": "メガヘルツ", "GHz": "ギガヘルツ", "mm": "ミリメートル", "cm": "センチメートル", "m": "メートル",
	"km": "キロメートル", "kg": "キログラム", "g": "グラム", "bit": "ビット", "bits": "ビット", "byte": "バイト", "bytes": "バイト",
	"Mbps": "メガビーピーエス", "Gbps": "ギガビーピーエス", "kbps": "キロビーピーエス", "x": "倍", "W": "ワット", "V": "ボルト",
}

const maxUnit = 5

// letterNames are the names of the capitals.
var letterNames = [26]string{
	"エー", "ビー", "シー", "ディー", "イー", "エフ", "ジー", "エイチ", "アイ", "ジェー", "ケー", "エル", "エム", "エヌ", "オー",
	"ピー", "キュー", "アール", "エス", "ティー", "ユー", "ブイ", "ダブリュー", "エックス", "ワイ", "ゼット",
}

// shortWords are read as words although written in capitals; others of at most three letters are spelt.
var shortWords = map[string]bool{
	"ADD": true, "ALL": true, "AND": true, "ANY": true, "AS": true, "ASC": true, "BIN": true, "BUG": true, "BY": true,
	"DEV": true, "DO": true, "END": true, "FIX": true, "FOR": true, "GET": true, "HEAD": true, "HEX": true, "IF": true,
	"IN": true, "IS": true, "KEY": true, "LAN": true, "LET": true, "LOG": true, "MAC": true, "MAP": true, "MAX": true,
	"MIN": true, "NEW": true, "NO": true, "NOT": true, "OFF": true, "OLD": true, "ON": true, "OR": true, "OUT": true,
	"POP": true, "PUT": true, "RAM": true, "ROM": true, "RUN": true, "SET": true, "SUM": true, "TAG": true, "TMP": true,
	"TO": true, "TOP": true, "USE": true, "VAR": true, "WAN": true, "YES": true, "ZIP": true,
}

// cPlusPlus reads C++.
func cPlusPlus(_ *normaliser, dst, s []cell) []cell {
	for i := 0; i < len(s); i++ {
		dst = append(dst, s[i])
		if s[i].r == 'C' && !letter(at(s, i-1)) && at(s, i+1) == '+' && at(s, i+2) == '+' {
			dst = put(dst, "プラスプラス", s[i+1])
			i += 2
		}
	}
	return dst
}

// repeats shortens runs of = & + to one.
func repeats(_ *normaliser, dst, s []cell) []cell {
	for i, c := range s {
		if (c.r == '=' || c.r == '&' || c.r == '+') && at(s, i-1) == c.r {
			continue
		}
		dst = append(dst, c)
	}
	return dst
}

// sharp reads C# and F#.
func sharp(_ *normaliser, dst, s []cell) []cell {
	for i := 0; i < len(s); i++ {
		dst = append(dst, s[i])
		if (s[i].r == 'C' || s[i].r == 'F') && !letter(at(s, i-1)) && at(s, i+1) == '#' {
			dst = put(dst, "シャープ", s[i+1])
			i++
		}
	}
	return dst
}

// dots reads a full stop inside a name.
func dots(_ *normaliser, dst, s []cell) []cell {
	for i, c := range s {
		if p, q := at(s, i-1), at(s, i+1); c.r == '.' && (alnum(p) && letter(q) || letter(p) && digit(q)) {
			dst = put(dst, "ドット", c)
			continue
		}
		dst = append(dst, c)
	}
	return dst
}

// joints turns : ; / ( ) inside a name into a space.
func joints(_ *normaliser, dst, s []cell) []cell {
	for i := 0; i < len(s); i++ {
		if j := runEnd(s, i, ":;/()"); j > i {
			if alnum(at(s, i-1)) && alnum(at(s, j)) {
				dst = put(dst, " ", s[i])
			} else {
				dst = append(dst, s[i:j]...)
			}
			i = j - 1
			continue
		}
		dst = append(dst, s[i])
	}
	return dst
}

// latin reads the Latin words.
func latin(n *normaliser, dst, s []cell) []cell {
	for i := 0; i < len(s); i++ {
		if !letter(s[i].r) {
			dst = append(dst, s[i])
			continue
		}
		j := i
		n.word = n.word[:0]
		for letter(at(s, j)) || at(s, j) == '\'' && letter(at(s, j+1)) {
			if r := s[j].r; r != '\'' {
				n.word = append(n.word, byte(r))
			}
			j++
		}
		word := string(n.word)
		kana, ok := n.readWord(word)
		if !ok && n.unknown != nil {
			kana, ok = n.unknown(word)
		}
		if ok {
			dst = put(dst, kana, s[i])
		} else {
			n.missing = append(n.missing, word)
		}
		i = j - 1
	}
	return dst
}

// readWord reads a Latin word or identifier: the whole word first, the plural of capitals, then its camelCase pieces.
func (n *normaliser) readWord(w string) (string, bool) {
	upper := strings.ToUpper(w)
	if k := len(w) - 1; k > 1 && w[k] == 's' && w[:k] == upper[:k] {
		return n.readPart(w[:k])
	}
	if _, ok := n.lexicon.Katakana(strings.ToLower(w)); ok || w == upper {
		return n.readPart(w)
	}
	var out strings.Builder
	for len(w) > 0 {
		k := piece(w)
		kana, ok := n.readPart(w[:k])
		if !ok {
			return "", false
		}
		out.WriteString(kana)
		w = w[k:]
	}
	return out.String(), true
}

// piece returns the length of the first camelCase piece of a word: HTTP of HTTPServer, Server, get of getUser.
func piece(w string) int {
	caps := 0
	for caps < len(w) && w[caps] <= 'Z' {
		caps++
	}
	switch {
	case caps == len(w):
		return caps
	case caps > 1:
		return caps - 1
	}
	k := caps
	for k < len(w) && w[k] > 'Z' {
		k++
	}
	return k
}

// readPart reads a word without case changes inside as katakana, or as capitals to be spelt.
func (n *normaliser) readPart(part string) (string, bool) {
	upper := strings.ToUpper(part)
	if len(part) == 1 {
		return upper, true
	}
	caps := part == upper
	if caps && len(part) <= 3 && !shortWords[upper] {
		return upper, true
	}
	if kana, _ := n.lexicon.Katakana(strings.ToLower(part)); kana != "" {
		if spelt(upper, kana) {
			return upper, true
		}
		return kana, true
	}
	if caps && len(part) <= 6 || len(part) <= 3 {
		return upper, true
	}
	return "", false
}

// spelt reports whether kana are the names of the letters.
func spelt(upper, kana string) bool {
	for i := range len(upper) {
		var ok bool
		if kana, ok = strings.CutPrefix(kana, letterNames[upper[i]-'A']); !ok {
			return false
		}
	}
	return kana == ""
}

// clauseMarks turns what is left of : ; / ( into 、
func clauseMarks(_ *normaliser, dst, s []cell) []cell {
	for _, c := range s {
		if c.r == ':' || c.r == ';' || c.r == '/' || c.r == '(' {
			c.r = '、'
		}
		dst = append(dst, c)
	}
	return dst
}

// closing drops ) before hiragana, punctuation and the end; elsewhere it becomes 、
func closing(_ *normaliser, dst, s []cell) []cell {
	for i, c := range s {
		if c.r == ')' {
			if q := at(s, i+1); i+1 == len(s) || hira(q) || mark(q) {
				continue
			}
			c.r = '、'
		}
		dst = append(dst, c)
	}
	return dst
}

// symbols reads the symbols that have a word.
func symbols(_ *normaliser, dst, s []cell) []cell {
	for _, c := range s {
		switch c.r {
		case '%':
			dst = put(dst, "パーセント", c)
		case '&':
			dst = put(dst, "アンド", c)
		case '+':
			dst = put(dst, "プラス", c)
		case '=':
			dst = put(dst, "イコール", c)
		case '@':
			dst = put(dst, "アット", c)
		case '×':
			dst = put(dst, "かける", c)
		case '÷':
			dst = put(dst, "わる", c)
		case '°':
			dst = put(dst, "度", c)
		case '±':
			dst = put(dst, "プラスマイナス", c)
		case '√':
			dst = put(dst, "ルート", c)
		case '∞':
			dst = put(dst, "無限大", c)
		case '≤':
			dst = put(dst, "以下", c)
		case '≥':
			dst = put(dst, "以上", c)
		case '≠':
			dst = put(dst, "ノットイコール", c)
		case '≈':
			dst = put(dst, "約", c)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// alphabet drops every rune that the model does not know.
func alphabet(_ *normaliser, dst, s []cell) []cell {
	for _, c := range s {
		r := c.r
		switch {
		case hira(r), r >= 'ァ' && r <= 'ヴ', r == 'ー', r >= '一' && r <= '龥', r == '々', r == '〆', digit(r), r >= 'A' && r <= 'Z', mark(r):
			dst = append(dst, c)
		}
	}
	return dst
}

// marks leaves one punctuation mark of a run, the strongest; none at the start, and no 、 at the end.
func marks(_ *normaliser, dst, s []cell) []cell {
	for _, c := range s {
		if mark(c.r) {
			k := len(dst) - 1
			if k < 0 {
				continue
			}
			if mark(dst[k].r) {
				if strength(c.r) > strength(dst[k].r) {
					dst[k].r = c.r
				}
				continue
			}
		}
		dst = append(dst, c)
	}
	if k := len(dst) - 1; k >= 0 && dst[k].r == '、' {
		dst = dst[:k]
	}
	return dst
}

// strength orders the marks: 、 。 ！ ？
func strength(r rune) int {
	switch r {
	case '。':
		return 1
	case '！':
		return 2
	case '？':
		return 3
	}
	return 0
}

// upper returns a Latin word in capitals, which are spelt.
func upper(word string) string { return strings.ToUpper(word) }
