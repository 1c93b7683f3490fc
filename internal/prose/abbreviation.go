package prose

import (
	"strings"
	"unicode"
)

// never holds words whose stop never ends a sentence, in small letters and without their last stop.
var never = set("e.g i.e eg ie cf vs viz approx resp incl esp ca a.k.a w.r.t dr mr mrs ms prof st mt")

// beforeNumber holds words whose stop is an abbreviation's if a number follows: "No. 5", "Fig. 3".
var beforeNumber = set("no nos fig figs eq eqs sec ch vol pp p ver v art ref refs col ln nr rev")

// choices holds words before a letter that is a choice's name, not an initial: "Option B."
var choices = set("option plan step case phase type part appendix team section class grade variant choice vitamin stage group tier level window drive")

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

// likely returns the sentence that probably ends where the text read so far ends.
func (c *Cutter) likely() (Sentence, bool) {
	if c.leaf != paragraph || c.pipe >= 0 || len(c.brackets) > 0 || len(c.out) == 0 ||
		c.mode != stream && (c.mode != gather || !c.softBreak) || c.npart > 0 || c.swallow {
		return Sentence{}, false
	}
	if c.state != inText && (c.state != inDelim || c.scanned != inStop) {
		return Sentence{}, false
	}
	if c.bp < len(c.out) {
		return Sentence{}, false
	}
	at := c.cutAt
	switch c.scanned {
	case inStop, inGap:
		w, first := c.word()
		if c.stop == '.' && (c.abbreviated(w, first, 'x') || len(w) == 1 && w[0]|0x20 >= 'a') {
			return Sentence{}, false
		}
		if c.scanned == inStop && !c.softBreak && !isWide(c.stop) && !c.harmless(w) {
			return Sentence{}, false
		}
	case inSentence:
		if !c.softBreak || c.role != Item && c.last != ':' {
			return Sentence{}, false
		}
		at = len(c.out)
	default:
		return Sentence{}, false
	}
	var extra []mark
	if c.state == inDelim {
		extra = []mark{{pos: at, ch: byte(c.delim), n: c.run, left: c.run, close: true}}
	}
	return c.sentence(at, false, PauseSentence, extra)
}

// undecided reports whether what came after an outstanding guess does not say yet whether it was right.
func (c *Cutter) undecided() bool {
	switch c.scanned {
	case inPeek:
		return true
	case inStop, inGap:
		return c.bp < len(c.out) || c.npart > 0 || c.state != inText && c.state != inDelim || c.scanned == inGap && c.state == inDelim
	}
	return false
}

// harmless reports whether a word with a stop after it can't be the beginning of a secret.
func (c *Cutter) harmless(w string) bool {
	n := len(c.marks)
	if n > 0 && c.marks[n-1].kind == unitMark && c.marks[n-1].pos+c.marks[n-1].n == c.stopAt && strings.HasPrefix(w, "`") {
		return true
	}
	w = strings.TrimRight(w, "*_~)]}\"'”’")
	if len(w) > 24 || dotted[strings.ToLower(w)] || strings.HasPrefix(w, "ey") || c.sensitive(c.stopAt-min(len(w)+1, c.stopAt)) {
		return false
	}
	digits := 0
	for _, r := range w {
		switch {
		case unicode.IsDigit(r):
			digits++
		case unicode.IsLetter(r) || r == '\'' || r == '’' || r == '-' || r == '.' || r == '/' || r == '(' || r == '%':
		default:
			return false
		}
	}
	if digits > 0 && digits < len(w) {
		return len(w) <= 8
	}
	return len(w) <= 12 || 3*changes(w) <= len(w)
}

// dotted holds what stands before the stop in keys that have one.
var dotted = set("sg hvs hvb hvr s b r pk sk tk dp dp.pt dp.st dp.ct ya29 xapp lin key secret token")
