package process

import "testing"

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"": "", " \x00\n": "", "\u200b": "", "a\x00b\x1bc": "a b c", "[[[x": "[ [ [x", "\xffa": "a", "-v": "-v", "<b>": "<b>",
	} {
		if got := Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
}
