package process

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean makes text safe to send to a speech program: control characters would end it or be commands, and "[[" begins
// phonemes (espeak-ng) or commands (say). Text without anything to say becomes "".
func Clean(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	sounds := false
	var last rune
	for _, r := range text {
		format := unicode.Is(unicode.Cf, r)
		switch {
		case r == utf8.RuneError, format && r != '\u200d' && r != '\u200c': // the joiners shape letters in some languages
			continue
		case unicode.IsControl(r), unicode.IsSpace(r), unicode.Is(unicode.Co, r):
			r = ' '
		case r == '[' && last == '[':
			b.WriteByte(' ')
		}
		if r != ' ' && !format {
			sounds = true
		}
		b.WriteRune(r)
		last = r
	}
	if !sounds {
		return ""
	}
	return b.String()
}
