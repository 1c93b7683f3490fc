// Package espeak owns the espeak-ng engine: the program espeak-ng (1.50 or later) as a process for each request, started
// before it is needed and waiting for its text.
//
// It speaks the languages that espeak-ng has, well over a hundred. Its Japanese knows kana alone.
package espeak

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"

	"koe/internal/audio"
	"koe/internal/voice"
	"koe/internal/voice/process"
)

// rate is that of espeak-ng's own voices, Hz.
const rate = 22050

// margin is the silence left at both ends, in samples: 10 ms.
const margin = rate / 100

// Engine speaks through espeak-ng, a voice.Synthesizer. Requests may run at the same time, a process each.
type Engine struct {
	path   string
	voices []listed

	pool process.Pool
}

var _ voice.Synthesizer = (*Engine)(nil)

// Open finds espeak-ng (path; "" looks it up) and asks it for its voices. It returns a voice.MissingError where there is none.
func Open(ctx context.Context, path string) (*Engine, error) {
	if path == "" {
		path = "espeak-ng"
	}
	found, err := exec.LookPath(path)
	if err != nil {
		return nil, &voice.MissingError{Engine: "espeak-ng", Remedy: remedy(runtime.GOOS)}
	}
	e := &Engine{path: found}
	if e.voices, err = listVoices(ctx, found); err != nil {
		return nil, fmt.Errorf("voice espeak: list voices: %w", err)
	}
	return e, nil
}

// remedy is how espeak-ng is installed.
func remedy(goos string) string {
	switch goos {
	case "darwin":
		return "brew install espeak-ng"
	case "windows":
		return "winget install eSpeak-NG.eSpeak-NG (and add its folder to PATH)"
	default:
		return "apt-get install espeak-ng (or your distribution's package of that name)"
	}
}

// Format is 22.05 kHz mono.
func (e *Engine) Format() audio.Format { return audio.Format{Rate: rate, Channels: 1} }

// Voices lists the voices that espeak-ng lists; a voice's name is its file's ("gmw/en-US").
func (e *Engine) Voices() []voice.Voice {
	out := make([]voice.Voice, len(e.voices))
	for i, v := range e.voices {
		out[i] = v.voice
	}
	return out
}

// Prepare starts a process for requests like r, so that the first one finds it waiting. Later requests find one that was
// started for the request before.
func (e *Engine) Prepare(r voice.Request) error {
	args, err := e.arguments(&r)
	if err != nil {
		return err
	}
	if err := e.pool.Ahead(key(args), e.command(args)); err != nil {
		return fmt.Errorf("voice espeak: %w", err)
	}
	return nil
}

// arguments completes the request and returns the process's arguments.
func (e *Engine) arguments(r *voice.Request) ([]string, error) {
	var err error
	if *r, err = r.Complete(); err != nil {
		return nil, fmt.Errorf("voice espeak: %w", err)
	}
	name, err := e.choose(r.Voice, r.Lang)
	if err != nil {
		return nil, err
	}
	// 175 words a minute and pitch 50 are espeak-ng's own; 50 steps of pitch are an octave.
	speed := strconv.Itoa(int(175*r.Speed + 0.5))
	pitch := strconv.Itoa(max(0, min(99, int(50+50*r.Pitch/12+0.5))))
	return []string{"--stdin", "--stdout", "-z", "-b", "1", "-v", name, "-s", speed, "-p", pitch}, nil
}

// key tells requests apart that need processes of their own.
func key(args []string) string { return strings.Join(args, " ") }

func (e *Engine) command(args []string) process.Command {
	return func() (*exec.Cmd, string, func(), error) {
		return exec.Command(e.path, args...), "", nil, nil //nolint:gosec // the user's own engine
	}
}

// Synthesize implements voice.Synthesizer. A process that is killed or crashes is replaced once.
func (e *Engine) Synthesize(ctx context.Context, r voice.Request, emit func(voice.Chunk) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	args, err := e.arguments(&r)
	if err != nil {
		return err
	}
	if e.pool.Closed() {
		return fmt.Errorf("voice espeak: %w", process.ErrClosed)
	}
	text := process.Clean(r.Text)
	if text == "" {
		return nil
	}
	start := time.Now()
	trace := voice.Trace(ctx)
	trim := voice.Trimmer{Margin: margin}
	marks := []voice.Mark{{}}
	first := true
	out := func(c voice.Chunk) error {
		if len(c.Samples) == 0 {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if first {
			trace("first chunk", time.Since(start))
			first = false
		}
		voice.Limit(c.Samples, r.Volume)
		return emit(c)
	}
	heard := 0 // samples taken of the process; it always makes the same, so a second one goes on from there
	var failed error
	for range 2 {
		failed, err = e.attempt(ctx, args, text, &heard, func(samples []float32) error {
			m := marks
			marks = nil
			return out(trim.Add(samples, m))
		})
		if err != nil {
			return err
		}
		if failed == nil {
			return out(trim.End())
		}
	}
	return fmt.Errorf("voice espeak: failed twice: %w", failed)
}

// attempt has a process speak, and hands on what follows the first *heard samples, which it counts. The first error is
// the process's own, the second one ends the request.
func (e *Engine) attempt(ctx context.Context, args []string, text string, heard *int, use func([]float32) error) (failed, err error) {
	p, err := e.pool.Take(key(args), e.command(args))
	if err != nil {
		return nil, fmt.Errorf("voice espeak: %w", err)
	}
	defer e.pool.Done(p)
	defer context.AfterFunc(ctx, p.Kill)()
	if failed = p.Send(text); failed == nil {
		// The next one starts while this one reads its text.
		if err := e.pool.Ahead(key(args), e.command(args)); err != nil && !errors.Is(err, process.ErrClosed) {
			return nil, fmt.Errorf("voice espeak: %w", err)
		}
		failed, err = read(p.Stdout, *heard, func(samples []float32) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			*heard += len(samples)
			return use(samples)
		})
	}
	if err != nil {
		return nil, err
	}
	if end := p.Wait(); failed == nil {
		failed = end
	}
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case failed != nil && e.pool.Closed():
		return nil, fmt.Errorf("voice espeak: %w", process.ErrClosed)
	}
	return failed, nil
}

// Close ends all processes, and with them the requests in progress, and takes no more.
func (e *Engine) Close() error {
	e.pool.Close()
	return nil
}
