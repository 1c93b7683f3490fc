package translate

import (
	"math/big"
	"regexp"
	"strings"
	"unicode/utf8"
)

// The numerals of East Asia. A number is digits or numerals, small units (十百千) within large ones (万億兆).
var (
	kanjiDigits = map[rune]int64{
		'〇': 0, '零': 0, '一': 1, '二': 2, '三': 3, '四': 4, '五': 5, '六': 6, '七': 7, '八': 8, '九': 9, '两': 2,
	}
	smallUnits = map[rune]int64{'十': 10, '百': 100, '千': 1000, '십': 10, '백': 100, '천': 1000}
	largeUnits = map[rune]int64{
		'万': 1e4, '萬': 1e4, '만': 1e4, '億': 1e8, '亿': 1e8, '억': 1e8, '兆': 1e12, '조': 1e12, '京': 1e16,
	}
	// notNumerals are frequent words with a numeral in them that counts nothing.
	notNumerals = strings.NewReplacer(
		"十分", " ", "一部", " ", "一致", " ", "一般", " ", "一覧", " ", "一緒", " ", "一貫", " ", "一意", " ", "一定", " ", "一時", " ", "一旦", " ",
		"一応", " ", "一切", " ", "一方", " ", "一連", " ", "一括", " ", "統一", " ", "同一", " ", "唯一", " ", "単一", " ", "万一", " ", "万が一", " ",
		"第三者", " ", "三角", " ", "四角", " ", "二重", " ", "千葉", " ", "東京", " ",
	)
	leadingRun = regexp.MustCompile(`^\d+(?:[.,]\d+)*`)
	half       = regexp.MustCompile(`^(?:時間|年|日|か月|ヶ月|カ月|か所|分|週間|倍)半`)
)

// valuesIn returns all values that the numbers in a target text may stand for.
func valuesIn(s string) map[string]bool {
	have := make(map[string]bool)
	s = notNumerals.Replace(asciiDigits(s))
	for _, m := range digitRun.FindAllString(s, -1) {
		readings(m, have)
	}
	for _, m := range spacedDigits.FindAllString(s, -1) { // 1 000 000
		have[canonical(strings.Map(dropSpace, m))] = true
	}
	for rest := s; rest != ""; {
		n := numeral(rest, have)
		if n == 0 {
			_, n = utf8.DecodeRuneInString(rest)
		}
		rest = rest[n:]
	}
	for word, value := range map[string]string{"ゼロ": "0", "時半": "half", "最初": "first", "初めて": "first", "先頭": "first"} {
		if strings.Contains(s, word) {
			have[value] = true
		}
	}
	return have
}

var spacedDigits = regexp.MustCompile(`\d{1,3}(?:[ \x{a0}\x{202f}\x{2009}'’、]\d{3})+`)

func dropSpace(r rune) rune {
	if r >= '0' && r <= '9' {
		return r
	}
	return -1
}

// readings adds what a run of digits with separators may mean: points and commas divide thousands or fractions,
// depending on the language, or stand between two numbers.
func readings(run string, have map[string]bool) {
	have[canonical(run)] = true
	if !strings.ContainsAny(run, ".,") {
		return
	}
	have[canonical(strings.NewReplacer(".", "", ",", ".").Replace(run))] = true
	if thousands.MatchString(strings.ReplaceAll(run, ".", ",")) {
		have[canonical(strings.ReplaceAll(run, ".", ""))] = true
	}
	if !thousands.MatchString(run) {
		for _, part := range strings.Split(run, ",") {
			have[canonical(part)] = true
		}
	}
}

// numeral reads the number at the beginning of s, if it has one with East Asian numerals, adds its values and returns its
// length in bytes.
func numeral(s string, have map[string]bool) int {
	total, section := new(big.Rat), new(big.Rat)
	var current *big.Rat
	plain := "" // digits one after the other: 二〇二六
	units, n := false, 0
	for n < len(s) {
		rest := s[n:]
		r := firstRune(rest)
		if rest[0] >= '0' && rest[0] <= '9' {
			run := leadingRun.FindString(rest)
			if current = rational(canonical(run)); current == nil {
				return n + len(run)
			}
			n += len(run)
			continue
		}
		if d, ok := kanjiDigits[r]; ok {
			plain += string(rune('0' + d))
			current = new(big.Rat).SetInt64(d)
		} else if u, ok := smallUnits[r]; ok {
			units = true
			section.Add(section, product(current, u))
			current = nil
		} else if u, ok := largeUnits[r]; ok && n > 0 {
			units = true
			if current != nil {
				section.Add(section, current)
			}
			total.Add(total, product(section, u))
			section, current = new(big.Rat), nil
		} else {
			break
		}
		n += len(string(r))
	}
	if n == 0 {
		return 0
	}
	total.Add(total, section)
	if current != nil {
		total.Add(total, current)
	}
	value := decimal(total)
	switch {
	case units:
		have[value] = true
	case plain != "" && len(plain) <= maxDigits:
		value = canonical(plain)
		have[value] = true
	}
	after := s[n:]
	if strings.HasPrefix(after, "割") {
		have[times(value, 10)] = true
	}
	if half.MatchString(after) {
		have[canonical(value+".5")] = true
	}
	return n
}

// product multiplies what stands before a unit with it; nothing before it is one.
func product(n *big.Rat, unit int64) *big.Rat {
	if n == nil || n.Sign() == 0 {
		return new(big.Rat).SetInt64(unit)
	}
	return new(big.Rat).Mul(n, new(big.Rat).SetInt64(unit))
}
