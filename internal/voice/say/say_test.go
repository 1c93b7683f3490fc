package say

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"koe/internal/testenv"
	"koe/internal/voice"
	"koe/internal/voice/voicetest"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const table = `Alex                en_US    # Most people know me by my voice.
Bad News            en_US    # The light you see at the end of the tunnel is the headlamp of a fast approaching train.
Eddy (English (UK)) en_GB    # Hello! My name is Eddy.
Kyoko               ja_JP    # こんにちは! 私の名前はKyokoです。
Majed               ar_001   # مرحبًا! اسمي Majed.

nonsense
`

func TestParseVoices(t *testing.T) {
	e := &Engine{voices: parseVoices(table)}
	if len(e.voices) != 5 {
		t.Fatalf("%d voices: %+v", len(e.voices), e.voices)
	}
	for _, c := range []struct{ name, lang, want string }{
		{"", "", "Alex"}, {"", "en-GB", "Eddy (English (UK))"}, {"", "ja", "Kyoko"}, {"", "ja-JP", "Kyoko"}, {"", "ar", "Majed"}, {"bad news", "", "Bad News"},
	} {
		if got, err := e.choose(c.name, c.lang); err != nil || got != c.want {
			t.Errorf("choose(%q, %q) = %q, %v; want %q", c.name, c.lang, got, err, c.want)
		}
	}
	var lang *voice.LangError
	if _, err := e.choose("", "tlh"); !errors.As(err, &lang) {
		t.Errorf("no error for tlh: %v", err)
	}
}

func TestMissing(t *testing.T) {
	var missing *voice.MissingError
	if _, err := Open(t.Context(), filepath.Join(t.TempDir(), "say")); !errors.As(err, &missing) {
		t.Errorf("got %v", err)
	}
}

// TestConformance runs the engine against a stand-in for say that speaks through espeak-ng and knows say's options. On
// macOS run it with KOE_TEST_SAY=say to have the real one.
func TestConformance(t *testing.T) {
	path := os.Getenv("KOE_TEST_SAY")
	if path == "" {
		path = standIn(t)
	}
	voicetest.TestSynthesizer(t, func(t testing.TB) voice.Synthesizer {
		e, err := Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = e.Close() })
		return e
	})
}

func standIn(t *testing.T) string {
	t.Helper()
	for _, program := range []string{"sh", "espeak-ng"} {
		if _, err := exec.LookPath(program); err != nil {
			testenv.Skip(t, program)
		}
	}
	path := filepath.Join(t.TempDir(), "say")
	const body = `#!/bin/sh
if [ "$1" = -v ]; then echo 'Alex  en_US  # Hello.'; echo 'Sam  en  # Hello.'; exit 0; fi
# -o FILE --file-format=WAVE --data-format=LEF32@22050 -v NAME -r RATE -f -
[ "$1 $3 $4 $5 $7 $9" = "-o --file-format=WAVE --data-format=LEF32@22050 -v -r -f" ] || { echo "options: $*" >&2; exit 2; }
text=$(cat)
pitch=50
case $text in "[[pbas +6.0]]"*) pitch=75;; "[[pbas -6.0]]"*) pitch=25;; esac
text=${text#"[[pbas "*"]]"}
printf %s "$text" | espeak-ng --stdin -w "$2" -s "$8" -p $pitch -v en-us
`
	if err := os.WriteFile(path, []byte(body), 0o700); err != nil { //nolint:gosec // it must be executable
		t.Fatal(err)
	}
	return path
}

func FuzzParseVoices(f *testing.F) {
	f.Add(table)
	f.Fuzz(func(t *testing.T, table string) {
		e := &Engine{voices: parseVoices(table)}
		for _, v := range e.voices {
			if name, err := e.choose(v.Name, ""); err != nil || name == "" {
				t.Fatalf("%+v: %q, %v", v, name, err)
			}
		}
	})
}
