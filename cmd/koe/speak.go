package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"golang.org/x/sync/errgroup"
	"golang.org/x/term"

	"koe/internal/config"
	"koe/internal/pipeline"
	"koe/internal/ui"
)

type speakCmd struct {
	inputFlags

	Thinking    bool   `help:"Speak what the agent thinks aloud, too."`
	NoCode      bool   `help:"Do not announce code blocks, tables and diffs."`
	NoSpeculate bool   `help:"Begin to work only at certain sentence ends."`
	WavIfSilent string `placeholder:"FILE" help:"Where there is no sound device, write the sound to FILE, at its pace."`
	Plain       bool   `help:"Plain caption lines instead of the live view."`
}

// Run speaks the agent's stream to its end.
func (cmd *speakCmd) Run(ctx context.Context, s streams, c *common) error {
	in, closeInput, err := cmd.open(ctx, s.in)
	if err != nil {
		return err
	}
	defer closeInput()
	for _, f := range []struct {
		set     bool
		setting string
	}{
		{cmd.Thinking, "speech.speak_thinking=true"}, {cmd.NoCode, "speech.announce_code=false"}, {cmd.NoSpeculate, "speech.speculation=false"},
	} {
		if f.set {
			c.Set = append(c.Set, f.setting)
		}
	}
	cfg, err := c.begin(s)
	if err != nil {
		return err
	}
	return speak(ctx, s, c, cfg, job{source: cmd.source(in), translate: true, ifSilent: cmd.WavIfSilent, plain: cmd.Plain, rest: in})
}

// job is something to speak.
type job struct {
	source    pipeline.Source
	translate bool
	ifSilent  string
	plain     bool      // no live view
	quiet     bool      // no captions
	rest      io.Reader // what the source reads: drained to its end when the person has left the view
}

// speak runs a pipeline with what shows it.
func speak(ctx context.Context, s streams, c *common, cfg *config.Config, j job) (err error) {
	p, err := openParts(ctx, cfg, need{translator: j.translate, voice: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	sink, note, err := openSink(ctx, s, p.voice.Format(), soundFlags{wav: c.Wav, ifSilent: j.ifSilent}, cfg)
	if err != nil {
		return err
	}
	defer func() {
		// A file is complete only now, and a full disk may show only now. A lost device was reported already.
		if cerr := sink.Close(); err == nil {
			err = cerr
		}
	}()
	if note != "" {
		fmt.Fprintln(s.err, "koe:", note)
	}

	captions := s.out
	if c.Wav == "-" {
		captions = s.err
	}
	display := newDisplay(captions, c, j)
	pipe, err := newPipeline(cfg, p, sink, display.observe)
	if err != nil {
		return err
	}
	var summary pipeline.Summary
	outer := ctx
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	group, gctx := errgroup.WithContext(ctx)
	shown, hide := context.WithCancel(gctx)
	group.Go(func() error { return display.run(shown, pipe, title(cfg, sink.Stats().Name), stop) })
	group.Go(func() (err error) {
		defer hide()
		summary, err = pipe.Run(gctx, j.source)
		return err
	})
	err = group.Wait()
	left := display.left() && errors.Is(err, context.Canceled)
	if left {
		err = nil // the person pressed q
	}
	reportInput(s.err, summary.AgentReport)
	if err == nil && summary.AgentReport.Lines == 0 {
		fmt.Fprintln(s.err, "koe: the input was empty")
	}
	if err == nil && summary.Failed > 0 {
		err = fmt.Errorf("%d of %d sentences could not be spoken, the last because: %s", summary.Failed, summary.Sentences, summary.LastError)
	}
	err = errors.Join(err, display.end(captions, summary, c.Stats))
	if left && j.rest != nil && err == nil {
		return drainRest(outer, s.err, j.rest)
	}
	return err
}

// drainRest reads the input to its end after the person has stopped listening: an agent must not fail, with a closed pipe
// in its hand, because nobody listens.
func drainRest(ctx context.Context, notice io.Writer, in io.Reader) error {
	done := make(chan error, 1)
	go func() { // ends with the input, or with the process
		_, err := io.Copy(io.Discard, in)
		done <- err
	}()
	select {
	case err := <-done:
		return err
	case <-time.After(200 * time.Millisecond):
	}
	fmt.Fprintln(notice, "koe: quiet; waiting for the agent to finish (Ctrl-C ends both)")
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func title(cfg *config.Config, device string) string {
	return strings.TrimSpace(cfg.Translation.Source + " → " + cfg.Translation.Target + " · " + cfg.TTS.Model + " · " + device)
}

// display is one of the ways to show a run.
type display struct {
	lines *ui.Lines
	json  *ui.JSON
	live  *ui.Live
	quit  bool
}

func newDisplay(w io.Writer, c *common, j job) *display {
	file, isFile := w.(*os.File)
	switch {
	case c.JSON:
		return &display{json: ui.NewJSON(w)}
	case j.quiet:
		return &display{}
	case isFile && !j.plain && term.IsTerminal(int(file.Fd())):
		return &display{live: ui.NewLive()}
	}
	return &display{lines: ui.NewLines(w)}
}

func (d *display) observe(n pipeline.Note) {
	switch {
	case d.json != nil:
		d.json.Observe(n)
	case d.live != nil:
		d.live.Observe(n)
	case d.lines != nil:
		d.lines.Observe(n)
	}
}

// run shows the live view until ctx ends or the person leaves it, which stops the pipeline.
func (d *display) run(ctx context.Context, p *pipeline.Pipeline, title string, stop func()) error {
	if d.live == nil {
		return nil
	}
	in, out, err := tea.OpenTTY()
	if err != nil {
		return fmt.Errorf("live view: %w; --plain does without", err)
	}
	defer in.Close()  //nolint:errcheck // a terminal
	defer out.Close() //nolint:errcheck // a terminal
	return d.live.Run(ctx, p, title, in, out, func() {
		if ctx.Err() == nil {
			d.quit = true
			stop()
		}
	})
}

func (d *display) left() bool { return d.quit }

// end prints what is left to say when all is over.
func (d *display) end(w io.Writer, s pipeline.Summary, stats bool) error {
	switch {
	case d.json != nil:
		d.json.End(s)
		return d.json.Err()
	case stats:
		fmt.Fprintln(w)
		return ui.Table(w, s)
	case d.lines != nil:
		return d.lines.Err()
	}
	return nil
}
