package reading

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// passes reports whether a rune beyond ASCII is Japanese, or a mark that the voice's normaliser knows.
func passes(r rune) bool {
	switch {
	case r >= 0x3000 && r <= 0x30FF, r >= 0x31F0 && r <= 0x4DBF, r >= 0x4E00 && r <= 0x9FFF, // kana, kanji, marks
		r >= 0xFF01 && r <= 0xFF9F, r >= 0xFFE0 && r <= 0xFFE6, // full and half width
		r >= 0x2010 && r <= 0x2027, r >= 0x2150 && r <= 0x218B, r >= 0x2460 && r <= 0x24FF, // dashes, quotes, numerals
		r >= 0xF900 && r <= 0xFAFF, r >= 0x20000 && r <= 0x3FFFD:
		return true
	}
	return r >= utf8.RuneSelf && strings.ContainsRune("×÷°±√∞≤≥≠≈→⇒←−∼€£¥‰、。", r)
}

// isWide reports a full-width letter or digit.
func isWide(r rune) bool {
	return r >= '０' && r <= '９' || r >= 'Ａ' && r <= 'Ｚ' || r >= 'ａ' && r <= 'ｚ'
}

// fold writes full-width letters and digits, accented Latin letters and typographic apostrophes as ASCII, and leaves out
// what can't be read.
func fold(text string) string {
	ascii := true
	for i := range len(text) {
		if text[i] >= 0x7F || text[i] < ' ' {
			ascii = false
			break
		}
	}
	if ascii {
		return text
	}
	var b strings.Builder
	b.Grow(len(text))
	for _, r := range text {
		switch {
		case r == '\t' || r == '\n' || r == '\r' || r == 0xA0:
			b.WriteByte(' ')
		case r < ' ' || r == 0x7F || r == utf8.RuneError:
		case r < utf8.RuneSelf:
			b.WriteByte(byte(r))
		case isWide(r):
			b.WriteByte(byte(r - 0xFEE0))
		case r == '’' || r == '‘':
			b.WriteByte('\'')
		case r == 'µ' || r == 'μ':
			b.WriteByte('u')
		case passes(r):
			b.WriteRune(r)
		case unicode.Is(unicode.Greek, r):
			b.WriteString(greek(unicode.ToLower(r)))
		case unicode.Is(unicode.Latin, r):
			b.WriteString(latin(r))
		}
	}
	return b.String()
}

// latin takes a Latin letter's accents away; "" if no ASCII letter is left.
func latin(r rune) string {
	switch unicode.ToLower(r) {
	case 'ß':
		return "ss"
	case 'æ':
		return "ae"
	case 'œ':
		return "oe"
	case 'ø':
		return "o"
	case 'ł':
		return "l"
	case 'đ', 'ð':
		return "d"
	case 'þ':
		return "th"
	case 'ı':
		return "i"
	}
	var out []byte
	for _, c := range norm.NFKD.String(string(r)) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
			out = append(out, byte(c))
		}
	}
	return string(out)
}

func greek(r rune) string {
	i := strings.IndexRune("αβγδεζηθικλμνξοπρσςτυφχψω", r)
	if i < 0 {
		return ""
	}
	return [...]string{"アルファ", "ベータ", "ガンマ", "デルタ", "イプシロン", "ゼータ", "イータ", "シータ", "イオタ", "カッパ", "ラムダ", "ミュー",
		"ニュー", "クサイ", "オミクロン", "パイ", "ロー", "シグマ", "シグマ", "タウ", "ウプシロン", "ファイ", "カイ", "プサイ", "オメガ"}[i/2]
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isUpper(c byte) bool  { return c >= 'A' && c <= 'Z' }
func isLower(c byte) bool  { return c >= 'a' && c <= 'z' }
func isAlnum(c byte) bool  { return isLetter(c) || isDigit(c) }
func isHex(c byte) bool    { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }
