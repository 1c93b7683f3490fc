package prose

import (
	"math"
	"regexp"
	"sort"
	"strings"
	"unicode"
)

// Secrets: keys, tokens and passwords are found in a sentence before anything else sees it. A cheap look at the
// characters spares most sentences the regular expressions.

// Format is a kind of secret.
type Format struct {
	Name string
	hint []string // one of them occurs in every secret of the kind (in small letters)
	re   *regexp.Regexp
	// judge looks at the match (its last group, if any); nil: every match is a secret.
	judge func(value string) bool
}

// span is a range of a text.
type span struct{ from, to int }

const withheld = "secret"

// redact puts the word "secret" in the place of every secret, and of the whole code span that holds one.
func redact(s string) (string, bool) {
	found := secrets(s)
	if len(found) == 0 {
		return s, false
	}
	var b strings.Builder
	at := 0
	for _, f := range found {
		b.WriteString(s[at:f.from])
		if f.from > 0 && wordByte(s[f.from-1]) {
			b.WriteByte(' ')
		}
		b.WriteString(withheld)
		if f.to < len(s) && wordByte(s[f.to]) {
			b.WriteByte(' ')
		}
		at = f.to
	}
	b.WriteString(s[at:])
	return b.String(), true
}

func wordByte(b byte) bool {
	return b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'z' || b >= 0x80 || b == '`'
}

// secrets returns where s holds secrets, in order, without overlaps, widened to whole code spans.
func secrets(s string) []span {
	if !suspicious(s) {
		return nil
	}
	low := strings.ToLower(s)
	if len(low) != len(s) {
		low = lowerASCII(s)
	}
	var found []span
	for i := range formats {
		f := &formats[i]
		if !f.hinted(low) {
			continue
		}
		for _, m := range f.re.FindAllStringSubmatchIndex(s, -1) {
			from, to := m[0], m[1]
			if n := len(m); n > 2 {
				from, to = m[n-2], m[n-1]
			}
			if from < 0 || f.judge != nil && !f.judge(s[from:to]) {
				continue
			}
			for to > from && s[to-1] == '.' && (to == len(s) || s[to] == ' ') {
				to-- // the sentence's own stop
			}
			found = append(found, span{from, to})
		}
	}
	if len(found) == 0 {
		return nil
	}
	for i, f := range found {
		found[i] = widen(s, f)
	}
	sort.Slice(found, func(i, j int) bool { return found[i].from < found[j].from })
	out := found[:1]
	for _, f := range found[1:] {
		if last := &out[len(out)-1]; f.from <= last.to {
			last.to = max(last.to, f.to)
			continue
		}
		out = append(out, f)
	}
	return out
}

func (f *Format) hinted(low string) bool {
	for _, h := range f.hint {
		if strings.Contains(low, h) {
			return true
		}
	}
	return len(f.hint) == 0
}

func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c | 0x20
		}
	}
	return string(b)
}

// suspicious reports whether s holds a word long enough for a key, or something assigned.
func suspicious(s string) bool {
	n := 0
	for i := 0; i < len(s); i++ {
		switch b := s[i]; {
		case b == ':' || b == '=':
			if announcesSecret(s[max(0, i-40):i]) {
				return true
			}
			n++
		case b <= ' ' || b >= 0x80:
			if n >= 2 && (s[i-1] == 's' || s[i-1] == 'r' || s[i-1] == 'c') && announcesSecret(s[max(0, i-40):i]) {
				return true // "the password is", "Bearer"
			}
			n = 0
		default:
			n++
		}
		if n >= 15 {
			return true
		}
	}
	return false
}

// secretWords: the words after which a secret may come, by their ends.
var secretWords = []string{"password", "passwd", "passphrase", "passcode", "pass", "pwd", "secret", "token", "bearer", "basic", "key", "keys",
	"credential", "credentials", "auth", "authorization", " is", " was"}

// announcesSecret reports whether a text ends in a word after which a secret may come.
func announcesSecret(s string) bool {
	n := len(s)
	for n > 0 && strings.IndexByte(" :=`'\"*_", s[n-1]) >= 0 {
		n--
	}
	if n == 0 {
		return false
	}
	switch s[n-1] | 0x20 { // the words' last letters
	case 's', 'd', 'e', 't', 'n', 'r', 'c', 'y', 'h', 'l':
	default:
		return false
	}
	for _, w := range secretWords {
		if n >= len(w) && strings.EqualFold(s[n-len(w):n], w) {
			return w[0] != ' ' || announcesSecret(s[max(0, n-len(w)-16):n-len(w)])
		}
	}
	return false
}

// widen grows a range to the code span around it.
func widen(s string, f span) span {
	open := -1
	for i := 0; i < len(s); i++ {
		if s[i] != '`' {
			continue
		}
		if open < 0 {
			open = i
			continue
		}
		if open < f.to && i >= f.from {
			f.from, f.to = min(f.from, open), max(f.to, i+1)
		}
		open = -1
	}
	return f
}

// random reports whether a value looks drawn at random rather than named: many changes between small letters, capitals
// and digits.
func random(v string) bool {
	changes, digits, letters, last := 0, 0, 0, 0
	for i, r := range v {
		k := 4
		switch {
		case unicode.IsDigit(r):
			k = 1
			digits++
		case unicode.IsLower(r):
			k = 2
			letters++
		case unicode.IsUpper(r):
			k = 3
			letters++
		}
		if i > 0 && k != last {
			changes++
		}
		last = k
	}
	return (digits >= 2 || digits == 1 && len(v) >= 20) && letters >= 2 && float64(changes) >= 0.3*float64(len(v)) && entropy(v) >= 3
}

// value judges what is assigned to something called a key, token or secret.
func value(v string) bool {
	if placeholder(v) {
		return false
	}
	return random(v) && !hexadecimal(v)
}

// keyValue is value for what is said to be a key: hexadecimal digits, too, which otherwise name commits.
func keyValue(v string) bool {
	return value(v) || len(v) >= 20 && hexadecimal(v)
}

// password judges what is assigned to something called a password.
func password(v string) bool {
	if placeholder(v) || len(v) < 6 {
		return false
	}
	letters, others := false, false
	for _, r := range v {
		switch {
		case unicode.IsLetter(r):
			letters = true
		case unicode.IsDigit(r) || strings.ContainsRune("!@#$%^&*+~?", r):
			others = true
		}
	}
	return letters && others
}

func hexadecimal(v string) bool {
	return strings.Trim(v, "0123456789abcdefABCDEF") == "" && strings.ContainsAny(v, "0123456789")
}

// placeholder: what stands in documentation instead of a secret.
func placeholder(v string) bool {
	low := strings.ToLower(v)
	for _, p := range []string{"your", "xxxx", "****", "example", "placeholder", "env.", "environ", "getenv", "${", "$(", "{{", "<", "...", "changeme"} {
		if strings.Contains(low, p) {
			return true
		}
	}
	return strings.HasPrefix(v, "$") && strings.ToUpper(v) == v || strings.HasSuffix(v, ")")
}

func entropy(s string) float64 {
	var n [256]int
	for i := 0; i < len(s); i++ {
		n[s[i]]++
	}
	h := 0.0
	for _, k := range n {
		if k > 0 {
			p := float64(k) / float64(len(s))
			h -= p * math.Log2(p)
		}
	}
	return h
}
