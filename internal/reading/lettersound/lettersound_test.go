package lettersound_test

import (
	"os"
	"strings"
	"testing"

	"koe/internal/reading"
	"koe/internal/reading/lettersound"
)

func pairs(t testing.TB, heldOut bool) []lettersound.Pair {
	data, err := os.ReadFile("../katakana.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var ps []lettersound.Pair
	for line := range strings.Lines(string(data)) {
		word, kana, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if reading.Spoken(word, kana) && lettersound.HeldOut(word) == heldOut {
			ps = append(ps, lettersound.Pair{Word: word, Kana: kana})
		}
	}
	return ps
}

// TestHeldOut measures the embedded model on the words that training left out.
func TestHeldOut(t *testing.T) {
	m, err := lettersound.Default()
	if err != nil {
		t.Fatal(err)
	}
	s := lettersound.Measure(m, pairs(t, true))
	t.Logf("held out: %d words, exact %.1f %%, character error rate %.2f %%", s.Words, 100*s.Exact, 100*s.CER)
	if s.Words < 1000 || s.Exact < 0.78 || s.CER > 0.08 {
		t.Errorf("exact %.3f, want ≥ 0.78; character error rate %.4f, want ≤ 0.08", s.Exact, s.CER)
	}
}

// TestTrain learns a few words by heart, so that the recipe stays able to make a model.
func TestTrain(t *testing.T) {
	words := pairs(t, false)[:300]
	data, err := lettersound.Train(words, lettersound.Options{Epochs: 5, Log2Table: 16, Seed: 1, Log: t.Logf})
	if err != nil {
		t.Fatal(err)
	}
	m, err := lettersound.Load(string(data))
	if err != nil {
		t.Fatal(err)
	}
	if s := lettersound.Measure(m, words); s.Exact < 0.6 {
		t.Errorf("exact %.3f on its own training words", s.Exact)
	}
}

func TestKatakana(t *testing.T) {
	m, err := lettersound.Default()
	if err != nil {
		t.Fatal(err)
	}
	for word, want := range map[string]string{"": "", "1": "", "tokenizer": "トークナイザー", "TERRAFORM": "テラフォーム", "ansible": "アンシブル"} {
		if got := m.Katakana(word); got != want {
			t.Errorf("Katakana(%q) = %q, want %q", word, got, want)
		}
	}
	if got := m.Katakana(strings.Repeat("token", 2000)); len(got) < 2000*6 {
		t.Errorf("%d bytes for 10,000 letters", len(got))
	}
}

func FuzzKatakana(f *testing.F) {
	m, err := lettersound.Default()
	if err != nil {
		f.Fatal(err)
	}
	f.Add("token")
	f.Add("QQQQ")
	f.Fuzz(func(t *testing.T, word string) {
		for _, c := range m.Katakana(word) {
			if (c < 'ァ' || c > 'ヴ') && c != 'ー' {
				t.Fatalf("Katakana(%q) holds %q", word, c)
			}
		}
	})
}

func FuzzLoad(f *testing.F) {
	f.Add("koeL2S1\n")
	f.Add("")
	f.Fuzz(func(_ *testing.T, data string) {
		if m, err := lettersound.Load(data); err == nil {
			m.Katakana("token")
		}
	})
}

func BenchmarkKatakana(b *testing.B) {
	m, err := lettersound.Default()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		m.Katakana("frobnicate")
	}
}
