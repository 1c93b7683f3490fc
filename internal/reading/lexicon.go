package reading

import (
	_ "embed" // the lexicon
	"strings"
)

// lexicon is "word\tkatakana\n", words of a–z and 0–9 in byte order. It is searched where it lies: nothing is built at start.
//
//go:embed katakana.tsv
var lexicon string

const longestEntry = 64 // letters; no word of the lexicon is longer

// lookup finds a lower-case word in the lexicon.
func lookup(word string) (string, bool) {
	if word == "" || len(word) > longestEntry {
		return "", false
	}
	lo, hi := 0, len(lexicon) // both at a line's start
	for lo < hi {
		mid := lo + (hi-lo)/2
		start := lo + strings.LastIndexByte(lexicon[lo:mid], '\n') + 1
		line, _, _ := strings.Cut(lexicon[start:hi], "\n")
		entry, kana, _ := strings.Cut(line, "\t")
		switch c := strings.Compare(word, entry); {
		case c == 0:
			return kana, true
		case c < 0:
			hi = start
		default:
			lo = start + len(line) + 1
		}
	}
	return "", false
}

// Spoken reports whether a lexicon entry is a word said as a word, of letters alone: not spelled by its letters' names.
func Spoken(word, kana string) bool {
	return strings.Trim(word, "abcdefghijklmnopqrstuvwxyz") == "" && kana != letterNames(word) &&
		kana != letterNames(strings.TrimSuffix(word, "s"))+"ズ"
}

// letterName returns the name of a letter A–Z or a–z.
func letterName(c byte) string {
	return [...]string{"エー", "ビー", "シー", "ディー", "イー", "エフ", "ジー", "エイチ", "アイ", "ジェー", "ケー", "エル", "エム",
		"エヌ", "オー", "ピー", "キュー", "アール", "エス", "ティー", "ユー", "ブイ", "ダブリュー", "エックス", "ワイ", "ゼット"}[c|0x20-'a']
}

func letterNames(word string) string {
	var b strings.Builder
	for i := range len(word) {
		if c := word[i] | 0x20; c >= 'a' && c <= 'z' {
			b.WriteString(letterName(word[i]))
		}
	}
	return b.String()
}
