package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"koe/internal/audio"
	"koe/internal/audio/device"
	"koe/internal/audio/wav"
	"koe/internal/config"
	"koe/internal/model"
	"koe/internal/ort"
	"koe/internal/pipeline"
	"koe/internal/prose"
	"koe/internal/reading"
	"koe/internal/translate"
	"koe/internal/translate/m2m"
	"koe/internal/voice"
	"koe/internal/voice/espeak"
	voicekoe "koe/internal/voice/koe"
	"koe/internal/voice/say"
	"koe/models"
)

// parts are the engines of a run. close releases them.
type parts struct {
	runtime    *ort.Runtime // nil where nothing needs it
	translator *translate.Cache
	voice      voice.Synthesizer
	reading    *reading.Reader
	ready      time.Duration // from the start of opening
}

func (p *parts) close() error {
	var errs []error
	if p.translator != nil {
		errs = append(errs, p.translator.Close())
	}
	if p.voice != nil {
		errs = append(errs, p.voice.Close())
	}
	return errors.Join(errs...)
}

// need says which engines a command uses.
type need struct{ translator, voice bool }

// openParts loads the engines side by side.
func openParts(ctx context.Context, cfg *config.Config, what need) (_ *parts, err error) {
	start := time.Now()
	p := &parts{}
	defer func() {
		if err != nil {
			_ = p.close()
		}
	}()
	if cfg.Translation.Source == cfg.Translation.Target {
		what.translator = false
	}
	if what.translator || what.voice && cfg.TTS.Model == voicekoe.Name {
		if p.runtime, err = openRuntime(); err != nil {
			return nil, err
		}
	}
	readings, err := openReadings(cfg)
	if err != nil {
		return nil, err
	}
	// A word of the user's dictionary reaches the voice as it is written: the voice knows its reading and accent.
	p.reading = reading.New(reading.Options{Word: func(word string) (string, bool) {
		return word, readings != nil && readings.Has(word)
	}})
	group, gctx := errgroup.WithContext(ctx)
	if what.translator {
		group.Go(func() (err error) {
			p.translator, err = openTranslator(p.runtime, cfg)
			return err
		})
	}
	if what.voice {
		group.Go(func() (err error) {
			p.voice, err = openVoice(gctx, p.runtime, cfg, p.reading, readings)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	p.ready = time.Since(start)
	return p, nil
}

// openRuntime loads ONNX Runtime.
func openRuntime() (*ort.Runtime, error) {
	path, err := ort.Find()
	if err != nil {
		return nil, missingError{err}
	}
	return ort.Open(path)
}

// isMissing tells errors of parts that are not installed.
func isMissing(err error) bool {
	var (
		missing   missingError
		engine    *voice.MissingError
		installed *model.NotInstalledError
	)
	return errors.As(err, &missing) || errors.As(err, &engine) || errors.As(err, &installed) || errors.Is(err, ort.ErrNotFound)
}

// isNoDevice tells that there is no sound device.
func isNoDevice(err error) bool {
	var none *device.NoDeviceError
	return errors.As(err, &none)
}

// store is where imported models lie.
func store() *model.Store { return model.New(model.DefaultRoot(), version) }

// resolveModels checks that the configured models are installed.
func resolveModels(cfg *config.Config) (notices []string, err error) {
	return cfg.ResolveModels(func(key, name string) (ok bool, command string) {
		if key == "tts.model" {
			// A program that is not installed is found out, with its remedy, when it is opened.
			return name != "xtts_v2", "this version has no XTTS v2 engine yet"
		}
		_, err := store().Open(name)
		return err == nil, "koe models import DIR --name " + name + " (DIR: the folder of the downloaded checkpoint)"
	})
}

// openEngine opens the translation model that the configuration names.
func openEngine(rt *ort.Runtime, cfg *config.Config) (translate.Engine, error) {
	opts := m2m.Options{Threads: cfg.Performance.TranslateThreads, Unoptimized: !cfg.Performance.EnableCompilation}
	if cfg.Translation.Model == config.DefaultTranslationModel {
		return m2m.Open(rt, enjaFiles(), opts)
	}
	installed, err := store().Open(cfg.Translation.Model)
	if err != nil {
		return nil, err
	}
	return m2m.OpenDir(rt, installed.Dir, opts)
}

// enjaFiles are the embedded translation model's, in the program's read-only memory.
func enjaFiles() m2m.Files {
	m := models.EnJa()
	return m2m.Files{Config: m["config.json"].Bytes(), Weights: m["weights.safetensors"].Bytes(), Tokenizer: m["sentencepiece.bpe.model"].Bytes()}
}

// voiceModels are the embedded voice's.
func voiceModels() voicekoe.Models {
	g2p, v := models.G2PJa(), models.VoiceJa()
	return voicekoe.Models{
		G2P: g2p["g2p.onnx"].Bytes(), G2PTable: g2p["g2p.json"].Bytes(),
		Acoustic: v["acoustic.onnx"].Bytes(), Vocoder: v["vocoder.onnx"].Bytes(),
	}
}

func openTranslator(rt *ort.Runtime, cfg *config.Config) (*translate.Cache, error) {
	open := func() (translate.Translator, error) {
		engine, err := openEngine(rt, cfg)
		if err != nil {
			return nil, err
		}
		for _, code := range []string{cfg.Translation.Source, cfg.Translation.Target} {
			if !engine.Languages(code) {
				err := usage("the translation model %s does not know the language %s; see koe models list", cfg.Translation.Model, code)
				return nil, errors.Join(err, engine.Close())
			}
		}
		return translate.New(engine, translate.Options{FirstBeam: cfg.Translation.Beam}), nil
	}
	tr, err := open()
	if err != nil {
		return nil, err
	}
	if !cfg.Performance.CacheModels {
		idle := &idlingTranslator{idling[translate.Translator]{open: open, after: idleTime, thing: tr, there: true}}
		tr = idle
	}
	cache, err := translate.NewCache(tr, int64(cfg.Translation.CacheMB)<<20)
	if err != nil {
		return nil, errors.Join(err, tr.Close())
	}
	return cache, nil
}

// openReadings reads the user's dictionary; nil if there is none.
func openReadings(cfg *config.Config) (*voicekoe.Readings, error) {
	name := cfg.TTS.Readings
	if name == "" || cfg.TTS.Model != voicekoe.Name {
		return nil, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, usageError{fmt.Errorf("tts.readings (%s): %w", cfg.Origin("tts.readings"), err)}
	}
	defer f.Close() //nolint:errcheck // read only
	r, err := voicekoe.ReadReadings(f, name)
	if err != nil {
		return nil, usageError{err}
	}
	return r, nil
}

// openVoice opens the voice engine that the configuration names, ready for its first sentence.
func openVoice(ctx context.Context, rt *ort.Runtime, cfg *config.Config, reader *reading.Reader, readings *voicekoe.Readings) (voice.Synthesizer, error) {
	open := func() (voice.Synthesizer, error) { return openVoiceEngine(ctx, rt, cfg, reader, readings) }
	v, err := open()
	if err != nil {
		return nil, err
	}
	if err = checkVoice(v, cfg); err == nil {
		if ahead, ok := v.(interface{ Prepare(voice.Request) error }); ok {
			err = ahead.Prepare(voice.Request{Lang: cfg.VoiceLang(), Voice: cfg.TTS.Voice, Speed: cfg.TTS.Speed, Pitch: cfg.TTS.Pitch, Volume: 1})
		}
	}
	if err != nil {
		return nil, errors.Join(err, v.Close())
	}
	if !cfg.Performance.CacheModels && cfg.TTS.Model == voicekoe.Name { // the other engines are programs
		return &idlingVoice{idling[voice.Synthesizer]{open: open, after: idleTime, thing: v, there: true}, v.Format(), v.Voices()}, nil
	}
	return v, nil
}

func openVoiceEngine(ctx context.Context, rt *ort.Runtime, cfg *config.Config, reader *reading.Reader, readings *voicekoe.Readings) (voice.Synthesizer, error) {
	switch cfg.TTS.Model {
	case voicekoe.Name:
		return voicekoe.Open(rt, voiceModels(), reader, voicekoe.Options{
			Readings: readings,
			Unknown:  func(word string) (string, bool) { return reader.Sound(word), true },

			Unoptimized: !cfg.Performance.EnableCompilation,
		})
	case "espeak":
		return espeak.Open(ctx, "")
	case "say":
		return say.Open(ctx, "")
	}
	return nil, missingError{fmt.Errorf("tts.model: no voice engine %q here; there are: koe, espeak, say", cfg.TTS.Model)}
}

// checkVoice finds out before the first sentence that the engine lacks the voice or the language.
func checkVoice(v voice.Synthesizer, cfg *config.Config) error {
	lang := cfg.VoiceLang()
	known, speaks := cfg.TTS.Voice == "", false
	for _, one := range v.Voices() {
		if one.Name == cfg.TTS.Voice {
			known = true
		}
		for _, l := range one.Langs {
			speaks = speaks || sameLanguage(l, lang)
		}
	}
	switch {
	case !known:
		return usage("the voice engine %s has no voice %q (%s); see koe voices", cfg.TTS.Model, cfg.TTS.Voice, cfg.Origin("tts.voice"))
	case !speaks:
		return usage("the voice engine %s does not speak %q (translation.target %s); try --engine espeak, and see koe voices",
			cfg.TTS.Model, lang, cfg.Translation.Target)
	}
	return nil
}

// sameLanguage compares the primary subtags of two BCP 47 tags.
func sameLanguage(a, b string) bool {
	first := func(s string) string {
		s, _, _ = strings.Cut(strings.ReplaceAll(s, "_", "-"), "-")
		return strings.ToLower(s)
	}
	return first(a) == first(b)
}

// soundFlags say where sound goes.
type soundFlags struct {
	wav      string // a file, "-" for standard output; "" for the device
	ifSilent string // a file to write where there is no device
}

// openSink opens the device or the file; note says where sound goes if that is not the device asked for.
func openSink(ctx context.Context, s streams, f audio.Format, flags soundFlags, cfg *config.Config) (sink audio.Sink, note string, err error) {
	switch flags.wav {
	case "":
	case "-":
		sink, err = wav.NewWriter(s.out, "standard output", f, wav.Options{})
		return sink, "", err
	default:
		sink, err = wav.Create(flags.wav, f, wav.Options{})
		return sink, "", err
	}
	sink, err = device.Open(ctx, cfg.Audio.Device, f)
	if err != nil && isNoDevice(err) && flags.ifSilent != "" {
		// At the pace of real time, so that captions and figures are those of a device.
		file, ferr := wav.Create(flags.ifSilent, f, wav.Options{Paced: true})
		return file, "no sound device; writing " + flags.ifSilent, ferr
	}
	return sink, "", err
}

// converter returns what turns the voice's sound into the sink's, nil where it is the same.
func converter(from, to audio.Format) (func() func([]float32) []float32, error) {
	if from == to {
		return nil, nil
	}
	c, err := audio.NewConverter(from, to)
	if err != nil {
		return nil, err
	}
	return func() func([]float32) []float32 {
		c.Flush(nil) // what a skipped sentence has left
		return func(s []float32) []float32 {
			if s == nil {
				return c.Flush(nil)
			}
			return c.Append(nil, s)
		}
	}, nil
}

// newPipeline puts the parts together.
func newPipeline(cfg *config.Config, p *parts, sink audio.Sink, observe func(pipeline.Note)) (*pipeline.Pipeline, error) {
	convert, err := converter(p.voice.Format(), sink.Format())
	if err != nil {
		return nil, err
	}
	built := pipeline.Parts{
		Cutter: prose.NewMux(prose.Options{
			SpeakThinking: cfg.Speech.SpeakThinking, AnnounceCode: cfg.Speech.AnnounceCode, AnnounceTable: cfg.Speech.AnnounceCode,
			NoGuess: !cfg.Speech.Speculation,
		}),
		Voice:   p.voice,
		Sink:    sink,
		Convert: convert,
		Observe: observe,
	}
	if p.translator != nil {
		built.Translator = p.translator
	}
	if cfg.TTS.Model == voicekoe.Name {
		built.Pronouncer = p.reading
	}
	return pipeline.New(built, pipeline.Options{
		Source: cfg.Translation.Source, Target: cfg.Translation.Target, Lang: cfg.VoiceLang(), Voice: cfg.TTS.Voice,
		Speed: cfg.TTS.Speed, Pitch: cfg.TTS.Pitch, Volume: cfg.TTS.Volume,
		Sequential: !cfg.Performance.UseAsyncStreams, NoSpeculation: !cfg.Speech.Speculation,
		CatchUp: pipeline.CatchUp(cfg.Speech.CatchUp), Pauses: pipeline.Pauses(cfg.Pauses()),
	})
}
