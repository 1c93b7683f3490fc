// Package reading owns the Japanese reading of what is not Japanese: identifiers, paths, flags, versions, URLs, operators
// and English words inside a Japanese sentence become katakana, letter names (capitals) and Japanese words. Numbers,
// units, dates and Japanese text pass through: the voice's normaliser reads them.
//
// The choices, each as a developer would say it aloud:
//
//	getUserById          ゲットユーザーバイID         words of an identifier follow each other; initialisms by letter
//	src/main.go          ソーススラッシュメインドットゴー
//	a/b/c/d/e.go         A、B、C、D、Eドットゴー      in paths of more than three parts the slashes are short pauses
//	--dry-run, -p        ドライランオプション, Pオプション  オプション is left out where the sentence says フラグ or オプション itself
//	--format=json        フォーマットイコールジェイソン
//	v1.2.3               バージョン1.2.3             バージョン is left out after バージョン
//	sync.go:28           シンクドットゴーの28行目
//	close()              クローズ                   brackets are silent, arguments follow after a pause
//	a == b, alone: ==    AイコールB, イコールイコール  a span of symbols alone is read symbol by symbol
//	b3d53de…             ハッシュBサンDゴ            hashes and UUIDs by their first four digits
//	aaaa… (> 64)         AAAA                       a run of letters that can be no word, by its first four
//	https://a.com/x?y    AドットコムのURL
//	#123                 123番
package reading

import (
	"strings"
	"unicode/utf8"

	"koe/internal/reading/lettersound"
)

// Options of a Reader.
type Options struct {
	// Word, if not nil, is asked first for the reading of a word as it is written (a user's dictionary).
	Word func(word string) (katakana string, ok bool)
}

// Reader reads what is not Japanese. It is immutable and safe for concurrent use.
type Reader struct {
	user  func(string) (string, bool)
	model *lettersound.Model
}

// New returns a Reader. It panics only if the model embedded in the program is damaged.
func New(o Options) *Reader {
	m, err := lettersound.Default()
	if err != nil {
		panic(err)
	}
	return &Reader{user: o.Word, model: m}
}

// Katakana looks the word up in the lexicon, as it is written and then in lower case. The reading of an initialism is
// the names of its letters. The user's dictionary is not asked.
func (*Reader) Katakana(word string) (string, bool) {
	if kana, ok := lookup(word); ok {
		return kana, true
	}
	return lookup(strings.ToLower(word))
}

// Sound writes an English word that no lexicon has in katakana, by its spelling.
func (r *Reader) Sound(word string) string { return r.model.Katakana(word) }

// Read returns the sentence with everything readable as Japanese. The result holds Japanese text and punctuation as in
// the input, kana, digits, capitals as letter names, units after numbers, and marks that the normaliser knows. It takes
// time linear in the text's length and accepts any input.
func (r *Reader) Read(text string) string {
	if isPlain(text) {
		return text
	}
	text = fold(text)
	w := &writer{r: r}
	w.b = make([]byte, 0, 2*len(text))
	for text != "" {
		open := strings.IndexByte(text, '`')
		if open < 0 {
			w.prose(text, "")
			break
		}
		ticks := 1
		for open+ticks < len(text) && text[open+ticks] == '`' {
			ticks++
		}
		w.prose(text[:open], text[open+ticks:])
		body := text[open+ticks:]
		if end := closing(body, ticks); end >= 0 {
			w.code(body[:end], body[end+ticks:])
			text = body[end+ticks:]
		} else { // a lone backtick is silent; look for no other of its length again
			text = strings.ReplaceAll(body, "`", " ")
		}
	}
	return string(w.b)
}

// closing finds a run of exactly n backticks.
func closing(s string, n int) int {
	for i := 0; i < len(s); {
		k := strings.IndexByte(s[i:], '`')
		if k < 0 {
			return -1
		}
		i += k
		run := 1
		for i+run < len(s) && s[i+run] == '`' {
			run++
		}
		if run == n {
			return i
		}
		i += run
	}
	return -1
}

// isPlain reports whether there is nothing to do: Japanese, digits that stand alone, and marks that pass.
func isPlain(text string) bool {
	for _, c := range text {
		if c < utf8.RuneSelf && c != ' ' && c != '.' && c != ',' && c != '?' && c != '!' && c != '(' && c != ')' && (c < '0' || c > '9') ||
			c >= utf8.RuneSelf && (!passes(c) || isWide(c)) {
			return false
		}
	}
	return true
}
