package koe

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Lexicon gives English words and identifiers' parts a reading.
type Lexicon interface {
	// Katakana returns the reading of a word in lower case, if the lexicon has it.
	Katakana(word string) (string, bool)
}

// cell is one character on its way through the normaliser.
type cell struct {
	r     rune
	at    int32 // byte offset in the text that it came from
	entry int32 // 1 + number of the user dictionary's entry that it belongs to; 0: none
}

// normaliser cleans Japanese text up for the G2P model, rule by rule as training/g2p/normalise.py does (the numbers
// below are its steps). It is deterministic, linear in the text's length, and knows no words but the lexicon's.
// A normaliser keeps its buffers between calls and serves one call at a time.
type normaliser struct {
	lexicon  Lexicon
	readings *Readings                        // may be nil
	unknown  func(word string) (string, bool) // reads a Latin word that the lexicon lacks; nil or false: left out

	a, b    []cell
	word    []byte
	missing []string // Latin words left out of the last text
}

// rule rewrites src into dst (empty, of any capacity). Rules look at src alone, so what they write never matches again.
type rule func(n *normaliser, dst, src []cell) []cell

// rules in the order of the reference.
var rules = [...]rule{
	thousands, ellipses, counterKe, singleRunes, fullStop, spaces, // 1
	dates, clockSeconds, clockMinutes, currency, // 2
	fractions, ranges, // 3
	signs, separators, version, // 4
	units, numbers, // 5, 4
	cPlusPlus, repeats, sharp, dots, joints, latin, // 6
	clauseMarks, closing, symbols, alphabet, // 7
	marks, // 8
}

// normalise returns the model's text as cells, valid until the next call. It holds only hiragana, katakana, ー, kanji,
// 々, 〆, digits, capitals (read as letter names) and 、。？！
func (n *normaliser) normalise(text string) []cell {
	n.missing = nil
	n.a = n.a[:0]
	var it norm.Iter
	it.InitString(norm.NFKC, text)
	for !it.Done() {
		at := int32(it.Pos()) //nolint:gosec // texts are far under 2 GB
		for seg := it.Next(); len(seg) > 0; {
			r, size := utf8.DecodeRune(seg)
			n.a = append(n.a, cell{r: r, at: at})
			seg = seg[size:]
		}
	}
	if n.readings != nil {
		n.b = n.readings.apply(n.b[:0], n.a)
		n.a, n.b = n.b, n.a
	}
	for _, f := range rules {
		n.b = f(n, n.b[:0], n.a)
		n.a, n.b = n.b, n.a
	}
	return n.a
}

func digit(r rune) bool  { return r >= '0' && r <= '9' }
func letter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }
func alnum(r rune) bool  { return digit(r) || letter(r) }
func mark(r rune) bool   { return r == '、' || r == '。' || r == '？' || r == '！' }
func hira(r rune) bool   { return r >= 'ぁ' && r <= 'ん' }

// at returns the rune at i, or 0 outside.
func at(s []cell, i int) rune {
	if i < 0 || i >= len(s) {
		return 0
	}
	return s[i].r
}

// digitsEnd returns the end of the run of digits at i (i itself without one).
func digitsEnd(s []cell, i int) int {
	for digit(at(s, i)) {
		i++
	}
	return i
}

// numberEnd returns the end of digits(.digits)* at i, i without a digit there.
func numberEnd(s []cell, i int) int {
	if !digit(at(s, i)) {
		return i
	}
	i = digitsEnd(s, i)
	for i < len(s) && s[i].r == '.' && digit(at(s, i+1)) {
		i = digitsEnd(s, i+1)
	}
	return i
}

// runEnd returns the end of the run of runes of set at i.
func runEnd(s []cell, i int, set string) int {
	for i < len(s) && strings.ContainsRune(set, s[i].r) {
		i++
	}
	return i
}

// put appends text in the place of the cell c.
func put(dst []cell, text string, c cell) []cell {
	for _, r := range text {
		dst = append(dst, cell{r: r, at: c.at, entry: c.entry})
	}
	return dst
}

// plainInt appends the digits s without leading zeros.
func plainInt(dst, s []cell) []cell {
	for len(s) > 1 && s[0].r == '0' {
		s = s[1:]
	}
	return append(dst, s...)
}

// thousands removes commas between groups of three digits.
func thousands(_ *normaliser, dst, s []cell) []cell {
	for i, c := range s {
		if c.r == ',' && digit(at(s, i-1)) && digit(at(s, i+1)) && digit(at(s, i+2)) && digit(at(s, i+3)) && !digit(at(s, i+4)) {
			continue
		}
		dst = append(dst, c)
	}
	return dst
}

// ellipses turns two or more full stops into 、
func ellipses(_ *normaliser, dst, s []cell) []cell {
	for i := 0; i < len(s); i++ {
		if j := runEnd(s, i, "."); j-i >= 2 {
			dst = put(dst, "、", s[i])
			i = j - 1
			continue
		}
		dst = append(dst, s[i])
	}
	return dst
}

// counterKe reads ヵ and ヶ after a number as か (一ヶ月).
func counterKe(_ *normaliser, dst, s []cell) []cell {
	for i, c := range s {
		if c.r == 'ヵ' || c.r == 'ヶ' {
			if p := at(s, i-1); digit(p) || p != 0 && strings.ContainsRune("一二三四五六七八九十百千数何", p) {
				c.r = 'か'
			}
		}
		dst = append(dst, c)
	}
	return dst
}

// singleRunes replaces quotes, brackets, dashes and arrows; quotes vanish.
func singleRunes(_ *normaliser, dst, s []cell) []cell {
	for _, c := range s {
		switch c.r {
		case '「', '」', '『', '』', '"', '“', '”', '`', '〈', '〉', '《', '》', '・':
			continue
		case '‘', '’':
			c.r = '\''
		case '【', '[', '{', '〔':
			c.r = '('
		case '】', ']', '}', '〕':
			c.r = ')'
		case '–', '−', '‐', '‑':
			c.r = '-'
		case '—', '―', '→', '⇒', '←', '…', '‥', ',', '，':
			c.r = '、'
		case '〜', '∼':
			c.r = '~'
		case '?':
			c.r = '？'
		case '!':
			c.r = '！'
		case '\t', '\n', '\u3000':
			c.r = ' '
		case 'ヵ':
			c.r = 'か'
		case 'ヶ':
			c.r = 'が'
		case 'μ':
			c.r = 'u'
		}
		dst = append(dst, c)
	}
	return dst
}

// fullStop turns a full stop after Japanese text into 。
func fullStop(_ *normaliser, dst, s []cell) []cell {
	for i, c := range s {
		if c.r == '.' && at(s, i-1) > 0x7f && (i+1 == len(s) || s[i+1].r == ' ') {
			c.r = '。'
		}
		dst = append(dst, c)
	}
	return dst
}

// spaces turns spaces between Japanese characters into 、
func spaces(_ *normaliser, dst, s []cell) []cell {
	for i := 0; i < len(s); i++ {
		if s[i].r == ' ' {
			j := runEnd(s, i, " ")
			p, q := at(s, i-1), at(s, j)
			if p > 0x7f && !mark(p) && q > 0x7f && !mark(q) {
				dst = put(dst, "、", s[i])
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

// dates reads y-m-d and y/m/d.
func dates(_ *normaliser, dst, s []cell) []cell {
	for i := 0; i < len(s); i++ {
		if p := at(s, i-1); digit(s[i].r) && !digit(p) && p != '.' {
			y := digitsEnd(s, i)
			m := digitsEnd(s, y+1)
			d := digitsEnd(s, m+1)
			sep := func(k int) bool { r := at(s, k); return r == '-' || r == '/' }
			if y-i == 4 && sep(y) && m-y-1 >= 1 && m-y-1 <= 2 && sep(m) && d-m-1 >= 1 && d-m-1 <= 2 && at(s, d) != '.' {
				dst = append(dst, s[i:y]...)
				dst = put(dst, "年", s[y])
				dst = plainInt(dst, s[y+1:m])
				dst = put(dst, "月", s[m])
				dst = plainInt(dst, s[m+1:d])
				dst = put(dst, "日", s[d-1])
				i = d - 1
				continue
			}
		}
		dst = append(dst, s[i])
	}
	return dst
}

func clockSeconds(_ *normaliser, dst, s []cell) []cell { return clock(dst, s, true) }
func clockMinutes(_ *normaliser, dst, s []cell) []cell { return clock(dst, s, false) }

// clock reads h:mm:ss or h:mm.
func clock(dst, s []cell, seconds bool) []cell {
	for i := 0; i < len(s); i++ {
		if p := at(s, i-1); digit(s[i].r) && !digit(p) && p != '.' && p != ':' {
			h := digitsEnd(s, i)
			m := digitsEnd(s, h+1)
			end := m
			ok := h-i <= 2 && at(s, h) == ':' && m-h-1 == 2
			if seconds && ok {
				end = digitsEnd(s, m+1)
				ok = at(s, m) == ':' && end-m-1 == 2
			}
			if ok && at(s, end) != ':' {
				dst = plainInt(dst, s[i:h])
				dst = put(dst, "時", s[h])
				dst = plainInt(dst, s[h+1:m])
				dst = put(dst, "分", s[m-1])
				if seconds {
					dst = plainInt(dst, s[m+1:end])
					dst = put(dst, "秒", s[end-1])
				}
				i = end - 1
				continue
			}
		}
		dst = append(dst, s[i])
	}
	return dst
}

// currency moves the sign behind the number.
func currency(_ *normaliser, dst, s []cell) []cell {
	for i := 0; i < len(s); i++ {
		var word string
		switch s[i].r {
		case '$':
			word = "ドル"
		case '€':
			word = "ユーロ"
		case '£':
			word = "ポンド"
		case '¥':
			word = "円"
		}
		if word != "" {
			j := i + 1
			if blank(at(s, j)) {
				j++
			}
			if end := numberEnd(s, j); end > j {
				dst = append(dst, s[j:end]...)
				dst = put(dst, word, s[end-1])
				i = end - 1
				continue
			}
		}
		dst = append(dst, s[i])
	}
	return dst
}

// blank is \s of the reference, as far as it is left after NFKC.
func blank(r rune) bool {
	switch {
	case r >= 0x09 && r <= 0x0d, r >= 0x1c && r <= 0x20, r == 0x85, r == 0x1680, r == 0x2028, r == 0x2029:
		return true
	}
	return false
}

// fractions reads a/b.
func fractions(_ *normaliser, dst, s []cell) []cell {
	bound := func(r rune) bool { return !alnum(r) && r != '.' && r != '/' }
	for i := 0; i < len(s); i++ {
		if digit(s[i].r) && bound(at(s, i-1)) {
			a := digitsEnd(s, i)
			if b := digitsEnd(s, a+1); at(s, a) == '/' && b > a+1 && bound(at(s, b)) {
				dst = append(dst, s[a+1:b]...)
				dst = put(dst, "分の", s[a])
				dst = append(dst, s[i:a]...)
				i = b - 1
				continue
			}
		}
		dst = append(dst, s[i])
	}
	return dst
}

// ranges reads a-b and a~b where both sides are bare numbers.
func ranges(_ *normaliser, dst, s []cell) []cell {
	bound := func(r rune) bool { return !alnum(r) && r != '.' && r != '-' }
	for i := 0; i < len(s); i++ {
		if digit(s[i].r) && bound(at(s, i-1)) {
			a := numberEnd(s, i)
			j := a
			if at(s, j) == ' ' {
				j++
			}
			if r := at(s, j); r == '-' || r == '~' {
				j++
				if at(s, j) == ' ' {
					j++
				}
				if b := numberEnd(s, j); b > j && bound(at(s, b)) {
					dst = append(dst, s[i:a]...)
					dst = put(dst, "から", s[a])
					i = j - 1
					continue
				}
			}
			dst = append(dst, s[i:a]...) // nothing inside a number can begin another
			i = a - 1
			continue
		}
		dst = append(dst, s[i])
	}
	return dst
}

// signs reads a sign at a word's start.
func signs(_ *normaliser, dst, s []cell) []cell {
	for i, c := range s {
		if (c.r == '-' || c.r == '+') && digit(at(s, i+1)) {
			if p := at(s, i-1); !alnum(p) && p != ')' && p != '-' && p != '+' {
				if c.r == '-' {
					dst = put(dst, "マイナス", c)
				} else {
					dst = put(dst, "プラス", c)
				}
				continue
			}
		}
		dst = append(dst, c)
	}
	return dst
}

// separators turns what is left of - : ; / ( ) and spaces between two digits into 、
func separators(_ *normaliser, dst, s []cell) []cell {
	for i := 0; i < len(s); i++ {
		if j := runEnd(s, i, "-:;/() "); j > i {
			if digit(at(s, i-1)) && digit(at(s, j)) {
				dst = put(dst, "、", s[i])
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

// version drops a "v" before a digit.
func version(_ *normaliser, dst, s []cell) []cell {
	for i, c := range s {
		if (c.r == 'v' || c.r == 'V') && !letter(at(s, i-1)) && digit(at(s, i+1)) {
			continue
		}
		dst = append(dst, c)
	}
	return dst
}

// units reads a unit right after a number.
func units(n *normaliser, dst, s []cell) []cell {
	for i := 0; i < len(s); i++ {
		if !digit(s[i].r) {
			dst = append(dst, s[i])
			continue
		}
		end := numberEnd(s, i)
		dst = append(dst, s[i:end]...)
		if letter(at(s, i-1)) && end == i+1 {
			i = end - 1 // a letter before the number's only digit: not a number
			continue
		}
		j := end
		if at(s, j) == ' ' {
			j++
		}
		k := j
		n.word = n.word[:0]
		for letter(at(s, k)) && k-j <= maxUnit {
			n.word = append(n.word, byte(s[k].r))
			k++
		}
		if name, ok := unitNames[string(n.word)]; ok && !digit(at(s, k)) {
			dst = put(dst, name, s[j])
			if at(s, k) == '/' && at(s, k+1) == 's' && !alnum(at(s, k+2)) {
				dst = put(dst, "毎秒", s[k])
				k += 2
			}
			end = k
		}
		i = end - 1
	}
	return dst
}

// numbers writes integers with their place values: 1200 is 1千2百.
func numbers(_ *normaliser, dst, s []cell) []cell {
	for i := 0; i < len(s); i++ {
		if !digit(s[i].r) {
			dst = append(dst, s[i])
			continue
		}
		end := numberEnd(s, i)
		whole := digitsEnd(s, i)
		dst = placeValues(dst, s[i:whole])
		for _, c := range s[whole:end] {
			if c.r == '.' {
				c.r = '点'
			}
			dst = append(dst, c)
		}
		i = end - 1
	}
	return dst
}

// placeValues appends digits with 十百千万億兆; one with a leading zero, or of more than 16 digits, stays.
func placeValues(dst, digits []cell) []cell {
	n := len(digits)
	if digits[0].r == '0' || n > 16 {
		return append(dst, digits...)
	}
	for i := 0; i < n; {
		end := i + (n-i-1)%4 + 1 // of this group of up to four digits
		some := false
		for ; i < end; i++ {
			if digits[i].r == '0' {
				continue
			}
			some = true
			dst = append(dst, digits[i])
			dst = put(dst, [...]string{"", "十", "百", "千"}[end-1-i], digits[i])
		}
		if some {
			dst = put(dst, [...]string{"", "万", "億", "兆"}[(n-end)/4], digits[end-1])
		}
	}
	return dst
}
