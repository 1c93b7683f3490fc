package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"time"

	"koe/internal/audio"
	"koe/internal/bench"
	"koe/internal/config"
	"koe/internal/hardware"
	"koe/internal/pipeline"
	"koe/internal/voice/espeak"
)

type benchPipelineCmd struct {
	Sentences   int    `default:"10" placeholder:"N" help:"Sentences in the stream; ten take about a minute."`
	Seed        uint64 `default:"1" placeholder:"N" help:"Of the generated stream."`
	NoSpeculate bool   `help:"Begin to work only at certain sentence ends."`
	Compare     bool   `help:"Run once with and once without speculation."`
	Starts      int    `default:"5" placeholder:"N" help:"How often to start koe for the time until it is ready."`
	Peers       bool   `help:"Let Open JTalk and espeak-ng speak the same sentences, too."`
	Htsvoice    string `type:"path" placeholder:"FILE" default:"/usr/share/hts-voice/nitech-jp-atr503-m001/nitech_jp_atr503_m001.htsvoice" help:"Open JTalk's voice."`
	Dictionary  string `type:"path" placeholder:"DIR" default:"/var/lib/mecab/dic/open-jtalk/naist-jdic" help:"Open JTalk's dictionary."`
	Profile     string `hidden:"" placeholder:"FILE" help:"Write a CPU profile of the runs."`
}

// pipelineResult is the bench's JSON.
type pipelineResult struct {
	bench.Head
	Speculation bool `json:"speculation"`
	pipeline.Summary
	Memory     *bench.Memory        `json:"memory,omitempty"` // absent where the kernel does not tell
	StartReady *bench.Figure        `json:"start_to_ready,omitempty"`
	Other      *pipeline.Summary    `json:"without_speculation,omitempty"`
	Peers      []bench.VoiceFigures `json:"voices,omitempty"`
}

// Run measures the whole way.
func (cmd *benchPipelineCmd) Run(ctx context.Context, s streams, c *common) error {
	if cmd.Sentences < 1 || cmd.Starts < 0 {
		return usage("--sentences and --starts: positive numbers are needed")
	}
	if cmd.NoSpeculate {
		c.Set = append(c.Set, "speech.speculation=false")
	}
	cfg, err := c.begin(s)
	if err != nil {
		return err
	}
	result := pipelineResult{Head: bench.NewHead(), Speculation: cfg.Speech.Speculation && cfg.Performance.UseAsyncStreams}
	if cmd.Starts > 0 {
		ready, err := c.starts(ctx, cmd.Starts)
		if err != nil {
			return err
		}
		result.StartReady = &ready
	}
	stopProfile, err := startProfile(cmd.Profile)
	if err != nil {
		return err
	}
	watch := bench.Watch(20 * time.Millisecond)
	var spoken []bench.Spoken
	result.Summary, spoken, err = cmd.once(ctx, s, cfg)
	memory, merr := watch()
	if err := errors.Join(err, stopProfile()); err != nil {
		return err
	}
	if merr == nil {
		result.Memory = &memory
	} else {
		fmt.Fprintln(s.err, "koe: memory is not measured here:", merr)
	}
	if cmd.Compare {
		without := *cfg
		without.Speech.Speculation = false
		other, _, err := cmd.once(ctx, s, &without)
		if err != nil {
			return err
		}
		result.Other = &other
	}
	if cmd.Peers {
		if result.Peers, err = cmd.peers(ctx, s, cfg, spoken); err != nil {
			return err
		}
	}
	if c.JSON {
		return encode(s.out, result)
	}
	return result.print(s)
}

// once runs the stream with engines opened for it, so that no translation is there before.
func (cmd *benchPipelineCmd) once(ctx context.Context, s streams, cfg *config.Config) (_ pipeline.Summary, _ []bench.Spoken, err error) {
	p, err := openParts(ctx, cfg, need{translator: true, voice: true})
	if err != nil {
		return pipeline.Summary{}, nil, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	fmt.Fprintf(s.err, "koe: %d sentences at their pace …\n", cmd.Sentences)
	return bench.Stream{Sentences: cmd.Sentences, Seed: cmd.Seed}.Run(ctx, p.voice.Format(),
		func(sink audio.Sink, observe func(pipeline.Note)) (*pipeline.Pipeline, error) {
			return newPipeline(cfg, p, sink, observe)
		})
}

// peers lets other engines speak what was spoken, beside ours.
func (cmd *benchPipelineCmd) peers(ctx context.Context, s streams, cfg *config.Config, spoken []bench.Spoken) (_ []bench.VoiceFigures, err error) {
	p, err := openParts(ctx, cfg, need{voice: true})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	speakers := []bench.Speaker{bench.Synthesizer(cfg.TTS.Model, p.voice, voiceRequest(cfg), nil)}
	dir, err := os.MkdirTemp("", "koe-bench-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if jtalk, err := bench.OpenJTalk(cmd.Dictionary, cmd.Htsvoice, dir); err == nil {
		speakers = append(speakers, jtalk)
	} else if err := skipped(s, err); err != nil {
		return nil, err
	}
	if cfg.TTS.Model != "espeak" {
		v, err := espeak.Open(ctx, "")
		switch {
		case err == nil:
			defer func() { err = errors.Join(err, v.Close()) }()
			request := voiceRequest(cfg)
			request.Voice = ""
			speakers = append(speakers, bench.Synthesizer("espeak-ng", v, request, nil))
		case isMissing(err):
			fmt.Fprintln(s.err, "koe: espeak-ng: not measured:", err)
		default:
			return nil, err
		}
	}
	var texts []string
	for _, one := range spoken {
		texts = append(texts, p.reading.Read(one.Text))
	}
	return bench.Compare(ctx, speakers, texts)
}

func (r *pipelineResult) print(s streams) error {
	if err := r.Print(s.out); err != nil {
		return err
	}
	columns := []string{"last byte of a sentence read →", "n", "p50", "p95", "max"}
	if r.Other != nil {
		columns = append(columns, "without speculation: p50", "p95")
	}
	t := bench.Table{Columns: columns}
	row := func(name string, f pipeline.Figure, other func(*pipeline.Summary) pipeline.Figure) {
		var more []string
		if r.Other != nil {
			o := other(r.Other)
			more = []string{bench.Millis(o.P50), bench.Millis(o.P95)}
		}
		t.AddFigure(name, bench.Figure(f), more...)
	}
	row("first_sound_idle", r.FirstSoundIdle, func(s *pipeline.Summary) pipeline.Figure { return s.FirstSoundIdle })
	row("ready", r.Ready, func(s *pipeline.Summary) pipeline.Figure { return s.Ready })
	row("gap", r.Gap, func(s *pipeline.Summary) pipeline.Figure { return s.Gap })
	row("cut", r.Cut, func(s *pipeline.Summary) pipeline.Figure { return s.Cut })
	row("translate", r.Translate, func(s *pipeline.Summary) pipeline.Figure { return s.Translate })
	row("voice, first chunk", r.Voice, func(s *pipeline.Summary) pipeline.Figure { return s.Voice })
	for _, p := range r.Parts {
		row("· "+p.Name, p.Figure, func(s *pipeline.Summary) pipeline.Figure {
			if i := slices.IndexFunc(s.Parts, func(o pipeline.Part) bool { return o.Name == p.Name }); i >= 0 {
				return s.Parts[i].Figure
			}
			return pipeline.Figure{}
		})
	}
	if err := t.Print(s.out); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "\n%d sentences, %.1f s of sound in %.1f s; guesses: %d right, %d wrong (%.0f ms of work wasted); underruns %d; failed %d %s\n",
		r.Spoken, r.Sound.Seconds(), r.Took.Seconds(), r.GuessRight, r.GuessWrong, r.WastedMS, r.Underruns, r.Failed, r.LastError)
	if r.Memory != nil {
		fmt.Fprintf(s.out, "memory, peak: %s anonymous, %s backed by files, %s of both\n",
			bench.Megabytes(r.Memory.Anonymous), bench.Megabytes(r.Memory.File), bench.Megabytes(r.Memory.Total))
	}
	if r.StartReady != nil {
		fmt.Fprintf(s.out, "start to ready, %d starts: p50 %s, p95 %s, worst %s\n", r.StartReady.N, bench.Millis(r.StartReady.P50), bench.Millis(r.StartReady.P95), bench.Millis(r.StartReady.Max))
	}
	if len(r.Peers) == 0 {
		return nil
	}
	fmt.Fprintln(s.out)
	v := bench.Table{Columns: []string{"text → first audible sample", "n", "p50", "p95", "max", "whole sentence, p50", "real-time factor", "failed"}}
	for _, p := range r.Peers {
		v.AddFigure(p.Name, p.First, bench.Millis(p.Took.P50), fmt.Sprintf("%.4f", p.Factor), fmt.Sprint(p.Failed))
	}
	return v.Print(s.out)
}

type benchStartCmd struct{}

// started is what `koe bench start` prints: that it is ready, and what that took it.
type started struct {
	OpenMS    float64 `json:"open_ms"`
	Anonymous uint64  `json:"anonymous"`
}

// Run opens the engines as koe does.
func (benchStartCmd) Run(ctx context.Context, s streams, c *common) error {
	cfg, err := c.begin(s)
	if err != nil {
		return err
	}
	p, err := openParts(ctx, cfg, need{translator: true, voice: true})
	if err != nil {
		return err
	}
	r, _ := hardware.ResidentMemory() // 0 where it is not known
	return errors.Join(json.NewEncoder(s.out).Encode(started{p.ready.Seconds() * 1e3, r.Anonymous}), p.close())
}

// starts measures how long it takes from starting koe until its engines are ready, n times after one that warms the
// files.
func (c *common) starts(ctx context.Context, n int) (bench.Figure, error) {
	self, err := os.Executable()
	if err != nil {
		return bench.Figure{}, err
	}
	args := []string{"bench", "start"}
	for flag, value := range map[string]string{"config": c.Config, "preset": c.Preset, "engine": c.Engine, "voice": c.Voice, "from": c.From,
		"to": c.To, "model": c.Model} {
		if value != "" {
			args = append(args, "--"+flag+"="+value)
		}
	}
	if c.Fallback {
		args = append(args, "--fallback")
	}
	for _, set := range c.Set {
		args = append(args, "--set="+set)
	}
	var took []time.Duration
	for i := range n + 1 {
		d, err := startOnce(ctx, self, args)
		if err != nil {
			return bench.Figure{}, fmt.Errorf("starting koe: %w", err)
		}
		if i > 0 {
			took = append(took, d)
		}
	}
	return bench.FigureOf(took), nil
}

func startOnce(ctx context.Context, self string, args []string) (time.Duration, error) {
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	var one started
	err = json.NewDecoder(out).Decode(&one)
	took := time.Since(begun)
	return took, errors.Join(err, cmd.Wait())
}
