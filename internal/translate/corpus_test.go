package translate

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"koe/internal/testenv"
)

// TestHumanTranslations: what people wrote as translations loses hardly anything by our definitions, so what engines lose
// is lost. Needs the corpus beside the checkout.
func TestHumanTranslations(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(testenv.Shared(t), "corpora", "narration", "*.tsv"))
	if err != nil || len(files) == 0 {
		t.Fatal("no narration corpus", err)
	}
	var sentences, all, lostN, names, lostM, odd, repaired int
	for _, path := range files {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(f)
		for lines.Scan() {
			source, target, ok := strings.Cut(lines.Text(), "\t")
			if !ok {
				continue
			}
			sentences++
			l := Compare(Request{Text: source, Source: "eng_Latn", Target: "jpn_Jpan"}, target)
			if len(l.Spans) > 0 {
				t.Logf("span: %q %q", source, target)
			}
			all, lostN = all+l.AllNumbers, lostN+len(l.Numbers)
			names, lostM = names+l.AllNames, lostM+len(l.Names)
			if len(l.Numbers)+len(l.Names) > 0 {
				t.Logf("%q %q lost in %s", l.Numbers, l.Names, lines.Text())
			}
			if why := suspicious(source, target, "jpn_Jpan"); why != "" {
				odd++
				t.Logf("%s: %s", why, lines.Text())
			}
			hidden, a := parse(source)
			want := a.hide(target, a.raw)
			got := repair(hidden, want, "jpn_Jpan")
			if want = strings.NewReplacer("? ", "？", "?", "？", "! ", "！", "!", "！").Replace(want); got != want {
				repaired++
				t.Logf("repaired %s to %s", lines.Text(), a.restore(got))
			}
		}
		if err := lines.Err(); err != nil {
			t.Fatal(err)
		}
		_ = f.Close()
	}
	t.Logf("%d sentences: %d of %d numbers, %d of %d names lost, %d odd, %d repaired", sentences, lostN, all, lostM, names, odd, repaired)
	if lostN*500 > all || lostM*200 > names || odd*2000 > sentences || repaired*1000 > sentences {
		t.Error("too much is taken for lost")
	}
}
