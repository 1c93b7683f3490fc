package translate

import (
	"regexp"
	"strings"
)

// plain are the forms of typographic punctuation that the embedded model was trained with.
var plain = strings.NewReplacer(
	"\u2018", "'", "\u2019", "'", "\u201c", `"`, "\u201d", `"`,
	"\u2013", "-", "\u2011", "-", "\u2010", "-", "\u00a0", " ", "\u2026", "...",
)

var emDash = regexp.MustCompile(`\s*\x{2014}\s*`)

// prepare brings a text to the form that models are trained with: typographic quotes, dashes and ellipses become plain
// ones, an em dash a hyphen between spaces.
func prepare(s string) string {
	return strings.TrimSpace(emDash.ReplaceAllString(plain.Replace(s), " - "))
}
