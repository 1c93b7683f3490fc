package translate

import (
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A number, here, is whatever is written with digits outside code spans: 3, 1,024, 99.9; not ½, not "three". It is kept
// when the translation has the same value in any of the forms that translators use:
//
//   - ASCII, full-width or other decimal digits, with or without thousands separators; 1.50 is 1.5, 05 is 5
//   - kanji numerals (十二, 二〇二六) and digits with 十百千万億兆 (130万 for "1.3 million"); 万/億 of Chinese, 만/억 of Korean
//   - ゼロ for 0, 割 for tens of per cent (3割), 半 for :30 and for .5 (1時間半), 最初 for 1st
//   - an hour past noon in 24 hours ("3 pm", 15時)
//   - with the magnitude word after it applied or kept (2 million; 200万); the same for 10k and 5M
//
// Parts of a time, a date or a range count on their own (14:05 is 14 and 5); a number with two points (1.2.3) must be
// there as it is. A number that occurs several times must be there once. In languages without numerals of their own
// here, whole numbers up to twelve may have become words and are not demanded.
type number struct {
	text   string   // as it stands in the source
	values []string // any of these in the target will do
}

var (
	digitRun  = regexp.MustCompile(`\d+(?:[.,]\d+)*`)
	thousands = regexp.MustCompile(`^\d{1,3}(?:,\d{3})+(?:\.\d+)?$`)
	magnitude = regexp.MustCompile(`^(?:[ -]?(hundred|thousand|million|billion|trillion|dozen|mega)(?:\b|pixels?\b)|([kKMBG])\b)`)
	ordinal   = regexp.MustCompile(`^(?:st|nd|rd|th)\b`)
	afternoon = regexp.MustCompile(`^(?::\d\d)? ?(?:pm|p\.m\.|PM)`)
)

var magnitudes = map[string]int64{
	"dozen": 12, "mega": 1e6, "hundred": 100, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12,
	"k": 1e3, "K": 1e3, "M": 1e6, "B": 1e9, "G": 1e9,
}

// numbers returns the numbers of a source text, each value once.
func numbers(s string) []number {
	s = asciiDigits(s)
	var list []number
	add := func(n number) {
		if !slices.ContainsFunc(list, func(m number) bool { return m.values[0] == n.values[0] }) {
			list = append(list, n)
		}
	}
	for _, m := range digitRun.FindAllStringIndex(s, -1) {
		run, rest := s[m[0]:m[1]], s[m[1]:]
		parts := []string{run}
		if strings.Contains(run, ",") && !thousands.MatchString(run) {
			parts = strings.Split(run, ",") // a list without spaces
		}
		for i, p := range parts {
			value := canonical(p)
			n := number{text: p, values: []string{value}}
			if i == len(parts)-1 {
				n.values = append(n.values, derived(value, s[:m[0]], rest)...)
			}
			add(n)
		}
	}
	return list
}

// derived returns further values that a number may have in the target because of what stands around it.
func derived(value, before, after string) []string {
	var list []string
	if m := magnitude.FindStringSubmatch(after); m != nil {
		list = append(list, times(value, magnitudes[m[1]+m[2]]))
	}
	switch {
	case ordinal.MatchString(after) && value == "1":
		list = append(list, "first")
	case strings.HasSuffix(before, ":") && value == "30":
		list = append(list, "half")
	case afternoon.MatchString(after):
		list = append(list, plus(value, 12))
	}
	return list
}

// lostNumbers returns the numbers of the source that are missing in the target.
func lostNumbers(source, target, language string) []string {
	wanted := numbers(source)
	if len(wanted) == 0 {
		return nil
	}
	have := valuesIn(target)
	var lost []string
	for _, n := range wanted {
		there := slices.ContainsFunc(n.values, func(v string) bool { return have[v] })
		asWord := small(n) && !writesDigits(language)
		if !there && !asWord {
			lost = append(lost, n.text)
		}
	}
	return lost
}

// small reports whether other languages may write the number as a word.
func small(n number) bool {
	v, err := strconv.Atoi(n.values[0])
	return err == nil && v <= 12
}

// writesDigits reports whether the numerals of the language are among those that valuesIn reads.
func writesDigits(language string) bool {
	_, script, _ := strings.Cut(language, "_")
	return slices.Contains([]string{"Jpan", "Hans", "Hant", "Hang"}, script)
}

// canonical writes a decimal number in one form: no separators, no zeros that mean nothing.
func canonical(s string) string {
	s = strings.ReplaceAll(s, ",", "")
	if strings.Count(s, ".") > 1 {
		return s
	}
	whole, fraction, _ := strings.Cut(s, ".")
	whole, fraction = strings.TrimLeft(whole, "0"), strings.TrimRight(fraction, "0")
	if whole == "" {
		whole = "0"
	}
	if fraction == "" {
		return whole
	}
	return whole + "." + fraction
}

// maxDigits bounds the numbers that are calculated with.
const maxDigits = 40

func rational(s string) *big.Rat {
	if len(s) > maxDigits {
		return nil
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return nil
	}
	return r
}

func decimal(r *big.Rat) string { return canonical(r.FloatString(maxDigits)) }

func times(s string, factor int64) string {
	if r := rational(s); r != nil {
		return decimal(r.Mul(r, new(big.Rat).SetInt64(factor)))
	}
	return s
}

func plus(s string, n int64) string {
	if r := rational(s); r != nil {
		return decimal(r.Add(r, new(big.Rat).SetInt64(n)))
	}
	return s
}

// asciiDigits makes all decimal digits and full-width separators ASCII.
func asciiDigits(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r < utf8.RuneSelf:
			return r
		case r == '，':
			return ','
		case r == '．':
			return '.'
		case unicode.Is(unicode.Nd, r):
			return '0' + digitValue(r)
		}
		return r
	}, s)
}

// digitValue returns the value of a decimal digit: each script has its ten in a row, and tables of ranges begin with 0.
func digitValue(r rune) rune {
	for _, t := range unicode.Nd.R16 {
		if r >= rune(t.Lo) && r <= rune(t.Hi) {
			return (r - rune(t.Lo)) % 10
		}
	}
	for _, t := range unicode.Nd.R32 {
		if r >= rune(t.Lo) && r <= rune(t.Hi) {
			return (r - rune(t.Lo)) % 10
		}
	}
	return 0
}
