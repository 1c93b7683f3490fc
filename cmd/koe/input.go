package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
	"golang.org/x/term"

	"koe/internal/agent"
	"koe/internal/agent/detect"
	"koe/internal/agent/replay"
	"koe/internal/pipeline"
)

// drainCap bounds what drain holds before the writer has to wait. The pipeline takes input as fast as it comes once it
// runs, so that this is what may arrive while the models load.
const drainCap = 64 << 20

// drain takes its input into memory as fast as it comes, from the program's first moment on: an agent never waits for
// the models to load. Read ends with the context, even while the input blocks.
type drain struct {
	mu     sync.Mutex
	buf    []byte
	err    error
	done   <-chan struct{}
	cause  func() error
	wake   chan struct{} // data or the end is there
	taken  chan struct{} // there is room again
	buffer int
}

// newDrain starts reading src. Its goroutine ends when src does: for a blocked standard input, with the process.
func newDrain(ctx context.Context, src io.Reader) *drain {
	d := &drain{
		done: ctx.Done(), cause: ctx.Err,
		wake: make(chan struct{}, 1), taken: make(chan struct{}, 1), buffer: drainCap,
	}
	go d.fill(src)
	return d
}

func (d *drain) fill(src io.Reader) {
	chunk := make([]byte, 64<<10)
	for {
		n, err := src.Read(chunk)
		d.mu.Lock()
		d.buf = append(d.buf, chunk[:n]...)
		d.err = err
		full := len(d.buf) >= d.buffer
		d.mu.Unlock()
		notify(d.wake)
		if err != nil {
			return
		}
		for full {
			select {
			case <-d.taken:
			case <-d.done:
				return
			}
			d.mu.Lock()
			full = len(d.buf) >= d.buffer
			d.mu.Unlock()
		}
	}
}

func notify(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Read implements io.Reader.
func (d *drain) Read(p []byte) (int, error) {
	for {
		d.mu.Lock()
		if len(d.buf) > 0 {
			n := copy(p, d.buf)
			d.buf = d.buf[n:]
			if len(d.buf) == 0 {
				d.buf = nil
			}
			d.mu.Unlock()
			notify(d.taken)
			return n, nil
		}
		err := d.err
		d.mu.Unlock()
		if err != nil {
			return 0, err
		}
		select {
		case <-d.wake:
		case <-d.done:
			return 0, d.cause()
		}
	}
}

// inputFlags say what is read.
type inputFlags struct {
	Input  string  `type:"existingfile" placeholder:"FILE" help:"Read FILE instead of standard input."`
	Format string  `default:"auto" placeholder:"NAME" help:"What the input is: auto, claude, transcript or text."`
	Pace   bool    `help:"Replay a recording at the pace at which it was made."`
	Rate   float64 `default:"1" placeholder:"X" help:"With --pace: X times as fast."`
}

// open returns the input, already being drained, and a function that closes it.
func (f *inputFlags) open(ctx context.Context, stdin *os.File) (io.Reader, func(), error) {
	if f.Format != "auto" {
		if _, err := detect.ByName(f.Format); err != nil {
			return nil, nil, usageError{err}
		}
	}
	if f.Rate <= 0 {
		return nil, nil, usage("--rate %g: a positive number is needed", f.Rate)
	}
	if f.Input != "" {
		file, err := os.Open(f.Input)
		if err != nil {
			return nil, nil, err
		}
		return file, func() { _ = file.Close() }, nil
	}
	if term.IsTerminal(int(stdin.Fd())) {
		return nil, nil, usage(`nothing to read: standard input is the terminal. Pipe an agent's stream into koe:

  claude -p "…" --output-format stream-json --verbose --include-partial-messages | koe

or try: koe say こんにちは · koe --input FILE · ./demo · koe --help`)
	}
	return newDrain(ctx, stdin), func() {}, nil
}

// source makes the pipeline's source of the input.
func (f *inputFlags) source(in io.Reader) pipeline.Source {
	return func(ctx context.Context, emit func(agent.Event) error) (agent.Report, error) {
		var reader agent.Reader = detect.Reader{}
		if f.Format != "auto" {
			format, err := detect.ByName(f.Format)
			if err != nil {
				return agent.Report{}, err
			}
			reader = format.Reader
		}
		if !f.Pace {
			return reader.Read(ctx, in, emit)
		}
		var report agent.Report
		group, ctx := errgroup.WithContext(ctx)
		r, w := io.Pipe()
		group.Go(func() error {
			err := replay.Copy(ctx, w, in, f.Rate)
			_ = w.CloseWithError(err) // nil means io.EOF
			return err
		})
		group.Go(func() (err error) {
			report, err = reader.Read(ctx, r, emit)
			_ = r.CloseWithError(err)
			return err
		})
		err := group.Wait()
		if errors.Is(err, io.ErrClosedPipe) && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return report, err
	}
}

// reportInput says once, at the end, what of the input could not be used.
func reportInput(w io.Writer, r agent.Report) {
	for line := range strings.Lines(r.String()) {
		fmt.Fprintln(w, "koe: input: skipped", strings.TrimSuffix(line, "\n"))
	}
}
