// Package translate owns the Translator interface and what is common to all engines: the cache, the masking of code
// spans, the repair of punctuation, and the fallbacks when a span or a number was lost. Engines live in packages below
// it; all pass translatetest.TestTranslator.
package translate

import "context"

// Request is one sentence to translate.
type Request struct {
	Text   string // one sentence of plain prose; code spans in single backticks
	Source string // language code as NLLB-200 writes it: "eng_Latn"
	Target string // "jpn_Jpan"
	// Tentative marks speculative work: nothing of it may be stored or logged (see Cache.Keep).
	Tentative bool
}

// Translation is a translated sentence.
type Translation struct {
	Text     string
	Fallback Fallback // the furthest fallback that was needed
	Lost     []string // code spans, numbers or names of the request that are missing nevertheless
	Cached   bool
	// First is what the first try gave, where a fallback was needed: for measuring what fallbacks do. It is empty if the
	// text was split for its length.
	First string
}

// Fallback says what was needed to keep the sentence's spans and numbers.
type Fallback uint8

// The fallbacks, in the order tried.
const (
	NoFallback Fallback = iota
	SecondTry           // another search (beam) kept what greedy search lost
	Piecewise           // translated in pieces around what was lost, or with it added at the end
)

// Translator translates sentences. It is safe for concurrent use.
type Translator interface {
	// Translate returns promptly with ctx.Err() when ctx is done. An unsupported language pair is an *UnsupportedError.
	Translate(ctx context.Context, r Request) (Translation, error)
	// Close releases the engine; Translate must not be called after it.
	Close() error
}

// Engine is a bare model: it translates text as it is, with code spans already masked as the model was trained.
type Engine interface {
	// Decode translates one prepared sentence with a beam of the given width (1: greedy).
	Decode(ctx context.Context, text, source, target string, beam int) (string, error)
	// Mask is the form in which the model copies the n-th distinct code span ("<x0>"); ok is false past its limit.
	Mask(n int) (placeholder string, ok bool)
	// Languages reports whether the model knows the language code.
	Languages(code string) bool
	Close() error
}

// Measurer is implemented by engines that can tell how long a text is for them. Others are taken to need a piece for
// three ASCII characters or one byte of others, and to take 120.
type Measurer interface {
	// Length returns the pieces that a prepared text has and the most that the engine translates well.
	Length(text string) (pieces, limit int)
}

// UnsupportedError reports a language that the engine does not know.
type UnsupportedError struct {
	Source, Target string
}

func (e *UnsupportedError) Error() string {
	return "translate: no model for " + e.Source + " to " + e.Target + "; see koe models list"
}
