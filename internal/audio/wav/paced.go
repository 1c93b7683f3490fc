package wav

import (
	"context"
	"errors"
	"sync"
	"time"

	"koe/internal/audio"
)

// paced is a Writer behind a sink that consumes in real time. What has sounded is collected, and written by the calls
// that can wait for it.
type paced struct {
	*audio.Paced
	w *Writer

	writing sync.Mutex // held by store, so that spans stay in order

	mu    sync.Mutex
	spans []span
	taken int // frames stored, silence included
}

type span struct {
	frame   int // where it belongs
	samples []float32
}

func newPaced(w *Writer) (*paced, error) {
	p := &paced{w: w}
	var err error
	p.Paced, err = audio.NewPaced(w.format, audio.PacedOptions{Name: w.name, Sounded: p.sounded})
	return p, err
}

func (p *paced) sounded(at time.Duration, samples []float32) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	frame := p.w.format.Samples(at) / p.w.format.Channels
	p.spans = append(p.spans, span{frame, append([]float32(nil), samples...)})
	return nil
}

// store writes what has sounded, with the silence before it.
func (p *paced) store(ctx context.Context) error {
	p.writing.Lock()
	defer p.writing.Unlock()
	p.mu.Lock()
	spans := p.spans
	p.spans = nil
	p.mu.Unlock()
	const rounding = 2 // frames
	f := p.w.format
	for i, s := range spans {
		err := ctx.Err()
		if gap := s.frame - p.taken; gap > rounding {
			silence := make([]float32, min(gap, f.Rate)*f.Channels)
			for ; gap > 0 && err == nil; gap -= f.Rate {
				n := min(gap, f.Rate)
				err = p.w.Write(ctx, silence[:n*f.Channels])
				p.taken += n
			}
		}
		if err == nil {
			err = p.w.Write(ctx, s.samples)
			p.taken += len(s.samples) / f.Channels
		}
		if err != nil {
			if ctx.Err() != nil { // what was not taken waits for the next call
				p.mu.Lock()
				p.spans = append(spans[i+1:], p.spans...)
				p.mu.Unlock()
			}
			return err
		}
	}
	return nil
}

// Write implements audio.Sink.
func (p *paced) Write(ctx context.Context, samples []float32) error {
	if err := p.Paced.Write(ctx, samples); err != nil {
		return err
	}
	return p.store(ctx)
}

// Drain implements audio.Sink.
func (p *paced) Drain(ctx context.Context) error {
	if err := p.Paced.Drain(ctx); err != nil {
		return err
	}
	return p.store(ctx)
}

// Close completes the file with what has sounded; a pipe whose reader sleeps doesn't get it.
func (p *paced) Close() error {
	err := p.Paced.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if e := p.store(ctx); !errors.Is(e, audio.ErrSinkClosed) {
		err = errors.Join(err, e)
	}
	return errors.Join(err, p.w.Close())
}
