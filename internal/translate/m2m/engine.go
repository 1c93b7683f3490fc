// Package m2m owns the M2M100 engine (NLLB-200 and the embedded model are of this architecture): tokens, the encoder and
// decoder graphs, greedy and beam search, and the building of a model from a Hugging Face checkpoint.
//
// A built model is a folder (or its embedded files) with config.json, weights.safetensors, sentencepiece.bpe.model and
// manifest.json. The ONNX graphs are written from it when it is opened.
package m2m

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"koe/internal/ort"
	"koe/internal/spm"
	"koe/internal/translate"
)

// The files of a built model.
const (
	ConfigFile    = "config.json"
	WeightsFile   = "weights.safetensors"
	TokenizerFile = "sentencepiece.bpe.model"
	ManifestFile  = "manifest.json"
)

// basicOptimization is ort.Options.Optimization's value for constant folding and the like.
const basicOptimization = 2

// noOptimization is its value for none.
const noOptimization = 1

// maxPieces is how many pieces of a sentence models of this kind translate well: what they were trained with.
const maxPieces = 120

// unknownID is the token of text that the vocabulary cannot express (fairseq's layout).
const unknownID = 3

// Files are the contents of a built model's files. They are kept and never written to.
type Files struct {
	Config, Weights, Tokenizer []byte
}

// Options configures an engine. The zero value is two threads.
type Options struct {
	// Threads is how many work inside one operator; 0 means 2. Two are a third faster than one where both have a core to
	// themselves, and slower where they have not: they wait for each other at every operator.
	Threads int
	Profile string // non-empty: ONNX Runtime profiles to files with this prefix
	// Unoptimized leaves the graphs as they are written: they load sooner and run slower.
	Unoptimized bool
}

// Engine translates with one model. It is safe for concurrent use.
type Engine struct {
	config   Config
	tokens   *spm.Model
	weights  *weights // the embedding and positions only
	masks    []string
	encoder  *ort.Session
	decoder  *ort.Session
	rt       *ort.Runtime
	cross    []string
	caches   []string
	presents []string
}

var (
	_ translate.Engine   = (*Engine)(nil)
	_ translate.Measurer = (*Engine)(nil)
)

// OpenDir opens the built model in a folder.
func OpenDir(rt *ort.Runtime, dir string, opts Options) (*Engine, error) {
	var f Files
	for _, x := range []struct {
		to   *[]byte
		name string
	}{{&f.Config, ConfigFile}, {&f.Weights, WeightsFile}, {&f.Tokenizer, TokenizerFile}} {
		data, err := os.ReadFile(filepath.Join(dir, x.name))
		if err != nil {
			return nil, fmt.Errorf("open translation model: %w", err)
		}
		*x.to = data
	}
	return Open(rt, f, opts)
}

// Open opens a built model.
func Open(rt *ort.Runtime, f Files, opts Options) (*Engine, error) {
	e, err := open(rt, f, opts)
	if err != nil {
		return nil, fmt.Errorf("open translation model: %w", err)
	}
	return e, nil
}

func open(rt *ort.Runtime, f Files, opts Options) (_ *Engine, err error) {
	c, err := parseConfig(f.Config)
	if err != nil {
		return nil, err
	}
	s, err := readStore(f.Weights)
	if err != nil {
		return nil, err
	}
	w, err := s.load(&c)
	if err != nil {
		return nil, err
	}
	e := &Engine{config: c, rt: rt, weights: w}
	if e.tokens, err = spm.Load(f.Tokenizer); err != nil {
		return nil, err
	}
	if n := e.tokens.Size(); n+1 > c.firstLanguage() {
		return nil, fmt.Errorf("%s has %d pieces, but %s has its first language at token %d: they do not belong together",
			TokenizerFile, n, ConfigFile, c.firstLanguage())
	}
	e.findMasks()
	return e, e.start(opts)
}

// start makes the sessions and lets go of the weights that only the graphs need.
func (e *Engine) start(opts Options) (err error) {
	c := &e.config
	e.cross, e.caches, e.presents = crossNames(c.DecoderLayers), cacheNames(c.DecoderLayers), layerNames("present", c.DecoderLayers)
	// The graphs are written as they should run: no fusing (see applySumMany).
	so := ort.Options{IntraThreads: opts.Threads, Optimization: basicOptimization, Config: map[string]string{
		"session.force_spinning_stop": "1", // between sentences the other threads' cores are the voice's
	}}
	if opts.Threads == 0 {
		so.IntraThreads = 2
	}
	if opts.Unoptimized {
		so.Optimization = noOptimization
	}
	if opts.Profile != "" {
		so.ProfilePrefix = opts.Profile + "-encoder"
	}
	if e.encoder, err = e.rt.NewSession(encoderGraph(c, e.weights), so); err != nil {
		return fmt.Errorf("encoder: %w", err)
	}
	debug.FreeOSMemory() // the graph's copy of the weights goes before the decoder's is made: a fifth less at the peak
	if opts.Profile != "" {
		so.ProfilePrefix = opts.Profile + "-decoder"
	}
	if e.decoder, err = e.rt.NewSession(decoderGraph(c, e.weights), so); err != nil {
		_ = e.encoder.Close()
		return fmt.Errorf("decoder: %w", err)
	}
	e.weights = &weights{embedding: e.weights.embedding, positions: e.weights.positions}
	debug.FreeOSMemory()
	return nil
}

// Close frees the model, once the translations in progress have returned.
func (e *Engine) Close() error {
	err := e.encoder.Close()
	if err2 := e.decoder.Close(); err == nil {
		err = err2
	}
	return err
}

// Languages reports whether the model knows the language code ("jpn_Jpan").
func (e *Engine) Languages(code string) bool {
	_, ok := e.config.LanguageCodes[code]
	return ok
}

// Mask returns the placeholder for the n-th distinct code span. Only models that were trained with placeholders have
// them: as user symbols of their vocabulary.
func (e *Engine) Mask(n int) (string, bool) {
	if n < 0 || n >= len(e.masks) {
		return "", false
	}
	return e.masks[n], true
}

func (e *Engine) findMasks() {
	for n := 0; ; n++ {
		mask := fmt.Sprintf("<x%d>", n)
		id := e.tokens.PieceToID(mask)
		if e.tokens.Type(id) != spm.UserDefined || e.tokens.Piece(id) != mask {
			return
		}
		e.masks = append(e.masks, mask)
	}
}

// Decode translates one sentence, prepared as the model was trained (translate does that), with a beam of the given
// width; 1 is greedy search. A sentence of more tokens than the model has positions is a *TooLongError.
func (e *Engine) Decode(ctx context.Context, text, source, target string, beam int) (string, error) {
	from, ok := e.config.LanguageCodes[source]
	to, ok2 := e.config.LanguageCodes[target]
	if !ok || !ok2 {
		return "", &translate.UnsupportedError{Source: source, Target: target}
	}
	ids := e.encodeText(text, from)
	if len(ids) == 2 {
		return "", nil // nothing but language and end
	}
	if limit := e.config.rows(); len(ids) > limit {
		return "", &TooLongError{Tokens: len(ids), Limit: limit}
	}
	out, err := e.search(ctx, ids, to, beam)
	if err != nil {
		return "", err
	}
	return e.decodeText(out), nil
}

// Length returns the pieces of a prepared text and the most that the model translates well.
func (e *Engine) Length(text string) (pieces, limit int) {
	return len(e.tokens.Encode(text)), maxPieces
}

// TooLongError reports a sentence that the model has no positions for.
type TooLongError struct{ Tokens, Limit int }

func (e *TooLongError) Error() string {
	return fmt.Sprintf("translate: the sentence has %d tokens, the model takes %d; translate it in pieces", e.Tokens, e.Limit)
}

// encodeText gives the encoder's input: language, tokens, end.
func (e *Engine) encodeText(text string, language int) []int32 {
	ids := append(make([]int32, 0, len(text)/2+2), int32(language))
	for _, p := range e.tokens.Encode(text) {
		ids = append(ids, token(p))
	}
	return append(ids, int32(e.config.End))
}

// token is the token id of a piece: fairseq has other control tokens at the front, so the rest moves by one.
func token(piece int32) int32 {
	if piece <= 2 {
		return unknownID
	}
	return piece + 1
}

func (e *Engine) decodeText(ids []int32) string {
	pieces := make([]int32, 0, len(ids))
	for _, id := range ids {
		if id > unknownID && int(id) <= e.tokens.Size() {
			pieces = append(pieces, id-1)
		}
	}
	return strings.TrimSpace(e.tokens.Decode(pieces))
}

func (e *Engine) search(ctx context.Context, ids []int32, target, beam int) ([]int32, error) {
	cross, err := e.encode(ctx, ids)
	if err != nil {
		return nil, err
	}
	defer release(cross)
	steps := e.steps(len(ids))
	if beam <= 1 {
		return e.greedy(ctx, cross, target, steps)
	}
	return e.beam(ctx, cross, target, beam, steps)
}

// steps bounds the length of a translation, for one that loops: no sound one was longer in the training data.
func (e *Engine) steps(source int) int {
	return min(3*source+12, e.config.rows()-2)
}

// encode runs the encoder and returns keys and values for each decoder layer.
func (e *Engine) encode(ctx context.Context, ids []int32) ([]*ort.Value, error) {
	x, err := ort.NewTensor(e.rt, e.weights.embed(&e.config, ids, 0), 1, len(ids), e.config.Width)
	if err != nil {
		return nil, err
	}
	defer x.Release()
	return e.encoder.Run(ctx, map[string]*ort.Value{"x": x}, e.cross...)
}

func release(values []*ort.Value) {
	for _, v := range values {
		v.Release()
	}
}
