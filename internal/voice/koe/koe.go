// Package koe owns the embedded Japanese voice: text is cleaned up (normalise.go), read as moras with pitch accent by the
// G2P graph (tokens.go), written in the voice's phonemes (phonemes.go), and made into sound by an acoustic graph for the
// sentence and a vocoder graph chunk by chunk (sound.go).
//
// The reference of the whole path is training/say.py; tests compare with its values.
package koe

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"koe/internal/audio"
	"koe/internal/ort"
	"koe/internal/voice"
)

const (
	rate = 24000 // samples a second
	hop  = 300   // samples a frame
	bins = 195   // width of a frame's vector

	// Name is the voice's name.
	Name = "koe"
	// DefaultSeed is the seed of the noise, so that the same text gives the same sound.
	DefaultSeed = 1
)

// Models are the files of the voice.
type Models struct {
	G2P      []byte // g2p-ja/g2p.onnx
	G2PTable []byte // g2p-ja/g2p.json
	Acoustic []byte // voice-ja/acoustic.onnx
	Vocoder  []byte // voice-ja/vocoder.onnx
}

// Options are what a caller may choose.
type Options struct {
	Readings *Readings // the user dictionary; may be nil
	// Unknown reads a Latin word (without apostrophes) that the lexicon lacks, in katakana or capitals. Where it is nil or
	// gives nothing, the word is spelt.
	Unknown func(word string) (string, bool)
	Seed    uint64 // of the noise; 0 means DefaultSeed
	// Unoptimized leaves the graphs as they are stored: they load sooner and run slower.
	Unoptimized bool
}

// Voice is the embedded voice, a voice.Synthesizer. Requests may run at the same time; each takes one thread.
type Voice struct {
	rt   *ort.Runtime
	opts Options

	g2p, acoustic, vocoder *ort.Session
	table                  *table
	noise                  []float32 // a second of it, made ahead: the first chunk does not wait for it
	scratch                sync.Pool // *scratch
}

var _ voice.Synthesizer = (*Voice)(nil)

// Open loads the voice. The models' bytes are not kept.
func Open(rt *ort.Runtime, m Models, lexicon Lexicon, opts Options) (*Voice, error) {
	if opts.Seed == 0 {
		opts.Seed = DefaultSeed
	}
	v := &Voice{rt: rt, opts: opts, noise: make([]float32, rate)}
	noise(v.noise, opts.Seed, 0)
	v.scratch.New = func() any {
		return &scratch{normaliser: normaliser{lexicon: lexicon, readings: opts.Readings, unknown: v.unknown}}
	}
	var err error
	if v.table, err = readTable(m.G2PTable); err != nil {
		return nil, fmt.Errorf("open voice koe: g2p.json: %w", err)
	}
	// One thread each: two contend on sentences this short.
	so := ort.Options{IntraThreads: 1}
	if opts.Unoptimized {
		so.Optimization = 1 // none
	}
	for _, g := range []struct {
		name    string
		model   []byte
		session **ort.Session
	}{{"g2p.onnx", m.G2P, &v.g2p}, {"acoustic.onnx", m.Acoustic, &v.acoustic}, {"vocoder.onnx", m.Vocoder, &v.vocoder}} {
		if *g.session, err = rt.NewSession(g.model, so); err != nil {
			_ = v.Close() // err says more
			return nil, fmt.Errorf("open voice koe: %s: %w", g.name, err)
		}
	}
	return v, nil
}

// unknown reads a word that the lexicon lacks.
func (v *Voice) unknown(word string) (string, bool) {
	if v.opts.Unknown != nil {
		if kana, ok := v.opts.Unknown(word); ok {
			return kana, true
		}
	}
	return upper(word), true
}

// Format is 24 kHz mono.
func (v *Voice) Format() audio.Format { return audio.Format{Rate: rate, Channels: 1} }

// Voices lists the one voice.
func (v *Voice) Voices() []voice.Voice { return Voices() }

// Voices lists the engine's voices without opening it.
func Voices() []voice.Voice {
	return []voice.Voice{{Name: Name, Engine: "koe", Langs: []string{"ja"}, Gender: "female", Licence: "Apache-2.0",
		About: "Koe's own voice, distilled from Kokoro-82M (Apache-2.0) with Japanese pitch accents"}}
}

// Close frees the graphs when the requests in progress have ended.
func (v *Voice) Close() error {
	var errs []error
	for _, s := range []*ort.Session{v.g2p, v.acoustic, v.vocoder} {
		if s != nil {
			errs = append(errs, s.Close())
		}
	}
	return errors.Join(errs...)
}

// table is g2p.json, prepared.
type table struct {
	factor   int            // CTC frames a character
	numbers  map[rune]int64 // of the alphabet's characters
	symbols  []symbol       // of the vocabulary
	boundary int            // the symbol "#"
}

// unknownNumber is the number of characters outside the alphabet.
const unknownNumber = 1

func readTable(data []byte) (*table, error) {
	var file struct {
		Factor   int
		Alphabet string
		Vocab    []string
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, err
	}
	if file.Factor < 1 || file.Alphabet == "" || len(file.Vocab) == 0 {
		return nil, errors.New("factor, alphabet or vocab is missing")
	}
	t := &table{factor: file.Factor, numbers: make(map[rune]int64, len(file.Alphabet)/3), boundary: -1}
	n := int64(0)
	for _, r := range file.Alphabet {
		t.numbers[r] = n
		n++
	}
	for i, name := range file.Vocab {
		s, err := newSymbol(name)
		if err != nil {
			return nil, fmt.Errorf("vocab %d: %w", i, err)
		}
		if s.kind == kindPhrase {
			t.boundary = i
		}
		t.symbols = append(t.symbols, s)
	}
	if t.boundary < 0 {
		return nil, errors.New(`vocab has no "#"`)
	}
	return t, nil
}
