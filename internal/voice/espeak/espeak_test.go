package espeak

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"koe/internal/testenv"
	"koe/internal/voice"
	"koe/internal/voice/voicetest"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t testing.TB) *Engine {
	t.Helper()
	e, err := Open(context.Background(), "")
	var missing *voice.MissingError
	if errors.As(err, &missing) {
		testenv.Skip(t, "espeak-ng")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

func TestConformance(t *testing.T) {
	voicetest.TestSynthesizer(t, func(t testing.TB) voice.Synthesizer { return open(t) })
}

func TestMissing(t *testing.T) {
	_, err := Open(t.Context(), filepath.Join(t.TempDir(), "espeak-ng"))
	var missing *voice.MissingError
	if !errors.As(err, &missing) || !strings.Contains(err.Error(), "espeak-ng") {
		t.Errorf("got %v", err)
	}
	for _, goos := range []string{"linux", "darwin", "windows"} {
		if remedy(goos) == "" {
			t.Errorf("no remedy for %s", goos)
		}
	}
}

func TestParseVoices(t *testing.T) {
	const table = `Pty Language       Age/Gender VoiceName          File                 Other Languages
 5  af              --/M      Afrikaans          gmw/af
 2  en-gb           --/M      English_(Great_Britain) gmw/en               (en 2)
 2  en-us           --/F      English_(America)  gmw/en-US            (en 3)
 5  de              --/M      german-mbrola-1    mb/mb-de1            (de 7)
 5  cmn             --/M      Chinese_(Mandarin) sit/cmn              (zh-cmn 5)(zh 5)
nonsense
`
	e := &Engine{voices: parseVoices(table)}
	if len(e.voices) != 4 {
		t.Fatalf("%d voices: %+v", len(e.voices), e.voices)
	}
	for _, c := range []struct{ name, lang, want string }{
		{"", "", "gmw/en"}, {"", "en", "gmw/en"}, {"", "en-US", "gmw/en-US"}, {"", "en-AU-x-y", "gmw/en"}, {"", "zh", "sit/cmn"},
		{"gmw/en-us", "", "gmw/en-US"}, {"English (America)", "af", "gmw/en-US"}, {"af", "", "gmw/af"},
	} {
		if got, err := e.choose(c.name, c.lang); err != nil || got != c.want {
			t.Errorf("choose(%q, %q) = %q, %v; want %q", c.name, c.lang, got, err, c.want)
		}
	}
	var lang *voice.LangError
	if _, err := e.choose("", "tlh"); !errors.As(err, &lang) {
		t.Errorf("no error for tlh: %v", err)
	}
	if e.voices[2].voice.Gender != "female" {
		t.Errorf("gender %q", e.voices[2].voice.Gender)
	}
}

func TestLanguages(t *testing.T) {
	e := open(t)
	for lang, text := range map[string]string{"ja": "これはてすとです。", "zh": "你好", "ru": "привет", "ar": "مرحبا", "hi": "नमस्ते", "de-AT": "Grüß Gott", "pt-BR": "olá"} {
		n := 0
		if err := e.Synthesize(t.Context(), voice.Request{Text: text, Lang: lang}, func(c voice.Chunk) error { n += len(c.Samples); return nil }); err != nil || n < rate/5 {
			t.Errorf("%s: %d samples, %v", lang, n, err)
		}
	}
}

// script writes a program that lists a voice and else does what body says.
func script(t *testing.T, body string) string {
	t.Helper()
	sh, err := exec.LookPath("sh")
	if err != nil {
		testenv.Skip(t, "sh")
	}
	path := filepath.Join(t.TempDir(), "espeak-ng")
	text := "#!" + sh + "\nif [ \"$1\" = --voices ]; then echo ' 2 en-gb --/M English gmw/en (en 2)'; exit 0; fi\n" + body + "\n"
	if err := os.WriteFile(path, []byte(text), 0o700); err != nil { //nolint:gosec // it must be executable
		t.Fatal(err)
	}
	return path
}

// TestKilled has the first process killed, before and in the middle of its sound: a second one says the rest.
func TestKilled(t *testing.T) {
	whole := open(t)
	r := voice.Request{Text: strings.Repeat("one two three. ", 20), Lang: "en"}
	say := func(e *Engine) (samples []float32) {
		if err := e.Synthesize(t.Context(), r, func(c voice.Chunk) error { samples = append(samples, c.Samples...); return nil }); err != nil {
			t.Error(err)
		}
		return samples
	}
	want := say(whole)
	for name, first := range map[string]string{"before": ":", "in the middle": "printf %s \"$text\" | espeak-ng \"$@\" | head -c 300001"} {
		t.Run(name, func(t *testing.T) {
			marker := filepath.Join(t.TempDir(), "killed")
			path := script(t, "text=$(cat)\nif [ -e "+marker+" ]; then printf %s \"$text\" | espeak-ng \"$@\"; exit; fi\ntouch "+marker+"\n"+first+"\nkill -9 $$")
			e, err := Open(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			if got := say(e); !slices.Equal(got, want) {
				t.Errorf("%d samples, want %d, or not the same", len(got), len(want))
			}
			if _, err := os.Stat(marker); err != nil {
				t.Error("no process was killed")
			}
		})
	}
}

// TestBroken speaks with a program that always dies, at different points.
func TestBroken(t *testing.T) {
	for name, body := range map[string]string{
		"at once": "exit 3", "after the text": "cat >/dev/null; echo out of phonemes >&2; exit 1", "garbage": "cat >/dev/null; echo hello, this is not a WAV file",
		"killed": "cat >/dev/null; kill -9 $$", "header only": "cat >/dev/null; printf 'RIFF'; exit 0",
	} {
		t.Run(name, func(t *testing.T) {
			path := script(t, body)
			e, err := Open(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			err = e.Synthesize(t.Context(), voice.Request{Text: strings.Repeat("hello ", 50000), Lang: "en"}, func(voice.Chunk) error { return nil })
			if err == nil || !strings.Contains(err.Error(), "twice") {
				t.Errorf("got %v", err)
			}
			t.Log(err)
		})
	}
}

func BenchmarkFirstChunk(b *testing.B) {
	e := open(b)
	r := voice.Request{Text: "First we read the file, then we run all of the tests.", Lang: "en"}
	if err := e.Prepare(r); err != nil {
		b.Fatal(err)
	}
	stop := errors.New("enough")
	for b.Loop() {
		if err := e.Synthesize(context.Background(), r, func(voice.Chunk) error { return stop }); !errors.Is(err, stop) {
			b.Fatal(err)
		}
	}
}

func FuzzParseVoices(f *testing.F) {
	f.Add(" 5  cmn             --/M      Chinese_(Mandarin) sit/cmn              (zh-cmn 5)(zh 5)\n")
	f.Fuzz(func(t *testing.T, table string) {
		e := &Engine{voices: parseVoices(table)}
		for _, v := range e.voices {
			if name, err := e.choose(v.voice.Name, ""); err != nil || name == "" {
				t.Fatalf("%+v: %q, %v", v, name, err)
			}
		}
	})
}
