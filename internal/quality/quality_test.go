package quality

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"koe/internal/translate"
	"koe/internal/translate/translatetest"
)

// TestChrF compares with sacreBLEU: tools/reference/chrf_golden.py.
func TestChrF(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "chrf.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Translations, References []string
		Score                    float64
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	for i, c := range cases {
		var m ChrF
		for k := range c.References {
			m.Add(c.Translations[k], c.References[k])
		}
		if got := m.Score(); math.Abs(got-c.Score) > 1e-9 {
			t.Errorf("case %d, %.40q…: %.12f, want %.12f", i, c.Translations[0], got, c.Score)
		}
	}
	if len(cases) < 10 {
		t.Errorf("%d cases", len(cases))
	}
	var empty ChrF
	if empty.Score() != 0 {
		t.Errorf("nothing scores %v", empty.Score())
	}
}

func TestRead(t *testing.T) {
	got, err := Read("f.tsv", strings.NewReader("\uFEFFHello.\tこんにちは。\r\n\n Bye. \tさようなら。\n"))
	if err != nil || len(got) != 2 || got[0] != (Pair{"Hello.", "こんにちは。", 1}) || got[1] != (Pair{"Bye.", "さようなら。", 3}) {
		t.Errorf("%+v, %v", got, err)
	}
	for text, want := range map[string]string{
		"":                                     "f.tsv: no pairs",
		"a\tb\nno tab\n":                       "f.tsv:2: 1 columns",
		"a\tb\tc\n":                            "f.tsv:1: 3 columns",
		"a\tb\n\n\tc\n":                        "f.tsv:3: one of the columns is empty",
		"a\tb\n\xff\tc\n":                      "f.tsv:2: not UTF-8",
		"a\t" + strings.Repeat("x", maxLine+1): "f.tsv:1: longer than",
	} {
		if _, err := Read("f.tsv", strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v, want %q", text, err, want)
		}
	}
	if _, err := ReadFile(filepath.Join(t.TempDir(), "x.tsv")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestEvaluate(t *testing.T) {
	e := &translatetest.Engine{Spoil: func(text, out string, beam int) (string, bool) {
		return strings.ReplaceAll(strings.ReplaceAll(out, "<x1>", ""), "30", ""), beam < 2
	}}
	tr := translate.New(e, translate.Options{})
	pairs := []Pair{
		{"Run `a` and `b` now.", "今`a`と`b`を実行する。", 1},
		{"It took 30 seconds and 12 tries.", "30秒と12回かかりました。", 2},
		{"Nothing to keep here.", "何もない。", 3},
	}
	done := 0
	r, err := Evaluate(context.Background(), tr, "eng_Latn", "jpn_Jpan", pairs, func(n int) { done = n })
	if err != nil {
		t.Fatal(err)
	}
	if done != 3 || r.Sentences != 3 || len(r.Results) != 3 || r.SecondTry != 2 || r.Piecewise != 0 || r.Fallbacks() != 2./3 {
		t.Errorf("%+v", r)
	}
	if r.Spans != (Kept{2, 2}) || r.FirstSpans != (Kept{2, 1}) || r.Numbers != (Kept{2, 2}) || r.FirstNumbers != (Kept{2, 1}) {
		t.Errorf("%+v", r)
	}
	if r.ChrF <= r.ChrFFirst {
		t.Errorf("chrF %v, of first tries %v", r.ChrF, r.ChrFFirst)
	}
	var b strings.Builder
	if err := r.Print(&b); err != nil || !strings.Contains(b.String(), "numbers kept           100.00 %  (2 of 2; first tries 50.00 %)") {
		t.Errorf("%v\n%s", err, b.String())
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Evaluate(ctx, tr, "eng_Latn", "jpn_Jpan", pairs, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := Evaluate(context.Background(), tr, "eng_Latn", "xxx", pairs, nil); err == nil || !strings.Contains(err.Error(), "line 1") {
		t.Errorf("another language: %v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("a\tb\n")
	f.Fuzz(func(t *testing.T, text string) {
		pairs, err := Read("fuzz", strings.NewReader(text))
		if err != nil {
			return
		}
		var c ChrF
		for _, p := range pairs {
			c.Add(p.Source, p.Reference)
		}
		if s := c.Score(); !(s >= 0 && s <= 100) {
			t.Fatalf("score %v", s)
		}
	})
}
