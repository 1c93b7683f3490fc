package koe

import (
	"strings"
	"testing"

	"koe/internal/ort/orttest"
)

func mustReadings(t testing.TB, text string) *Readings {
	t.Helper()
	d, err := ReadReadings(strings.NewReader(text), "readings.tsv")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestReadReadings(t *testing.T) {
	d := mustReadings(t, "\ufeff# mine\n\nKoe\tコエ\t1\r\n声\tコエ\nｇｉｔ\tギット\t0\n")
	if d.Len() != 3 || string(d.entries[2].surface) != "git" || d.entries[0].accent != 1 || d.entries[1].accent != -1 || d.entries[2].accent != 0 {
		t.Errorf("%+v", d.entries)
	}
	if !d.Has("git") || !d.Has("声") || d.Has("Git") || d.Has("") {
		t.Error("Has")
	}
	for text, want := range map[string]string{
		"Koe コエ":                      "my.tsv:1: want surface, reading",
		"#\na\tア\tb\tc":               "my.tsv:2: want surface, reading",
		"\tコエ":                        "my.tsv:1: the surface is empty",
		"Koe\tこえ":                     "my.tsv:1: reading \"こえ\" is not katakana",
		"Koe\t":                       "my.tsv:1: reading \"\" is not katakana",
		"Koe\tコエ\t3":                  "my.tsv:1: accent \"3\": want 0 to 2",
		"Koe\tコエ\tx":                  "my.tsv:1: accent \"x\"",
		"Koe\tコエ\nKoe\tコー":            "my.tsv:2: \"Koe\" is on line 1 already",
		"\xff\tコエ":                    "my.tsv:1: not UTF-8",
		"a\tx\nb\tコエ\t-1\nc\tシ\t1\nd": "my.tsv:4: want surface",
		strings.Repeat("x", 2<<20):    "my.tsv:1: bufio.Scanner: token too long",
	} {
		_, err := ReadReadings(strings.NewReader(text), "my.tsv")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %s", text, err, want)
		}
	}
}

func TestReadingsApply(t *testing.T) {
	n := &normaliser{lexicon: mapLexicon{}, readings: mustReadings(t, "Koe\tコエ\nC++\tシープラプラ\n行\tギョー\n実行\tジッコー\nGPT-4\tジーピーティーフォー\nk8s\tクーベ\n")}
	for in, want := range map[string]string{
		"Koeを実行。":       "コエをジッコー。",
		"ＫｏｅとKoes":      "コエとKOES", // not inside a longer word
		"3行":            "3ギョー",
		"C++とGPT-4とk8s": "シープラプラとジーピーティーフォーとクーベ",
		"Kubek8s":       "KUBEK8",
	} {
		n.unknown = func(w string) (string, bool) { return upper(w), true }
		got := plain(n.normalise(in))
		if in == "Kubek8s" {
			if strings.Contains(got, "クーベ") {
				t.Errorf("%q: %q", in, got)
			}
		} else if got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// TestUserAccents checks that a word with an accent begins a phrase of its own and falls where the user says.
func TestUserAccents(t *testing.T) {
	rt := orttest.Open(t)
	for _, c := range []struct{ dictionary, text, want string }{
		{"koe\tコエ\t1", "koeを直します。", "コ1 エ0 _ ヲ0 # ナ0 オ1 シ1 _ マ1 ス0 。"},
		{"koe\tコエ\t0", "koeを直します。", "コ0 エ1 _ ヲ1 # ナ0 オ1 シ1 _ マ1 ス0 。"},
		{"koe\tコエ\t2", "koeを直します。", "コ0 エ1 _ ヲ0 # ナ0 オ1 シ1 _ マ1 ス0 。"},
	} {
		v := openVoice(t, rt, Options{Readings: mustReadings(t, c.dictionary)})
		s := v.scratch.Get().(*scratch)
		cells := s.normaliser.normalise(c.text)
		tokens, err := v.readTokens(t.Context(), s, cells, 0)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, k := range tokens {
			names = append(names, v.name(k))
		}
		if got := strings.Join(names, " "); got != c.want {
			t.Errorf("%s, %s:\n got %s\nwant %s", c.dictionary, c.text, got, c.want)
		}
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestSplitMoras(t *testing.T) {
	for in, want := range map[string]string{"キャッシュ": "キャ ッ シュ", "ヴァーチャル": "ヴァ ー チャ ル", "ファイル": "ファ イ ル", "a": "", "あ": "", "ンッー": "ン ッ ー"} {
		moras, ok := splitMoras(in)
		if got := strings.Join(moras, " "); ok != (want != "") || ok && got != want {
			t.Errorf("%s: %q %v, want %q", in, got, ok, want)
		}
	}
}

func FuzzReadReadings(f *testing.F) {
	f.Add("Koe\tコエ\t1\n# x\n", "Koeを実行")
	f.Add("行\tギョー\n実行\tジッコー\t0", "3行の実行")
	f.Fuzz(func(t *testing.T, dictionary, text string) {
		d, err := ReadReadings(strings.NewReader(dictionary), "f")
		if err != nil {
			return
		}
		n := &normaliser{lexicon: mapLexicon{}, readings: d}
		for _, c := range n.normalise(text) {
			if c.entry < 0 || int(c.entry) > d.Len() {
				t.Fatalf("entry %d of %d", c.entry, d.Len())
			}
		}
	})
}
