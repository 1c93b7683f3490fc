package prose

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzCutter: any bytes, split in any way, obey the protocol and give the sentences of the whole.
func FuzzCutter(f *testing.F) {
	for _, s := range []string{
		"# A *b*\n\nOne. Two `c. d` [e](f). v1.2\n\n- x\n  - y\n\n> q\n> r\n\n```go\na\n```\n\n| a |\n|---|\n| b |\n",
		"<div>\na & b\n</div>\n\n[^1]: n\n[r]: u\n<!-- c -->", "**a. b** ***c* d** ~~e~~ \\* &amp; <b>", "-----BEGIN RSA PRIVATE KEY-----\nabc\n",
		"1. a\n2. b\n\n\tc\n===\n---\n-", "日本。語！\xff\xe3\x81", "www.a.b https://c.d) ![e](f) [g][h] [[i]", "Dr. e.g. x. y… Z... \"A.\" b",
	} {
		f.Add([]byte(s), uint64(0x5a5a5a5a))
	}
	f.Fuzz(func(t *testing.T, doc []byte, mask uint64) {
		if len(doc) > 1<<14 {
			return
		}
		var at []int
		for i := range doc {
			if mask>>(i%64)&1 == 1 && i%3 == 0 {
				at = append(at, i)
			}
		}
		checkSplits(t, string(doc), at)
	})
}

// FuzzSecrets: what is withheld leaves valid text, and withholding again finds nothing new in the word itself.
func FuzzSecrets(f *testing.F) {
	for _, c := range secretCases {
		f.Add(strings.Replace(c.in, "%", c.secret, 1))
		f.Add("Use `" + c.secret + "` now.")
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) || len(s) > 1<<14 {
			return
		}
		last := -1
		for _, k := range secrets(s) {
			if k.from < last || k.to <= k.from || k.to > len(s) {
				t.Fatalf("range %v in %q", k, s)
			}
			last = k.to
		}
		out, found := redact(s)
		if !utf8.ValidString(out) || found != strings.Contains(out, withheld) && found {
			t.Fatalf("%q -> %q", s, out)
		}
		if !found && out != s {
			t.Fatalf("changed without a find: %q -> %q", s, out)
		}
	})
}
