package bench

import (
	"bytes"
	"context"
	"errors"
	"io"

	"golang.org/x/sync/errgroup"

	"koe/internal/agent"
	"koe/internal/agent/claude"
	"koe/internal/agent/replay"
	"koe/internal/agent/streamgen"
	"koe/internal/audio"
	"koe/internal/pipeline"
)

// heardRate is at how many English characters a second their Japanese is surely heard.
const heardRate = 12

// Stream is a run of the whole way: a generated narration stream, at its own pace.
type Stream struct {
	Sentences int
	Seed      uint64
	Rate      float64 // of the pace; 0 means 1. Over 1 the figures mean little: for tests
}

// Spoken is a sentence that was spoken, with its translation.
type Spoken struct{ Source, Text string }

// Build makes a pipeline for a sink.
type Build func(sink audio.Sink, observe func(pipeline.Note)) (*pipeline.Pipeline, error)

// Run runs a pipeline on the stream against a sink paced in real time.
func (s Stream) Run(ctx context.Context, format audio.Format, build Build) (_ pipeline.Summary, spoken []Spoken, err error) {
	if s.Rate == 0 {
		s.Rate = 1
	}
	var stream bytes.Buffer
	if _, err := streamgen.Generate(&stream, streamgen.Options{Seed: s.Seed, Sentences: s.Sentences, Heard: heardRate}); err != nil {
		return pipeline.Summary{}, nil, err
	}
	sink, err := audio.NewPaced(format, audio.PacedOptions{})
	if err != nil {
		return pipeline.Summary{}, nil, err
	}
	defer func() { err = errors.Join(err, sink.Close()) }()
	pipe, err := build(sink, func(n pipeline.Note) {
		if n.Kind == pipeline.Spoken {
			spoken = append(spoken, Spoken{n.Source, n.Text})
		}
	})
	if err != nil {
		return pipeline.Summary{}, nil, err
	}
	summary, err := pipe.Run(ctx, func(ctx context.Context, emit func(agent.Event) error) (report agent.Report, err error) {
		group, ctx := errgroup.WithContext(ctx)
		r, w := io.Pipe()
		group.Go(func() error {
			err := replay.Copy(ctx, w, &stream, s.Rate)
			_ = w.CloseWithError(err) // nil means io.EOF
			return err
		})
		group.Go(func() (err error) {
			report, err = claude.Reader{}.Read(ctx, r, emit)
			_ = r.CloseWithError(err)
			return err
		})
		return report, group.Wait()
	})
	return summary, spoken, err
}
