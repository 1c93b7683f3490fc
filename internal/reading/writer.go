package reading

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// writer collects the reading and keeps its pieces apart where the normaliser would take two for one.
type writer struct {
	r *Reader
	b []byte

	last      rune // the last rune written, 0 at the start
	converted bool // it was made from ASCII text
	unit      bool // the last piece is a unit, which must not run on
	rest      bool // a pause waits for the next piece
	angles    int  // angle brackets open in this span
	space     int  // spaces of the text that wait for the next piece
}

// put writes s, which is not empty. made says that it was made from ASCII text.
func (w *writer) put(s string, made bool) {
	first, _ := utf8.DecodeRuneInString(s)
	if w.unit && w.space == 0 && first < utf8.RuneSelf && isAlnum(byte(first)) {
		w.rest = true
	}
	w.unit = false
	if w.rest {
		w.rest = false
		if w.last != 0 && !strings.ContainsRune(marks, w.last) && !strings.ContainsRune(marks, first) {
			w.b = append(w.b, "、"...)
			w.last, w.converted, w.space = '、', true, 0
		}
	}
	if w.space > 0 {
		// A space between two Japanese runes is a pause to the normaliser: one that was beside Latin text goes with it,
		// but for one that makes a full stop of a dot.
		if (!w.converted || w.last < utf8.RuneSelf) && (!made || first < utf8.RuneSelf || w.last == '.') {
			w.b = append(w.b, bytes.Repeat([]byte{' '}, w.space)...)
		}
		w.space = 0
	}
	w.b = append(w.b, s...)
	w.last, _ = utf8.DecodeLastRuneInString(s)
	w.converted = made
}

// raw writes text of the sentence as it is.
func (w *writer) raw(s string) { w.put(s, false) }

// kana writes a reading made from ASCII text.
func (w *writer) kana(s string) {
	if s != "" {
		w.put(s, true)
	}
}

// number writes a number as it is, apart from a number before it.
func (w *writer) number(s string) {
	if w.space == 0 && w.last >= '0' && w.last <= '9' {
		w.pause()
	}
	if n := len(w.b); w.last == 'V' && w.space == 0 && (n < 2 || !isLetter(w.b[n-2])) {
		w.b = append(w.b[:n-1], letterName('V')...) // the normaliser leaves a lone V before digits out
		w.last = 'イ'
	}
	w.put(s, false)
}

// marks are pauses of their own.
const marks = "、。？！,.?!:;)"

// pause asks for a 、 before the next piece, unless there is a mark already, or nothing before.
func (w *writer) pause() { w.rest = true }

// ends reports whether what is written ends with s.
func (w *writer) ends(s string) bool { return bytes.HasSuffix(w.b, []byte(s)) }

// say writes a lexicon's reading of word: letter names stay capitals, which the voice has accents for.
func (w *writer) say(kana, word string) {
	if len(word) <= 8 && kana == letterNames(word) {
		w.letters(word)
		return
	}
	w.kana(kana)
}

// letters writes the names of the letters of s as capitals, in a form that the normaliser takes for letters.
func (w *writer) letters(s string) {
	s = strings.ToUpper(s)
	if w.last >= '0' && w.last <= '9' && unitLength(s) == len(s) { // 3V would be three volts
		w.kana(letterNames(s))
		return
	}
	if w.last >= 'A' && w.last <= 'Z' && w.space == 0 {
		w.space = 1
	}
	if len(s) > 1 && (len(s) > 6 || len(s) <= 3 && isShortWord(s) || len(s) > 3 && readsOtherwise(s)) {
		s = strings.Join(strings.Split(s, ""), " ")
	}
	w.put(s, true)
}

// readsOtherwise reports whether the normaliser would read the capitals s otherwise than by their names.
func readsOtherwise(s string) bool {
	kana, ok := lookup(strings.ToLower(s))
	return ok && kana != letterNames(s)
}

// spell writes letters and digits one by one. The digits are words, else they would make a number.
func (w *writer) spell(s string) {
	for i := range len(s) {
		if isDigit(s[i]) {
			w.kana([...]string{"ゼロ", "イチ", "ニ", "サン", "ヨン", "ゴ", "ロク", "ナナ", "ハチ", "キュー"}[s[i]-'0'])
		} else {
			w.letters(s[i : i+1])
		}
	}
}
