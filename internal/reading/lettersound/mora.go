package lettersound

import (
	"strings"
	"unicode/utf8"
)

// The sounds are written with one byte each: vowels a i u e o, consonants (S as in シ, c as in チ, T as in ツ, j as in ジ),
// y and w as glides, N for ン, Q for ッ and - for ー.
const vowels = "aiueo"

// rows holds the moras of each onset in the order of vowels; "" where the onset has none.
var rows = [...]struct {
	onset string
	kana  [5]string
}{
	{"", [5]string{"ア", "イ", "ウ", "エ", "オ"}},
	{"k", [5]string{"カ", "キ", "ク", "ケ", "コ"}},
	{"g", [5]string{"ガ", "ギ", "グ", "ゲ", "ゴ"}},
	{"s", [5]string{"サ", "スィ", "ス", "セ", "ソ"}},
	{"z", [5]string{"ザ", "ズィ", "ズ", "ゼ", "ゾ"}},
	{"S", [5]string{"シャ", "シ", "シュ", "シェ", "ショ"}},
	{"j", [5]string{"ジャ", "ジ", "ジュ", "ジェ", "ジョ"}},
	{"t", [5]string{"タ", "ティ", "トゥ", "テ", "ト"}},
	{"d", [5]string{"ダ", "ディ", "ドゥ", "デ", "ド"}},
	{"c", [5]string{"チャ", "チ", "チュ", "チェ", "チョ"}},
	{"T", [5]string{"ツァ", "ツィ", "ツ", "ツェ", "ツォ"}},
	{"n", [5]string{"ナ", "ニ", "ヌ", "ネ", "ノ"}},
	{"h", [5]string{"ハ", "ヒ", "", "ヘ", "ホ"}},
	{"f", [5]string{"ファ", "フィ", "フ", "フェ", "フォ"}},
	{"b", [5]string{"バ", "ビ", "ブ", "ベ", "ボ"}},
	{"p", [5]string{"パ", "ピ", "プ", "ペ", "ポ"}},
	{"m", [5]string{"マ", "ミ", "ム", "メ", "モ"}},
	{"y", [5]string{"ヤ", "", "ユ", "イェ", "ヨ"}},
	{"r", [5]string{"ラ", "リ", "ル", "レ", "ロ"}},
	{"w", [5]string{"ワ", "ウィ", "", "ウェ", "ウォ"}},
	{"v", [5]string{"ヴァ", "ヴィ", "ヴ", "ヴェ", "ヴォ"}},
	{"ky", [5]string{"キャ", "", "キュ", "キェ", "キョ"}},
	{"gy", [5]string{"ギャ", "", "ギュ", "ギェ", "ギョ"}},
	{"ty", [5]string{"", "", "テュ", "", ""}},
	{"dy", [5]string{"", "", "デュ", "", ""}},
	{"ny", [5]string{"ニャ", "", "ニュ", "ニェ", "ニョ"}},
	{"hy", [5]string{"ヒャ", "", "ヒュ", "ヒェ", "ヒョ"}},
	{"fy", [5]string{"", "", "フュ", "", ""}},
	{"by", [5]string{"ビャ", "", "ビュ", "ビェ", "ビョ"}},
	{"py", [5]string{"ピャ", "", "ピュ", "ピェ", "ピョ"}},
	{"my", [5]string{"ミャ", "", "ミュ", "ミェ", "ミョ"}},
	{"ry", [5]string{"リャ", "", "リュ", "リェ", "リョ"}},
	{"vy", [5]string{"", "", "ヴュ", "", ""}},
	{"kw", [5]string{"クァ", "クィ", "", "クェ", "クォ"}},
	{"gw", [5]string{"グァ", "グィ", "", "グェ", "グォ"}},
}

// sounds takes katakana apart; ok is false for a rune that is not in the table.
func sounds(kana string) (s string, ok bool) {
	var b strings.Builder
	for kana != "" {
		var onset string
		vowel, length := -1, 0
		for _, r := range rows {
			for v, k := range r.kana {
				if len(k) > length && strings.HasPrefix(kana, k) {
					onset, vowel, length = r.onset, v, len(k)
				}
			}
		}
		if vowel >= 0 {
			b.WriteString(onset)
			b.WriteByte(vowels[vowel])
			kana = kana[length:]
			continue
		}
		r, n := utf8.DecodeRuneInString(kana)
		switch r {
		case 'ン':
			b.WriteByte('N')
		case 'ッ':
			b.WriteByte('Q')
		case 'ー':
			b.WriteByte('-')
		default:
			return "", false
		}
		kana = kana[n:]
	}
	return b.String(), true
}

// katakana puts sounds together again. A consonant without a vowel gets the one that Japanese lends it.
func katakana(s string) string {
	var b strings.Builder
	prev := byte(0) // the last written: a vowel, N, Q, - or 0
	for i := 0; i < len(s); {
		switch c := s[i]; c {
		case 'N':
			b.WriteString("ン")
			prev, i = c, i+1
			continue
		case 'Q':
			if prev != 'Q' && i+1 < len(s) { // ッ neither doubles nor ends a word
				b.WriteString("ッ")
				prev = c
			}
			i++
			continue
		case '-':
			if strings.IndexByte(vowels, prev) >= 0 && prev != 0 {
				b.WriteString("ー")
				prev = c
			}
			i++
			continue
		}
		j := i
		for j < len(s) && strings.IndexByte("NQ-"+vowels, s[j]) < 0 {
			j++
		}
		onset, vowel := s[i:j], byte(0)
		if j < len(s) && strings.IndexByte(vowels, s[j]) >= 0 {
			vowel = s[j]
			j++
		}
		writeMora(&b, onset, vowel)
		prev, i = 'u', j
		if vowel != 0 {
			prev = vowel
		}
	}
	return b.String()
}

// writeMora writes onset and vowel (0: none was given), cutting an onset that no mora has into those that exist.
func writeMora(b *strings.Builder, onset string, vowel byte) {
	for {
		v := vowel
		if v == 0 {
			switch onset {
			case "t", "d":
				v = 'o'
			case "c", "j":
				v = 'i'
			default:
				v = 'u'
			}
		}
		for _, r := range rows {
			if k := r.kana[strings.IndexByte(vowels, v)]; r.onset == onset && k != "" {
				b.WriteString(k)
				return
			}
		}
		if len(onset) <= 1 { // h, y, w before u and the like
			b.WriteString(rows[0].kana[strings.IndexByte(vowels, v)])
			return
		}
		writeMora(b, onset[:1], 0)
		onset = onset[1:]
	}
}
