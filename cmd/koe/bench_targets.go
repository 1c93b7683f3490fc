package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"koe/internal/bench"
	"koe/internal/translate"
)

type benchTargetsCmd struct {
	Sentences int  `default:"20" placeholder:"N" help:"Sentences for each figure."`
	Quick     bool `help:"Without the run at the stream's pace (a minute or two)."`
}

// target is a row of the table.
type target struct {
	Name     string   `json:"name"`
	Unit     string   `json:"unit"`
	Target   float64  `json:"target_m4_max"`
	Measured *float64 `json:"measured"` // null: not run here
	How      string   `json:"how"`
}

// Run prints the targets for an M4 Max beside what this machine does.
func (cmd *benchTargetsCmd) Run(ctx context.Context, s streams, c *common) error {
	if cmd.Sentences < 1 {
		return usage("--sentences %d: at least one is needed", cmd.Sentences)
	}
	cfg, err := c.begin(s)
	if err != nil {
		return err
	}
	var total, memory *float64
	how := "not run here: --quick"
	if !cmd.Quick {
		watch := bench.Watch(20 * time.Millisecond)
		run := benchPipelineCmd{Sentences: min(cmd.Sentences, 10), Seed: 1}
		summary, _, err := run.once(ctx, s, cfg)
		if err != nil {
			return err
		}
		ms := millis(summary.FirstSoundIdle.P50)
		total, how = &ms, fmt.Sprintf("first_sound_idle p50 of %d", summary.FirstSoundIdle.N)
		if m, err := watch(); err == nil {
			gb := float64(m.Total) / 1e9
			memory = &gb
		}
	}
	present, err := cmd.stages(ctx, c, "")
	if err != nil {
		return err
	}
	rows := []target{
		{"translation", "ms", 20, &present.translate, "p50 of sentences of 15–20 words"},
		{"speech", "ms", 60, &present.voice, "p50 from text to first audible sample"},
		{"total", "ms", 100, total, how},
		{"GPU use", "%", 80, nil, "this version computes on the CPU"},
		{"memory", "GB", 3, memory, "resident, peak"},
	}
	if memory == nil {
		rows[len(rows)-1].How = "not run here"
	}
	for _, mode := range []struct {
		preset           string
		translate, voice float64
	}{{"fast", 15, 50}, {"balanced", 20, 55}, {"quality", 25, 60}} {
		at, err := cmd.stages(ctx, c, mode.preset)
		if err != nil {
			return err
		}
		rows = append(rows,
			target{"mode " + mode.preset + ": translation", "ms", mode.translate, &at.translate, "as above, --preset " + mode.preset},
			target{"mode " + mode.preset + ": speech", "ms", mode.voice, &at.voice, "as above, --preset " + mode.preset})
	}
	head := bench.NewHead()
	if c.JSON {
		return encode(s.out, struct {
			bench.Head
			Targets []target `json:"targets"`
		}{head, rows})
	}
	if err := head.Print(s.out); err != nil {
		return err
	}
	t := bench.Table{Columns: []string{"target", "M4 Max", "this machine", "how"}}
	for _, r := range rows {
		measured := "not run here"
		if r.Measured != nil {
			measured = fmt.Sprintf("%.3g %s", *r.Measured, r.Unit)
		}
		t.Add(r.Name, fmt.Sprintf("%g %s", r.Target, r.Unit), measured, r.How)
	}
	return t.Print(s.out)
}

func millis(d time.Duration) float64 { return d.Seconds() * 1e3 }

// stages are the two parts of a sentence's way, p50 in milliseconds.
type stages struct{ translate, voice float64 }

// stages measures them with a preset; "" is the configuration as it is.
func (cmd *benchTargetsCmd) stages(ctx context.Context, c *common, preset string) (_ stages, err error) {
	with := *c
	if preset != "" {
		with.Preset = preset
	}
	cfg, err := with.load()
	if err != nil {
		return stages{}, err
	}
	p, err := openParts(ctx, cfg, need{translator: true, voice: true})
	if err != nil {
		return stages{}, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	texts := bench.Sentences(cmd.Sentences+1, 15, 20)
	var took []time.Duration
	if p.translator != nil {
		for i, text := range texts {
			start := time.Now()
			tr, err := p.translator.Translate(ctx, translate.Request{Text: text, Source: cfg.Translation.Source, Target: cfg.Translation.Target})
			if err != nil {
				return stages{}, err
			}
			if i > 0 { // the first one warms up
				took = append(took, time.Since(start))
			}
			texts[i] = p.reading.Read(tr.Text)
		}
	}
	figures, err := bench.Compare(ctx, []bench.Speaker{bench.Synthesizer(cfg.TTS.Model, p.voice, voiceRequest(cfg), nil)}, texts)
	if err != nil {
		return stages{}, err
	}
	if f := figures[0]; f.Failed > 0 {
		return stages{}, fmt.Errorf("%s failed %d times: %s", f.Name, f.Failed, f.Error)
	}
	return stages{millis(bench.FigureOf(took).P50), millis(figures[0].First.P50)}, nil
}
