package translate

import (
	"regexp"
	"strings"
)

// What reads as a name though it has no backticks: it must stay as it is. Plain words, even capitalised ones, are not
// names: models translate or transcribe them rightly.
// Each form comes with what a text must contain for it to be worth a search.
var nameForms = []struct {
	hint func(string) bool
	form *regexp.Regexp
	is   func(string) bool // further test of a match; nil means none
}{
	{has("://"), regexp.MustCompile(`\b[a-z][a-z0-9+.\-]*://[^\s<>"'()\[\]{}]+`), nil},                   // URL
	{has("@"), regexp.MustCompile(`\b[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+\b`), nil},                           // mail address
	{has("/"), regexp.MustCompile(`(?:^|[\s("'=:])(@?[\w.\-]+(?:/[\w.\-]+)+/?)`), isPath},                // path without a slash before it
	{has("/"), regexp.MustCompile(`(?:^|[\s("'=:])((?:~|\.{1,2})?/[\w.\-]+(?:/[\w.\-]+)*/?)`), nil},      // path
	{flagHint, regexp.MustCompile(`(?:^|[\s("'\[])(--[A-Za-z][\w\-]*(?:=[\w.\-/]+)?|-[A-Za-z])\b`), nil}, // flag
	{dotHint, regexp.MustCompile(`\b[\w\-]+(?:\.[\w\-]+)*\.(?:` + extensions + `)\b`), nil},              // file
	{dotHint, regexp.MustCompile(`(?:^|[\s("'])(\.[a-z][\w\-]*(?:\.[a-z]+)*)\b`), nil},                   // .gitignore
	{has("()"), regexp.MustCompile(`\b[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*\(\)`), nil},                        // call
	{has("_"), regexp.MustCompile(`\b(?:[A-Za-z]\w*_\w*|_+[A-Za-z]\w*)\b`), nil},                         // snake_case
	{capitalHint, regexp.MustCompile(`\b[a-z]+[0-9]*[A-Z]\w*\b`), nil},                                   // camelCase
	{capitalHint, regexp.MustCompile(`\b[A-Z][a-z0-9]+[A-Z]\w*\b`), nil},                                 // PascalCase
	{versionHint, regexp.MustCompile(`\bv\d+(?:\.\d+)*(?:-[\w.]+)?\b`), nil},                             // v2, v1.2.3
	{dotHint, regexp.MustCompile(`\b\d+\.\d+\.\d+(?:[.\-][\w.]+)*\b`), nil},                              // 1.2.3
	{hashHint, regexp.MustCompile(`\b[0-9a-f]{7,64}\b`), isHash},                                         // commit
}

const extensions = `go|mod|sum|py|ipynb|js|mjs|cjs|jsx|ts|tsx|rs|c|h|cc|cpp|hpp|java|kt|swift|rb|php|sh|bash|zsh|fish|` +
	`json|jsonl|yaml|yml|toml|xml|html|htm|css|scss|md|mdx|rst|txt|csv|tsv|sql|db|lock|proto|gradle|cfg|ini|conf|env|log|` +
	`png|jpg|jpeg|gif|svg|pdf|exe|dll|so|dylib|o|zip|gz|tar|xz|wasm|lua|vim|ex|exs|erl|hs|ml|scala|dart|jl|pl|cs|fs|vue|` +
	`svelte|tf|tmpl|plist|wav|mp3|onnx|bin|service|example`

// names returns the names without backticks in a text.
func names(s string) []string {
	var list []string
	for _, f := range nameForms {
		if !f.hint(s) {
			continue
		}
		for _, m := range f.form.FindAllStringSubmatchIndex(s, -1) {
			from, to := m[0], m[1]
			if len(m) > 2 {
				from, to = m[2], m[3]
			}
			name := strings.TrimRight(s[from:to], ".,:;!?-")
			if f.is != nil && !f.is(name) {
				continue
			}
			if len(name) > 1 && !covered(list, name) {
				list = append(list, name)
			}
		}
	}
	return list
}

// isPath tells a path from "and/or" and "read/write".
func isPath(s string) bool {
	return strings.Count(s, "/") > 1 || strings.ContainsAny(s, "._@") || strings.HasSuffix(s, "/")
}

// isHash tells a commit's name from a number and from a word.
func isHash(s string) bool {
	return strings.ContainsAny(s, "0123456789") && strings.ContainsAny(s, "abcdef")
}

// hashHint: a digit beside a letter that a hexadecimal number may have.
func hashHint(s string) bool {
	for i := 1; i < len(s); i++ {
		if a, b := s[i-1], s[i]; a >= '0' && a <= '9' && b >= 'a' && b <= 'f' || b >= '0' && b <= '9' && a >= 'a' && a <= 'f' {
			return true
		}
	}
	return false
}

// covered reports whether the name is part of one that was found before.
func covered(list []string, name string) bool {
	for _, n := range list {
		if strings.Contains(n, name) {
			return true
		}
	}
	return false
}

// lostNames returns the names of the source that the target does not have, in whatever case and number.
func lostNames(source, target string) []string {
	var lost []string
	lower := strings.ToLower(target)
	for _, n := range names(source) {
		// A plural is dropped where the language has none: WebSockets, IdPs.
		if !strings.Contains(lower, strings.ToLower(strings.TrimSuffix(n, "s"))) {
			lost = append(lost, n)
		}
	}
	return lost
}

func has(part string) func(string) bool {
	return func(s string) bool { return strings.Contains(s, part) }
}

// around returns a test for a byte whose neighbours (0 at the ends) are as wanted.
func around(b byte, wanted func(before, after byte) bool) func(string) bool {
	return func(s string) bool {
		for i := 0; i < len(s); i++ {
			k := strings.IndexByte(s[i:], b)
			if k < 0 {
				return false
			}
			i += k
			var before, after byte
			if i > 0 {
				before = s[i-1]
			}
			if i+1 < len(s) {
				after = s[i+1]
			}
			if wanted(before, after) {
				return true
			}
		}
		return false
	}
}

var (
	flagHint    = around('-', func(before, after byte) bool { return !isAlnum(before) && (after == '-' || isAlnum(after)) })
	dotHint     = around('.', func(_, after byte) bool { return isAlnum(after) || after == '_' })
	versionHint = around('v', func(before, after byte) bool { return !isAlnum(before) && after >= '0' && after <= '9' })
)

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

// capitalHint reports whether a capital comes after a small letter or a digit, as in camelCase.
func capitalHint(s string) bool {
	for i := 1; i < len(s); i++ {
		if a, b := s[i-1], s[i]; b >= 'A' && b <= 'Z' && (a >= 'a' && a <= 'z' || a >= '0' && a <= '9') {
			return true
		}
	}
	return false
}
