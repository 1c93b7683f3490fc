package m2m

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"koe/internal/checkpoint"
	"koe/internal/graph"
	"koe/internal/spm"
)

// Format is how weights are stored.
type Format string

// The formats. Blocks are 128 columns wide for int8; all are narrower where the matrix has not the width.
const (
	FP32 Format = "fp32" // exact (kept in half precision where that loses nothing)
	Int8 Format = "int8"
	Int4 Format = "int4" // blocks of 32
	// Int4Fine has blocks of 16: nearer to exact, and a third slower where it is multiplied as it is (in the decoder).
	Int4Fine Format = "int4-16"
)

// Recipe says how a model is built.
type Recipe struct {
	Encoder   Format `json:"encoder"` // and the decoder's cross-attention keys and values
	Decoder   Format `json:"decoder"`
	Embedding Format `json:"embedding"` // which is the output projection, too
}

// DefaultRecipe is the recipe of the embedded model: small enough to be embedded, and nearly as good as exact weights.
// The encoder becomes signed bytes when the model is opened, so that fine blocks cost it no time; in the decoder int8 is as
// fast as int4-16 and nearer to exact; the output projection is most of a step, and fastest in int4.
var DefaultRecipe = Recipe{Encoder: Int4Fine, Decoder: Int8, Embedding: Int4}

// ParseRecipe returns the recipe of a name: "default", "fp32", "int8", "int4" or "int4-16".
func ParseRecipe(name string) (Recipe, error) {
	switch f := Format(name); f {
	case "", "default":
		return DefaultRecipe, nil
	case FP32, Int8, Int4, Int4Fine:
		return Recipe{f, f, f}, nil
	}
	return Recipe{}, fmt.Errorf("no recipe %q: there are default, fp32, int8, int4 and int4-16", name)
}

// String gives the recipe as manifests have it.
func (r Recipe) String() string {
	return fmt.Sprintf("encoder %s, decoder %s, embedding %s", r.Encoder, r.Decoder, r.Embedding)
}

func (r Recipe) format(p part) Format {
	switch p {
	case inEncoder:
		return r.Encoder
	case inDecoder:
		return r.Decoder
	}
	return r.Embedding
}

// build makes the files in memory.
func build(ctx context.Context, src string, r Recipe, progress func(done, total int)) (f Files, err error) {
	c, raw, err := sourceConfig(src)
	if err != nil {
		return f, err
	}
	if f.Tokenizer, err = os.ReadFile(filepath.Join(src, TokenizerFile)); err != nil {
		return f, err
	}
	tokens, err := spm.Load(f.Tokenizer)
	if err != nil {
		return f, err
	}
	if n := tokens.Size(); n+1 > c.firstLanguage() {
		return f, fmt.Errorf("%s has %d pieces, but the first language is token %d: they do not belong together", TokenizerFile, n, c.firstLanguage())
	}
	ck, err := checkpoint.Open(src)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, ck.Close()) }()
	w, out := &weights{}, &store{}
	done := 0
	err = w.visit(&c, func(l *linear, p part, name string, rows, cols int, from []string) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := readLinear(l, ck, rows, cols, from); err != nil {
			return err
		}
		if err := l.quantize(r.format(p)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		out.addLinear(l, name)
		*l = linear{}
		done++
		progress(done, 2+4*c.EncoderLayers+6*c.DecoderLayers)
		return nil
	}, func(_ *norm, name, from string) error {
		for _, x := range []struct{ suffix, from string }{{".gain", ".weight"}, {".bias", ".bias"}} {
			v, err := read(ck, from+x.from, c.Width)
			if err != nil {
				return err
			}
			out.addNumbers(name+x.suffix, v, c.Width)
		}
		return nil
	})
	if err != nil {
		return f, err
	}
	f.Config = raw
	f.Weights, err = out.bytes(nil)
	return f, err
}

// readLinear stacks the tensors that a fused projection is made of.
func readLinear(l *linear, ck checkpoint.Reader, rows, cols int, from []string) error {
	*l = linear{rows: rows, cols: cols}
	for _, name := range from {
		v, err := read(ck, name+".weight", rows/len(from), cols)
		if err != nil {
			return err
		}
		l.exact = append(l.exact, v...)
		if name == "model.shared" {
			continue
		}
		if v, err = read(ck, name+".bias", rows/len(from)); err != nil {
			return err
		}
		l.bias = append(l.bias, v...)
	}
	return nil
}

func read(ck checkpoint.Reader, name string, shape ...int) ([]float32, error) {
	t, err := ck.Tensor(name)
	var missing *checkpoint.MissingError
	if errors.As(err, &missing) && name == "model.shared.weight" {
		// Tied weights are saved under one of their names.
		for _, other := range []string{"lm_head.weight", "model.encoder.embed_tokens.weight", "model.decoder.embed_tokens.weight"} {
			if t, err = ck.Tensor(other); err == nil {
				break
			}
		}
	}
	if err != nil {
		return nil, err
	}
	if len(t.Shape) != len(shape) {
		return nil, fmt.Errorf("tensor %s has shape %v; config.json asks for %v", name, t.Shape, shape)
	}
	for i, d := range shape {
		if t.Shape[i] != d {
			return nil, fmt.Errorf("tensor %s has shape %v; config.json asks for %v", name, t.Shape, shape)
		}
	}
	return t.Float32s()
}

// quantize replaces exact weights by blocks.
func (l *linear) quantize(f Format) error {
	bits, block := 8, 128
	switch f {
	case FP32:
		return nil
	case Int4:
		bits, block = 4, 32
	case Int4Fine:
		bits, block = 4, 16
	case Int8:
	default:
		return fmt.Errorf("no format %q: there are fp32, int8, int4 and int4-16", f)
	}
	for block > 16 && l.cols%block != 0 {
		block /= 2
	}
	q, err := graph.Quantize(l.exact, l.rows, l.cols, block, bits)
	if err != nil {
		return err
	}
	l.blocks, l.exact = q, nil
	return nil
}

var languageCode = regexp.MustCompile(`^[a-z]{3}_[A-Z][a-z]{3}$`)

// sourceConfig reads config.json. NLLB-200 as published keeps its language codes with its tokenizer; they are written
// into the config then.
func sourceConfig(src string) (Config, []byte, error) {
	raw, err := os.ReadFile(filepath.Join(src, ConfigFile))
	if err != nil {
		return Config{}, nil, err
	}
	var all map[string]any
	if err := json.Unmarshal(raw, &all); err != nil {
		return Config{}, nil, fmt.Errorf("%s: %w", ConfigFile, err)
	}
	if _, ok := all["language_codes"]; !ok {
		codes, err := tokenizerLanguages(filepath.Join(src, "tokenizer.json"))
		if err != nil {
			return Config{}, nil, fmt.Errorf("%s has no language_codes: %w", ConfigFile, err)
		}
		all["language_codes"] = codes
		if raw, err = json.MarshalIndent(all, "", " "); err != nil {
			return Config{}, nil, err
		}
	}
	c, err := parseConfig(raw)
	return c, raw, err
}

func tokenizerLanguages(path string) (map[string]int, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var t struct {
		Added []struct {
			ID      int    `json:"id"`
			Content string `json:"content"`
		} `json:"added_tokens"`
	}
	if err := json.Unmarshal(data, &t); err != nil {
		return nil, fmt.Errorf("tokenizer.json: %w", err)
	}
	codes := map[string]int{}
	for _, a := range t.Added {
		if languageCode.MatchString(a.Content) {
			codes[a.Content] = a.ID
		}
	}
	if len(codes) == 0 {
		return nil, errors.New("tokenizer.json: no language codes among its added_tokens")
	}
	return codes, nil
}
