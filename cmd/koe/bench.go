package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"koe/internal/bench"
	"koe/internal/config"
	"koe/internal/translate"
	"koe/internal/voice"
)

type benchCmd struct {
	Pipeline  benchPipelineCmd  `cmd:"" help:"Latency of the whole way, from a generated stream at its pace to a sink paced in real time."`
	Translate benchTranslateCmd `cmd:"" help:"Translation of sentences, beside transformers on PyTorch."`
	Quality   benchQualityCmd   `cmd:"" help:"Quality of translation on files of sentences with reference translations."`
	Voice     benchVoiceCmd     `cmd:"" help:"First sound and speed of a voice engine."`
	Targets   benchTargetsCmd   `cmd:"" help:"The targets for an M4 Max beside what this machine does."`
	Start     benchStartCmd     `cmd:"" hidden:"" help:"Open the engines, say how long it took, and leave."`
}

// encode prints a bench's result as JSON.
func encode(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// skipped reports a peer that could not be measured and is nil then; other errors come back.
func skipped(s streams, err error) error {
	var skip *bench.SkipError
	if errors.As(err, &skip) {
		fmt.Fprintln(s.err, "koe:", skip)
		return nil
	}
	return err
}

// voiceRequest is what the configuration says about speaking.
func voiceRequest(cfg *config.Config) voice.Request {
	return voice.Request{Lang: cfg.VoiceLang(), Voice: cfg.TTS.Voice, Speed: cfg.TTS.Speed, Pitch: cfg.TTS.Pitch, Volume: 1}
}

// japanese are n sentences of our own narration, translated and as the voice gets them.
func (p *parts) japanese(ctx context.Context, cfg *config.Config, n int) ([]string, error) {
	var out []string
	for _, s := range bench.Sentences(n, 5, 25) {
		tr, err := p.translator.Translate(ctx, translate.Request{Text: s, Source: cfg.Translation.Source, Target: cfg.Translation.Target})
		if err != nil {
			return nil, err
		}
		out = append(out, p.reading.Read(tr.Text))
	}
	return out, nil
}

type benchVoiceCmd struct {
	Sentences int `default:"50" placeholder:"N" help:"How many sentences."`
}

// Run measures the voice engine that the configuration names.
func (cmd *benchVoiceCmd) Run(ctx context.Context, s streams, c *common) (err error) {
	cfg, err := c.begin(s)
	if err != nil {
		return err
	}
	p, err := openParts(ctx, cfg, need{translator: true, voice: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	texts := bench.Sentences(cmd.Sentences, 5, 25)
	if p.translator != nil {
		if texts, err = p.japanese(ctx, cfg, cmd.Sentences); err != nil {
			return err
		}
	}
	if len(texts) == 0 {
		return usage("--sentences %d: at least one is needed", cmd.Sentences)
	}
	var parts bench.Parts
	figures, err := bench.Compare(ctx, []bench.Speaker{bench.Synthesizer(cfg.TTS.Model, p.voice, voiceRequest(cfg), parts.Add)}, texts)
	if err != nil {
		return err
	}
	head := bench.NewHead()
	if c.JSON {
		return encode(s.out, struct {
			bench.Head
			bench.VoiceFigures
			Parts []bench.Part `json:"parts"`
		}{head, figures[0], parts.Figures()})
	}
	if err := head.Print(s.out); err != nil {
		return err
	}
	t := bench.Table{Columns: []string{"voice " + cfg.TTS.Model, "n", "p50", "p95", "max"}}
	t.AddFigure("first sound after text", figures[0].First)
	for _, part := range parts.Figures() {
		t.AddFigure("· "+part.Name, part.Figure)
	}
	t.AddFigure("whole sentence", figures[0].Took)
	if err := t.Print(s.out); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "\nreal-time factor %.4f; %d of %d failed %s\n", figures[0].Factor, figures[0].Failed, len(texts), figures[0].Error)
	return err
}
