// Package translatetest owns the conformance test that every translator passes, and a fake for tests of what uses one.
package translatetest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"koe/internal/translate"
)

// Sentences are what the conformance test translates: own text, in the manner of a coding agent.
var Sentences = []string{
	"I replaced the `sync.Mutex` with an `atomic.Pointer`, and contention is gone from the profile.",
	"The test fails after 3 of 128 cases, so I'll rerun it with `-race` first.",
	"`main.go` calls `run` twice; `run` calls `main.go` never.",
	"Let me look at src/server/handler.go before changing anything.",
	"It takes 1.5 seconds now, down from 12.",
	"All 1,024 requests returned 200 within 30 ms.",
	"Should I use \u201cstrict\u201d mode \u2014 or keep the default?",
	"Done!",
	"`go test ./...`",
	"42",
}

// TestTranslator tests what every translator must do, from English to Japanese. open is called for each part; the test
// closes what it returns.
func TestTranslator(t *testing.T, open func() translate.Translator) {
	with := func(name string, test func(t *testing.T, tr translate.Translator)) {
		t.Run(name, func(t *testing.T) {
			tr := open()
			defer func() {
				if err := tr.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
			}()
			test(t, tr)
		})
	}
	with("keeps spans and numbers", testKeeps)
	with("same input, same output", testDeterministic)
	with("nothing to say", testEmpty)
	with("any text", testAnyText)
	with("long text", testLong)
	with("unsupported language", testUnsupported)
	with("cancel", testCancel)
	with("concurrent", testConcurrent)
}

func request(text string) translate.Request {
	return translate.Request{Text: text, Source: "eng_Latn", Target: "jpn_Jpan"}
}

func do(t *testing.T, tr translate.Translator, text string) translate.Translation {
	t.Helper()
	got, err := tr.Translate(context.Background(), request(text))
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	if !utf8.ValidString(got.Text) || strings.ContainsAny(got.Text, "\n\r") || strings.TrimSpace(got.Text) != got.Text {
		t.Errorf("%q became %q, which is not one clean line", text, got.Text)
	}
	return got
}

func testKeeps(t *testing.T, tr translate.Translator) {
	for _, s := range Sentences {
		got := do(t, tr, s)
		l := translate.Compare(request(s), got.Text)
		if len(l.Spans)+len(l.Numbers)+len(l.Names)+len(got.Lost) > 0 {
			t.Errorf("%q became %q and lost spans %q, numbers %q, names %q (it says %q)", s, got.Text, l.Spans, l.Numbers, l.Names, got.Lost)
		}
		if strings.Contains(got.Text, "<x") || strings.Count(got.Text, "`")%2 != 0 {
			t.Errorf("%q became %q", s, got.Text)
		}
	}
}

func testDeterministic(t *testing.T, tr translate.Translator) {
	for _, s := range Sentences[:3] {
		a, b := do(t, tr, s), do(t, tr, s)
		if a.Text != b.Text {
			t.Errorf("%q became %q and %q", s, a.Text, b.Text)
		}
	}
}

func testEmpty(t *testing.T, tr translate.Translator) {
	for _, s := range []string{"", " ", "\t\n", "\u3000"} {
		if got := do(t, tr, s); got.Text != "" {
			t.Errorf("%q became %q", s, got.Text)
		}
	}
	for _, s := range []string{"`a`", "...", "`x` `y`"} {
		if got := do(t, tr, s); got.Text == "" {
			t.Errorf("%q became nothing", s)
		}
	}
}

func testAnyText(t *testing.T, tr translate.Translator) {
	for _, s := range []string{
		"日本語の文です。", "Ünïcödé <x0> and <x3>", "`a` `b` `c` `d` `e` `f` `g` `h` `i` `j` `k` `l` are twelve spans.",
		"a stray ` backtick", "``", "emoji 🎉👩‍👩‍👧 here", "\xff\xfe broken", "\U000F0000 private use", "a\x00b\x1bc", "<unk></s>",
		strings.Repeat("ha", 50), "?!?!?!", "مرحبا بالعالم", "\u202eright to left\u202c",
	} {
		got := do(t, tr, s)
		if l := translate.Compare(request(s), got.Text); len(l.Spans) > 0 {
			t.Errorf("%q became %q and lost %q", s, got.Text, l.Spans)
		}
	}
}

func testLong(t *testing.T, tr translate.Translator) {
	var b strings.Builder
	for i := range 40 {
		b.WriteString("the server reads the next `request")
		b.WriteString(strings.Repeat("x", i))
		b.WriteString("` from the queue, ")
	}
	b.WriteString("and then it stops.")
	got := do(t, tr, b.String())
	if l := translate.Compare(request(b.String()), got.Text); len(l.Spans) > 0 {
		t.Errorf("a sentence of %d bytes lost %d of %d spans", b.Len(), len(l.Spans), l.AllSpans)
	}
	for _, s := range []string{strings.Repeat("word ", 400), strings.Repeat("x", 1500)} {
		if got := do(t, tr, s); got.Text == "" {
			t.Errorf("%.20q… became nothing", s)
		}
	}
}

func testUnsupported(t *testing.T, tr translate.Translator) {
	for _, r := range []translate.Request{
		{Text: "Hello.", Source: "eng_Latn", Target: "xxx_Xxxx"},
		{Text: "Hello.", Source: "xxx_Xxxx", Target: "jpn_Jpan"},
		{Text: "Hello."},
	} {
		_, err := tr.Translate(context.Background(), r)
		var u *translate.UnsupportedError
		if !errors.As(err, &u) || u.Source != r.Source || u.Target != r.Target {
			t.Errorf("%s to %s: %v", r.Source, r.Target, err)
		}
	}
}

func testCancel(t *testing.T, tr translate.Translator) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := tr.Translate(ctx, request(Sentences[0])); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled context: %v", err)
	}
	// In the middle of work: a text that takes long, ended after a moment.
	ctx, cancel = context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		for i := 0; ; i++ { // until the context ends, however fast the translator is
			if _, err := tr.Translate(ctx, request(strings.Repeat("again ", i%40)+Sentences[i%len(Sentences)])); err != nil {
				done <- err
				return
			}
		}
	}()
	select {
	case err := <-done:
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a context that ends in the middle: %v", err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("Translate goes on after its context has ended")
	}
}

func testConcurrent(t *testing.T, tr translate.Translator) {
	want := make([]string, len(Sentences))
	for i, s := range Sentences {
		want[i] = do(t, tr, s).Text
	}
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for k := range Sentences {
				i := (k + g*3) % len(Sentences)
				got, err := tr.Translate(context.Background(), request(Sentences[i]))
				if err != nil || got.Text != want[i] {
					t.Errorf("%q became %q (%v), alone %q", Sentences[i], got.Text, err, want[i])
				}
			}
		})
	}
	wg.Wait()
}
