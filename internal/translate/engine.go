package translate

import (
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Options set how a Translator works. The zero value is the usual one.
type Options struct {
	// FirstBeam is the width of the first try's search; 0 means 1, greedy.
	FirstBeam int
	// Beam is the width of the second try's search; 0 means 4. Where it is FirstBeam, the second try is greedy.
	Beam int
	// HideNames treats names without backticks like code spans from the first try on, not only where they were lost.
	HideNames bool
}

// New returns a Translator over a bare engine. It owns the engine. It prepares the text as models are trained, hides code
// spans, and gives the result the punctuation of its language. A translation that lost a span, a number or a name, or that
// can't be one (repetition, a foreign script, an absurd length) is tried again with a wider search and what was lost
// hidden, then in pieces, down to what is lost standing between them as it is. A text longer than the engine's limit is
// split at clauses.
func New(engine Engine, o Options) Translator {
	if o.Beam <= 0 {
		o.Beam = 4
	}
	o.FirstBeam = max(o.FirstBeam, 1)
	if o.Beam == o.FirstBeam {
		o.Beam = 1
	}
	return &translator{engine: engine, options: o, phrases: phrases()}
}

type translator struct {
	engine  Engine
	options Options
	phrases map[string][]phrase // by target language
}

func (t *translator) Close() error { return t.engine.Close() }

func (t *translator) Translate(ctx context.Context, r Request) (Translation, error) {
	if err := ctx.Err(); err != nil {
		return Translation{}, err
	}
	if !t.engine.Languages(r.Source) || !t.engine.Languages(r.Target) {
		return Translation{}, &UnsupportedError{r.Source, r.Target}
	}
	if text, ok := t.known(r); ok {
		return Translation{Text: text}, nil
	}
	text, a := parse(r.Text)
	if t.options.HideNames {
		text = a.hide(text, names(text))
	}
	j := &job{translator: t, request: r, atoms: a}
	out, err := j.translate(ctx, text, 0)
	if err != nil {
		return Translation{}, err
	}
	tr := Translation{Text: a.restore(out), Fallback: j.fallback, Lost: j.missing(text, out)}
	if j.fallback != NoFallback {
		tr.First = a.restore(j.first)
	}
	return tr, nil
}

// job is the work on one request.
type job struct {
	*translator
	request  Request
	atoms    *atoms
	fallback Fallback
	first    string
	seen     bool // first is set
	extra    int  // runs of the engine that were fallbacks
}

// maxDepth bounds how often a text is halved in search of what was lost, maxExtra the runs of the engine that this and
// other fallbacks may take: someone waits for the sentence.
const (
	maxDepth = 4
	maxExtra = 16
)

// translate translates a text with atoms, at whatever length.
func (j *job) translate(ctx context.Context, text string, depth int) (string, error) {
	if !j.words(text) {
		return repair(text, text, j.request.Target), nil
	}
	if j.tooLong(text) {
		j.seen = true // there is no first try of the whole
		h, ok := split(text, true)
		if !ok {
			return text, nil // one character
		}
		return j.both(ctx, h, depth)
	}
	best, ok, err := j.tries(ctx, text, depth)
	if err != nil || ok {
		return best, err
	}
	return j.pieces(ctx, text, best, depth)
}

// tries runs the engine on the whole text, again while something is lost. ok tells whether nothing is.
func (j *job) tries(ctx context.Context, text string, depth int) (best string, ok bool, err error) {
	if depth > 0 {
		j.extra++
	}
	out, err := j.run(ctx, text, j.options.FirstBeam)
	if err != nil {
		return "", false, err
	}
	if !j.seen {
		j.first, j.seen = out, true
	}
	lost := j.lost(text, out)
	if len(lost) == 0 {
		return out, true, nil
	}
	j.fallback = max(j.fallback, SecondTry)
	if depth == 0 && j.extra < maxExtra { // parts had their wide search with the whole
		j.extra++
		if out, err = j.run(ctx, text, j.options.Beam); err != nil {
			return "", false, err
		}
		if lost = j.lost(text, out); len(lost) == 0 {
			return out, true, nil
		}
	}
	// Models copy a span more surely than a name or a number.
	hidden := j.atoms.hide(text, append(lostNames(text, out), lostNumbers(text, out, j.request.Target)...))
	if hidden == text || j.tooLong(hidden) || j.extra >= maxExtra {
		return out, false, nil
	}
	j.extra++
	again, err := j.run(ctx, hidden, j.options.FirstBeam)
	if err != nil {
		return "", false, err
	}
	if len(j.lost(hidden, again)) == 0 {
		return again, true, nil
	}
	return out, false, nil
}

// pieces translates a text in two parts, split at a clause or around what was lost.
func (j *job) pieces(ctx context.Context, text, best string, depth int) (string, error) {
	j.fallback = Piecewise
	if depth >= maxDepth || j.extra >= maxExtra {
		return j.verbatim(text, best), nil
	}
	if h, ok := split(text, false); ok {
		return j.both(ctx, h, depth+1)
	}
	lost := append(lostNames(text, best), lostNumbers(text, best, j.request.Target)...)
	hidden := j.atoms.hide(text, lost)
	for _, r := range in(hidden) {
		if strings.ContainsRune(best, r) {
			continue
		}
		left, right, _ := strings.Cut(hidden, string(r))
		l, err := j.translate(ctx, strings.TrimSpace(left), depth+1)
		if err != nil {
			return "", err
		}
		rest, err := j.translate(ctx, strings.TrimSpace(right), depth+1)
		if err != nil {
			return "", err
		}
		return join(join(l, "", string(r), j.request.Target), "", rest, j.request.Target), nil
	}
	return j.verbatim(text, best), nil
}

// verbatim is the end of all fallbacks: the translation with what it lost after it, or the text as it is if the
// translation can't be one.
func (j *job) verbatim(text, best string) string {
	if suspicious(text, best, j.request.Target) != "" {
		return text
	}
	hidden := j.atoms.hide(text, append(lostNames(text, best), lostNumbers(text, best, j.request.Target)...))
	var lost []string
	for _, r := range in(hidden) {
		if !strings.ContainsRune(best, r) {
			lost = append(lost, string(r))
		}
	}
	if len(lost) == 0 {
		return best
	}
	return strings.TrimRight(best, "。 ") + " (" + strings.Join(lost, ", ") + ")"
}

func (j *job) both(ctx context.Context, h halves, depth int) (string, error) {
	left, err := j.translate(ctx, h.left, depth)
	if err != nil {
		return "", err
	}
	right, err := j.translate(ctx, h.right, depth)
	if err != nil {
		return "", err
	}
	return join(left, h.mark, right, j.request.Target), nil
}

// run has the engine decode a text: its atoms become the engine's placeholders and come back as atoms.
func (j *job) run(ctx context.Context, text string, beam int) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	masked, used := j.mask(text)
	out, err := j.engine.Decode(ctx, masked, j.request.Source, j.request.Target, beam)
	if err != nil {
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		return "", fmt.Errorf("translate: %w", err)
	}
	out = strings.Map(func(r rune) rune {
		if isAtom(r) {
			return -1
		}
		return r
	}, out)
	for n := 0; ; n++ {
		placeholder, ok := j.engine.Mask(n)
		if !ok {
			break
		}
		by := "" // one that the source has not
		if n < len(used) {
			by = string(used[n])
		}
		out = strings.ReplaceAll(out, placeholder, by)
		if n > len(used)+maxMasks {
			break
		}
	}
	return repair(text, out, j.request.Target), nil
}

// maxMasks bounds how many placeholders beyond those used are looked for, with engines that have no limit.
const maxMasks = 16

// mask returns the text as the engine takes it, and the atoms in the order of their placeholders.
func (j *job) mask(text string) (masked string, used []rune) {
	text = prepare(text)
	used = in(text)
	for n, r := range used {
		placeholder, ok := j.engine.Mask(n)
		if !ok {
			placeholder = j.atoms.text(r)
		}
		text = strings.ReplaceAll(text, string(r), placeholder)
	}
	return text, used
}

// tooLong reports whether the text has more pieces or more spans than the engine takes.
func (j *job) tooLong(text string) bool {
	masked, used := j.mask(text)
	if len(used) > 0 {
		if _, ok := j.engine.Mask(len(used) - 1); !ok {
			return true
		}
	}
	if m, ok := j.engine.(Measurer); ok {
		n, limit := m.Length(masked)
		return n > limit
	}
	return estimate(masked) > 120
}

// estimate guesses the pieces of a text, rather too many: one for three ASCII characters, and one for each byte of others,
// which may have no piece of their own.
func estimate(s string) int {
	ascii := 0
	for i := range len(s) {
		if s[i] < utf8.RuneSelf {
			ascii++
		}
	}
	return ascii/3 + len(s) - ascii
}

// words reports whether a text has anything to translate: letters outside spans and names.
func (j *job) words(text string) bool {
	for _, n := range longestFirst(names(text)) {
		text = strings.ReplaceAll(text, n, "")
	}
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.IsLetter(r) && !isAtom(r) })
}

// lost returns what is wrong with a translation: what it lost, or why it can't be one.
func (j *job) lost(text, out string) []string {
	lost := j.missing(text, out)
	if why := suspicious(text, out, j.request.Target); why != "" {
		lost = append(lost, why)
	}
	return lost
}

// missing returns the spans, numbers and names of the text that the translation has not.
func (j *job) missing(text, out string) []string {
	var lost []string
	for _, r := range in(text) {
		if !strings.ContainsRune(out, r) {
			lost = append(lost, j.atoms.text(r))
		}
	}
	for _, r := range in(out) { // what was hidden on the way is there
		if !strings.ContainsRune(text, r) {
			out = strings.ReplaceAll(out, string(r), j.atoms.text(r))
		}
	}
	lost = append(lost, lostNumbers(text, out, j.request.Target)...)
	return append(lost, lostNames(text, out)...)
}
