package koe

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// alphabetIDs are the ids of the phonemes (Kokoro's alphabet, the part Japanese needs).
var alphabetIDs = map[rune]int64{
	';': 1, ':': 2, ',': 3, '.': 4, '!': 5, '?': 6, '—': 9, '…': 10, '"': 11, '(': 12, ')': 13, '“': 14, '”': 15,
	' ': 16, 'ʣ': 18, 'ʥ': 19, 'ʦ': 20, 'ʨ': 21, 'ᵝ': 22, 'a': 43, 'b': 44, 'd': 46, 'e': 47, 'h': 50, 'i': 51,
	'j': 52, 'k': 53, 'm': 55, 'n': 56, 'o': 57, 'p': 58, 's': 61, 't': 62, 'v': 64, 'z': 68, 'β': 75, 'ɕ': 77,
	'ç': 78, 'ɡ': 92, 'ɨ': 101, 'ɯ': 110, 'ŋ': 112, 'ɲ': 114, 'ɴ': 115, 'ɸ': 118, 'ɾ': 125, 'ʔ': 148, 'ː': 158,
	'ʲ': 164,
}

// moraPhonemes are the phonemes of the moras; training/voice/labels.py derives them row by row.
var moraPhonemes = map[string]string{
	"ア": "a", "イ": "i", "ウ": "ɯ", "エ": "e", "オ": "o", "カ": "ka", "キ": "kʲi", "ク": "kɯ", "ケ": "ke", "コ": "ko",
	"ガ": "ɡa", "ギ": "ɡʲi", "グ": "ɡɯ", "ゲ": "ɡe", "ゴ": "ɡo", "サ": "sa", "シ": "ɕi", "ス": "sɨ", "セ": "se", "ソ": "so",
	"ザ": "ʣa", "ジ": "ʥi", "ズ": "zɨ", "ゼ": "ʣe", "ゾ": "ʣo", "タ": "ta", "チ": "ʨi", "ツ": "ʦɨ", "テ": "te", "ト": "to",
	"ダ": "da", "ヂ": "ʥi", "ヅ": "zɨ", "デ": "de", "ド": "do", "ナ": "na", "ニ": "ɲi", "ヌ": "nɯ", "ネ": "ne", "ノ": "no",
	"ハ": "ha", "ヒ": "çi", "フ": "ɸɯ", "ヘ": "he", "ホ": "ho", "バ": "ba", "ビ": "bʲi", "ブ": "bɯ", "ベ": "be", "ボ": "bo",
	"パ": "pa", "ピ": "pʲi", "プ": "pɯ", "ペ": "pe", "ポ": "po", "マ": "ma", "ミ": "mʲi", "ム": "mɯ", "メ": "me",
	"モ": "mo", "ラ": "ɾa", "リ": "ɾʲi", "ル": "ɾɯ", "レ": "ɾe", "ロ": "ɾo", "ヤ": "ja", "ユ": "jɯ", "ヨ": "jo", "ワ": "βa",
	"ヲ": "o", "ヰ": "i", "ヱ": "e", "ヴ": "vɯ", "ヮ": "βa", "キャ": "kʲa", "キュ": "kʲɨ", "キョ": "kʲo", "キェ": "kʲe",
	"ギャ": "ɡʲa", "ギュ": "ɡʲɨ", "ギョ": "ɡʲo", "ギェ": "ɡʲe", "シャ": "ɕa", "シュ": "ɕɨ", "ショ": "ɕo", "シェ": "ɕe",
	"ジャ": "ʥa", "ジュ": "ʥɨ", "ジョ": "ʥo", "ジェ": "ʥe", "ヂャ": "ʥa", "ヂュ": "ʥɨ", "ヂョ": "ʥo", "ヂェ": "ʥe", "チャ": "ʨa",
	"チュ": "ʨɨ", "チョ": "ʨo", "チェ": "ʨe", "ニャ": "ɲa", "ニュ": "ɲɨ", "ニョ": "ɲo", "ニェ": "ɲe", "ヒャ": "ça", "ヒュ": "çɨ",
	"ヒョ": "ço", "ヒェ": "çe", "ビャ": "bʲa", "ビュ": "bʲɨ", "ビョ": "bʲo", "ビェ": "bʲe", "ピャ": "pʲa", "ピュ": "pʲɨ",
	"ピョ": "pʲo", "ピェ": "pʲe", "ミャ": "mʲa", "ミュ": "mʲɨ", "ミョ": "mʲo", "ミェ": "mʲe", "リャ": "ɾʲa", "リュ": "ɾʲɨ",
	"リョ": "ɾʲo", "リェ": "ɾʲe", "クァ": "kᵝa", "クィ": "kᵝi", "クェ": "kᵝe", "クォ": "kᵝo", "グァ": "ɡᵝa", "グィ": "ɡᵝi",
	"グェ": "ɡᵝe", "グォ": "ɡᵝo", "ファ": "ɸa", "フィ": "ɸʲi", "フェ": "ɸe", "フォ": "ɸo", "ツァ": "ʦa", "ツィ": "ʦʲi",
	"ツェ": "ʦe", "ツォ": "ʦo", "ヴァ": "va", "ヴィ": "vʲi", "ヴェ": "ve", "ヴォ": "vo", "ウァ": "βa", "ウィ": "βi", "ウェ": "βe",
	"ウォ": "βo", "フュ": "ɸʲɨ", "フョ": "ɸʲo", "ヴュ": "bʲɨ", "テャ": "tʲa", "ティ": "tʲi", "テョ": "tʲo", "テュ": "tʲɨ",
	"デャ": "dʲa", "ディ": "dʲi", "デュ": "dʲɨ", "デョ": "dʲo", "トゥ": "tɯ", "ドゥ": "dɯ", "イェ": "je", "スィ": "ɕi",
	"ズィ": "ʥi", "クヮ": "kᵝa", "グヮ": "ɡᵝa",
	"ッ": "ʔ", "ー": "ː", "ン": "ɴ",
}

// kind is what a token of the G2P graph is.
type kind uint8

const (
	kindBlank  kind = iota // CTC's
	kindPhrase             // #: accent phrase boundary
	kindWord               // _: a word starts here inside an accent phrase
	kindMark               // 、。？！
	kindMora
)

// symbol is an entry of the G2P graph's vocabulary.
type symbol struct {
	kind     kind
	high     bool
	mora     string  // without devoicing and pitch
	phonemes []int64 // of a mora or mark
}

func newSymbol(name string) (symbol, error) {
	switch name {
	case "":
		return symbol{kind: kindBlank}, nil
	case "#":
		return symbol{kind: kindPhrase}, nil
	case "_":
		return symbol{kind: kindWord}, nil
	case "、":
		return symbol{kind: kindMark, phonemes: []int64{alphabetIDs[',']}}, nil
	case "。":
		return symbol{kind: kindMark, phonemes: []int64{alphabetIDs['.']}}, nil
	case "？":
		return symbol{kind: kindMark, phonemes: []int64{alphabetIDs['?']}}, nil
	case "！":
		return symbol{kind: kindMark, phonemes: []int64{alphabetIDs['!']}}, nil
	}
	pitch := name[len(name)-1]
	s := symbol{kind: kindMora, high: pitch == '1', mora: strings.TrimRight(name[:len(name)-1], "*")}
	phonemes, ok := moraPhonemes[s.mora]
	if !ok || pitch != '0' && pitch != '1' {
		return s, fmt.Errorf("token %q is no mora", name)
	}
	for _, r := range phonemes {
		s.phonemes = append(s.phonemes, alphabetIDs[r])
	}
	return s, nil
}

// splitMoras cuts katakana into moras; false where something else is in it.
func splitMoras(kana string) ([]string, bool) {
	var out []string
	for len(kana) > 0 {
		_, size := utf8.DecodeRuneInString(kana)
		if _, next := utf8.DecodeRuneInString(kana[size:]); next > 0 {
			if _, ok := moraPhonemes[kana[:size+next]]; ok {
				size += next
			}
		}
		if _, ok := moraPhonemes[kana[:size]]; !ok {
			return nil, false
		}
		out = append(out, kana[:size])
		kana = kana[size:]
	}
	return out, true
}

// Accents of a phoneme, as the acoustic graph takes them.
const (
	accSpace    = 0 // space inside an accent phrase
	accLow      = 1
	accHigh     = 2
	accBoundary = 3 // accent phrase boundary: a space, a mark, and both ends
)

// Ids of the phonemes that the rules below name.
const (
	idComma = 3
	idSpace = 16
	idNasal = 115 // ɴ
)

// phonemes is a sentence as the acoustic graph takes it.
type phonemes struct {
	ids, acc []int64
	clauses  []clause
}

// clause is where a clause's first mora lies.
type clause struct {
	phoneme int // index into ids
	cell    int // of the token
}

func (p *phonemes) put(id, acc int64) {
	p.ids, p.acc = append(p.ids, id), append(p.acc, acc)
}

// Version 1 of the voice was trained on sentences whose first mora is silent, so ン and 、 are put in front of each
// sentence for it to swallow: with the space after them, lead phonemes. The sound starts keep frames before the
// sentence's own first phoneme.
const (
	lead = 3
	keep = 4
)

// from writes tokens as phonemes, with the lead-in and a boundary at both ends: a space (accent 0) before a word inside a
// phrase, a space (3) between phrases, a mark (3) and a space (3) before what follows it. Devoicing is left to the voice.
// A phrase of one mora is low: in the tokens it is high, in speech it is flat nearly always.
func (p *phonemes) from(symbols []symbol, tokens []token) {
	p.ids, p.acc, p.clauses = p.ids[:0], p.acc[:0], p.clauses[:0]
	p.put(0, accBoundary)
	p.put(idNasal, accLow)
	p.put(idComma, accBoundary)
	joined := func(k int) bool {
		if k < 0 || k >= len(tokens) {
			return false
		}
		kind := symbols[tokens[k].symbol].kind
		return kind == kindMora || kind == kindWord
	}
	marked, begins := true, true // a mark was the last phoneme; a clause begins with the next mora
	before := kindPhrase
	for i, t := range tokens {
		s := &symbols[t.symbol]
		switch s.kind {
		case kindMark:
			if !marked {
				p.put(s.phonemes[0], accBoundary)
				marked = true
			}
			begins = true
		case kindMora:
			if marked || before == kindPhrase {
				p.put(idSpace, accBoundary)
			} else if before == kindWord {
				p.put(idSpace, accSpace)
			}
			if begins {
				p.clauses = append(p.clauses, clause{len(p.ids), int(t.cell)})
				begins = false
			}
			acc := int64(accLow)
			if t.high && (joined(i-1) || joined(i+1)) {
				acc = accHigh
			}
			for _, id := range s.phonemes {
				p.put(id, acc)
			}
			marked = false
		}
		before = s.kind
	}
	p.put(0, accBoundary)
	p.nasals()
}

// nasals gives the moraic nasal the place of what follows in the same word.
func (p *phonemes) nasals() {
	for i := lead; i+2 < len(p.ids); i++ {
		if p.ids[i] != idNasal {
			continue
		}
		switch p.ids[i+1] {
		case 55, 58, 44: // m p b
			p.ids[i] = 55 // m
		case 53, 92: // k ɡ
			p.ids[i] = 112 // ŋ
		case 114, 21, 19: // ɲ ʨ ʥ
			p.ids[i] = 114 // ɲ
		case 56, 62, 46, 125, 68, 18, 20: // n t d ɾ z ʣ ʦ
			p.ids[i] = 56 // n
		}
	}
}
