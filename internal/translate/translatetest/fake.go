package translatetest

import (
	"context"
	"fmt"
	"hash/fnv"
	"regexp"
	"strings"
	"sync/atomic"
	"time"
	"unicode"

	"koe/internal/translate"
)

// Engine is a deterministic engine without a model: it writes two hiragana for each word, keeps placeholders, numbers and
// names, and can be told to be slow, to fail and to lose things. Its fields are set before its first use.
type Engine struct {
	Delay    time.Duration                                   // of each Decode
	PerWord  time.Duration                                   // of each Decode, for each word
	Spoil    func(text, out string, beam int) (string, bool) // replaces the output if ok
	Err      error                                           // what Decode returns
	MaskedTo int                                             // how many placeholders it knows; 0 means 10
	Pairs    [][2]string                                     // source and target languages; nil means eng_Latn to jpn_Jpan

	calls  atomic.Int64
	closed atomic.Bool
}

// New returns a deterministic Translator without a model, for tests of what uses one. delay is how long each sentence
// takes.
func New(delay time.Duration) translate.Translator {
	return translate.New(&Engine{Delay: delay}, translate.Options{})
}

// Calls returns how often Decode was called.
func (e *Engine) Calls() int { return int(e.calls.Load()) }

// Closed reports whether Close was called.
func (e *Engine) Closed() bool { return e.closed.Load() }

var token = regexp.MustCompile(`<x\d+>|[\p{L}\p{M}'_\-./@:=()\d]+|.`)

// Decode writes the pseudo-translation.
func (e *Engine) Decode(ctx context.Context, text, _, _ string, beam int) (string, error) {
	e.calls.Add(1)
	if e.closed.Load() {
		return "", fmt.Errorf("fake engine: Decode after Close")
	}
	delay := e.Delay + e.PerWord*time.Duration(len(strings.Fields(text)))
	if delay > 0 {
		t := time.NewTimer(delay)
		defer t.Stop()
		select {
		case <-ctx.Done():
		case <-t.C:
		}
	}
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if e.Err != nil {
		return "", e.Err
	}
	var b strings.Builder
	kept, space := false, false
	for _, w := range token.FindAllString(text, -1) {
		switch {
		case w == " ":
			space = true
			continue
		case plainWord(w):
			b.WriteString(kana(w))
			kept = false
		default:
			if kept && space {
				b.WriteByte(' ')
			}
			b.WriteString(w)
			kept = true
		}
		space = false
	}
	out := b.String()
	if e.Spoil != nil {
		if s, ok := e.Spoil(text, out, beam); ok {
			return s, nil
		}
	}
	return out, nil
}

// plainWord: letters only, and no capital but the first.
func plainWord(w string) bool {
	for i, r := range w {
		if !unicode.IsLetter(r) && !unicode.IsMark(r) && r != '\'' && r != '-' || i > 0 && unicode.IsUpper(r) {
			return false
		}
	}
	return strings.ContainsFunc(w, unicode.IsLetter)
}

// kana makes two hiragana out of a word, always the same.
func kana(w string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(strings.ToLower(w)))
	const table = "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわ"
	runes := []rune(table)
	n := h.Sum32()
	return string(runes[n%44]) + string(runes[n/44%44])
}

// Mask gives <x0> and so on.
func (e *Engine) Mask(n int) (string, bool) {
	limit := e.MaskedTo
	if limit == 0 {
		limit = 10
	}
	return fmt.Sprintf("<x%d>", n), n < limit
}

// Languages knows those of Pairs.
func (e *Engine) Languages(code string) bool {
	if e.Pairs == nil {
		return code == "eng_Latn" || code == "jpn_Jpan"
	}
	for _, p := range e.Pairs {
		if p[0] == code || p[1] == code {
			return true
		}
	}
	return false
}

// Close marks the engine as closed.
func (e *Engine) Close() error {
	e.closed.Store(true)
	return nil
}
