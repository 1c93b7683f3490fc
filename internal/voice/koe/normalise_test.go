package koe

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"koe/internal/testenv"

	"pgregory.net/rapid"
)

// mapLexicon is the lexicon as a map.
type mapLexicon map[string]string

func (m mapLexicon) Katakana(word string) (string, bool) {
	k, ok := m[word]
	return k, ok
}

// testLexicon loads the project's lexicon file.
func testLexicon(t testing.TB) mapLexicon {
	t.Helper()
	path := filepath.Join(testenv.Root(t), "internal", "reading", "katakana.tsv")
	if _, err := os.Stat(path); err != nil {
		path = filepath.Join(testenv.Shared(t), "lexicon", "katakana.tsv")
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	m := mapLexicon{}
	for line := range strings.Lines(string(data)) {
		if word, kana, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t"); ok {
			m[word] = kana
		}
	}
	return m
}

// gunzip reads a file of testdata.
func gunzip(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func plain(cells []cell) string {
	var b strings.Builder
	for _, c := range cells {
		b.WriteRune(c.r)
	}
	return b.String()
}

func TestNormaliseExamples(t *testing.T) {
	n := &normaliser{lexicon: testLexicon(t)}
	f, err := os.Open("testdata/examples.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows := 0
	for s := bufio.NewScanner(f); s.Scan(); rows++ {
		c := strings.Split(s.Text(), "\t")
		got := plain(n.normalise(c[0]))
		if got != c[1] || strings.Join(n.missing, " ") != c[2] {
			t.Errorf("%q:\n got %q, left out %q\nwant %q, left out %q", c[0], got, n.missing, c[1], c[2])
		}
	}
	if rows != 200 {
		t.Errorf("%d examples, want 200", rows)
	}
}

type normaliseGolden struct {
	Narration map[string]string
	Random    [][3]any
}

func TestNormaliseMadeUp(t *testing.T) {
	var g normaliseGolden
	if err := json.Unmarshal(gunzip(t, "normalise.json.gz"), &g); err != nil {
		t.Fatal(err)
	}
	n := &normaliser{lexicon: testLexicon(t)}
	for _, c := range g.Random {
		got, want := plain(n.normalise(c[0].(string))), c[1].(string)
		var missing []string
		for _, w := range c[2].([]any) {
			missing = append(missing, w.(string))
		}
		if got != want || strings.Join(n.missing, " ") != strings.Join(missing, " ") {
			t.Errorf("%q:\n got %q, left out %q\nwant %q, left out %q", c[0], got, n.missing, want, missing)
		}
	}
}

// TestNormaliseNarration compares the 28,207 sentences of the narration corpus with two bytes of a hash each.
func TestNormaliseNarration(t *testing.T) {
	dir := filepath.Join(testenv.Shared(t), "corpora", "narration")
	var g normaliseGolden
	if err := json.Unmarshal(gunzip(t, "normalise.json.gz"), &g); err != nil {
		t.Fatal(err)
	}
	n := &normaliser{lexicon: testLexicon(t)}
	lines := 0
	for file, hashes := range g.Narration {
		data, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(data)) {
			c := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
			if len(c) < 2 {
				continue
			}
			got := plain(n.normalise(c[1]))
			sum := sha256.Sum256([]byte(got))
			if h := hex.EncodeToString(sum[:2]); h != hashes[:4] {
				t.Errorf("%s: %q became %q, hash %s, want %s", file, c[1], got, h, hashes[:4])
			}
			hashes = hashes[4:]
			lines++
		}
		if hashes != "" {
			t.Errorf("%s: %d lines missing", file, len(hashes)/4)
		}
	}
	if lines < 20000 {
		t.Errorf("only %d lines", lines)
	}
}

// TestNormaliseAny checks what holds for every text: the alphabet, positions inside the text, a second pass that
// changes nothing about a text of the alphabet alone.
func TestNormaliseAny(t *testing.T) {
	n := &normaliser{lexicon: mapLexicon{"get": "ゲット"}}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		prev := rune('、')
		for _, c := range n.normalise(text) {
			if int(c.at) < 0 || int(c.at) >= len(text) {
				t.Fatalf("position %d outside of %d bytes", c.at, len(text))
			}
			if len(alphabet(n, nil, []cell{c})) != 1 {
				t.Fatalf("%q outside the alphabet", c.r)
			}
			if mark(c.r) && mark(prev) {
				t.Fatalf("mark %q after %q", c.r, prev)
			}
			prev = c.r
		}
	})
}

func BenchmarkNormalise(b *testing.B) {
	n := &normaliser{lexicon: testLexicon(b)}
	for _, text := range []string{"`src/main.go`の12行目で`getUserById`を呼び、3.5%のエラーを10分で直しました。", strings.Repeat("設定ファイルを読み込みます。1,234件、", 250)} {
		b.Run("", func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				n.normalise(text)
			}
		})
	}
}
