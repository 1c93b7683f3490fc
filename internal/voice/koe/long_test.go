package koe

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode"

	"koe/internal/voice"

	"pgregory.net/rapid"
)

// longTexts are hard to cut.
func longTexts() map[string]string {
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a test's
	var kanji strings.Builder
	for range 1000 {
		kanji.WriteRune('一' + rune(r.IntN(0x5000)))
	}
	return map[string]string{
		"sentences":  strings.Repeat("設定ファイルを読み込みます。次に、テストを実行します。", 40),
		"clauses":    strings.Repeat("設定を読み込んで、テストを実行して、", 60),
		"no marks":   strings.Repeat("とても長い文章がどこまでも続いていくので", 50),
		"hiragana":   strings.Repeat("あ", 1000),
		"kanji":      kanji.String(),
		"digits":     strings.Repeat("1234567890", 100),
		"marks":      strings.Repeat("、。", 500) + "終わり。",
		"words":      strings.Repeat("getUserById ", 80),
		"one entry":  strings.Repeat("ー", 1000),
		"small kana": strings.Repeat("ッ", 1000),
	}
}

// TestUnits checks how text is cut: nothing is lost, and no unit is longer than the voice was trained on.
func TestUnits(t *testing.T) {
	v := testVoice(t)
	for name, text := range longTexts() {
		text = string([]rune(text)[:len([]rune(text))/2])
		s := v.scratch.Get().(*scratch)
		cells := s.normaliser.normalise(text)
		units := 0
		for at := 0; at < len(cells); {
			n := nextPiece(cells[at:])
			if n < 1 || n > maxCells {
				t.Fatalf("%s: a piece of %d characters", name, n)
			}
			tokens, err := v.readTokens(t.Context(), s, cells[at:at+n], at)
			if err != nil {
				t.Fatal(err)
			}
			at += n
			total, covered := len(tokens), 0
			for len(tokens) > 0 {
				before := len(tokens)
				var u unit
				u, tokens = v.nextUnit(tokens)
				covered += before - len(tokens)
				var p phonemes
				p.from(v.table.symbols, u.tokens)
				if len(p.ids) > maxPhonemes+10 {
					t.Errorf("%s: a unit of %d phonemes", name, len(p.ids))
				}
				units++
			}
			if covered != total {
				t.Errorf("%s: %d of %d tokens", name, covered, total)
			}
		}
		t.Logf("%s: %d characters, %d units", name, len(cells), units)
		v.scratch.Put(s)
	}
}

// TestLong speaks 5,000 characters until the first chunk is there, and reports how the time to the first one compares with that
// of a short text.
func TestLong(t *testing.T) {
	v := testVoice(t)
	enough := errors.New("enough")
	first := func(text string) time.Duration {
		start := time.Now()
		err := v.Synthesize(t.Context(), voice.Request{Text: text}, func(voice.Chunk) error { return enough })
		if !errors.Is(err, enough) {
			t.Fatal(err)
		}
		return time.Since(start)
	}
	short := first("設定ファイルを読み込みます。")
	for name, text := range longTexts() {
		t.Logf("%s: first chunk after %v (a short sentence %v)", name, first(strings.Repeat(text, 5)), short)
	}
}

func TestMarksLong(t *testing.T) {
	v := testVoice(t)
	text := strings.Repeat("設定を読み込みます。次に、実行します。", 9)
	_, marks := say(t, v, voice.Request{Text: text, Speed: 3})
	if len(marks) != 27 {
		t.Errorf("%d marks, want 27", len(marks))
	}
	for i, m := range marks {
		if i > 0 && (m.Offset <= marks[i-1].Offset || m.Sample <= marks[i-1].Sample) {
			t.Errorf("mark %d %+v after %+v", i, m, marks[i-1])
		}
	}
}

// TestAnyUnicode speaks a little of any text of up to 5,000 characters.
func TestAnyUnicode(t *testing.T) {
	v := testVoice(t)
	enough := errors.New("enough")
	japanese := rapid.StringOf(rapid.OneOf(rapid.RuneFrom([]rune("、。？！ー々〆「」（）0123456789.,-:/ %$vV'Aazん")), rapid.RuneFrom(nil, unicode.Hiragana, unicode.Katakana, unicode.Han)))
	speeds, pitches := []float64{0.5, 1, 3}, []float64{0, -12, 12}
	for i := range 40 { // a number of our own: speech is slow
		text := japanese.Example(i)
		switch i % 4 {
		case 0:
			text = rapid.StringN(0, 5000, -1).Example(i)
		case 1:
			text = rapid.String().Example(i)
		}
		n := 0
		err := v.Synthesize(t.Context(), voice.Request{Text: text, Speed: speeds[i%3], Pitch: pitches[i/3%3]}, func(c voice.Chunk) error {
			for _, x := range c.Samples {
				if !(x >= -1 && x <= 1) {
					t.Fatalf("%q: sample %v", text, x)
				}
			}
			for _, m := range c.Marks {
				if m.Sample < 0 || m.Sample >= len(c.Samples) || m.Offset < 0 || m.Offset >= len(text) {
					t.Fatalf("%q: mark %+v in %d samples", text, m, len(c.Samples))
				}
			}
			if n++; n == 2 {
				return enough
			}
			return nil
		})
		if err != nil && !errors.Is(err, enough) {
			t.Fatalf("%q: %v", text, err)
		}
	}
}

// TestVeryLong: the normaliser and the cuts take time linear in the text's length; this text would take minutes otherwise.
func TestVeryLong(t *testing.T) {
	n := &normaliser{lexicon: mapLexicon{}}
	for _, text := range []string{"1", "1.", "1,234", "a1", "1/", "1:", "a", "a'", "(", "((1", "、", ".", " ", "aA", "1-", "$ ", "AAa", "\u0301", "ヶ", "v1"} {
		n.normalise(strings.Repeat(text, 20_000))
	}
}

func FuzzNormalise(f *testing.F) {
	for _, s := range []string{"v1.25.3に更新し、1,234,567件（3.5%）を10分で", "2024-01-15 10:30に50MB/sから3〜5回", "C++とgetUserByIdのJSON/YAML APIs", "$19.99で1/3"} {
		f.Add(s)
	}
	n := &normaliser{lexicon: mapLexicon{"get": "ゲット"}}
	f.Fuzz(func(t *testing.T, text string) {
		first := plain(n.normalise(text))
		for _, c := range n.normalise(text) {
			if int(c.at) >= len(text) || len(alphabet(n, nil, []cell{c})) != 1 {
				t.Fatalf("cell %+v of %q", c, text)
			}
		}
		if second := plain(n.normalise(text)); first != second {
			t.Fatalf("%q, then %q", first, second)
		}
	})
}
