// Package pipeline owns the running system: the stages from an agent's events to sound, their queues, order, priority,
// speculation and cancellation, and the ledger of latencies. It knows interfaces, never engines.
//
//	source ──▶ cut ──▶ queue ──▶ translate ──▶ synthesize ──▶ play
//	(one goroutine)   (bytes)   (one)         (one)          (one)
//
// The source is always drained: reading and cutting never wait for a later stage. Sentences leave in the order in which
// the agent wrote them. A guessed sentence runs through translation and synthesis like any other and is held before the
// sink until it is confirmed, or dropped without a trace.
package pipeline

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"koe/internal/agent"
	"koe/internal/audio"
	"koe/internal/prose"
	"koe/internal/translate"
	"koe/internal/voice"
)

// CatchUp is the policy for speech that falls behind the agent.
type CatchUp string

// KeepAll speaks every sentence, however late.
const KeepAll CatchUp = "keep-all"

// Source produces an agent's events in order, from one goroutine, until the stream ends or ctx is done.
type Source func(ctx context.Context, emit func(agent.Event) error) (agent.Report, error)

// Cutter turns events into cuts; prose.Mux is one.
type Cutter interface {
	Write(agent.Event) []prose.Cut
	Close() []prose.Cut
}

// Pronouncer rewrites text of the target language into text that the voice can read; reading.Reader is one.
type Pronouncer interface {
	Read(text string) string
}

// Parts are what a pipeline is made of. Its maker closes them after Run has returned.
type Parts struct {
	Cutter     Cutter
	Translator translate.Translator // nil: sentences are spoken as they are
	Pronouncer Pronouncer           // nil: text goes to the voice as it is
	Voice      voice.Synthesizer
	Sink       audio.Sink // in the voice's rate, or Convert is set
	// Convert makes a converter from the voice's format to the sink's for one sentence; nil where they are equal. It is
	// called with nil samples at the sentence's end to give what it holds back.
	Convert func() func(samples []float32) []float32
	Observe func(Note) // called by the stages one at a time; must return at once; nil: nobody looks
}

// Options configure a pipeline.
type Options struct {
	Source, Target string // language codes for the translator ("eng_Latn", "jpn_Jpan")
	Lang           string // the voice's language ("ja")
	Voice          string
	Speed          float64 // 0 means 1
	Pitch          float64 // semitones
	Volume         float64 // 0 means 1
	Sequential     bool    // a sentence is finished before the next begins; no speculation
	NoSpeculation  bool    // guesses are ignored; work starts at certain ends
	CatchUp        CatchUp // "" means KeepAll
	QueueBytes     int     // cap of waiting text; 0 means 64 MiB. Over it the oldest waiting sentences go, counted
	Ahead          time.Duration
	Pauses         Pauses // zero: DefaultPauses
}

// Pauses are the silences intended between sentences at speed 1; they shrink with speed.
type Pauses struct {
	Sentence, Item, Paragraph time.Duration
}

// DefaultPauses are 250 ms between sentences, 350 ms after list items, 500 ms after paragraphs.
func DefaultPauses() Pauses {
	return Pauses{Sentence: 250 * time.Millisecond, Item: 350 * time.Millisecond, Paragraph: 500 * time.Millisecond}
}

func (p Pauses) after(kind prose.Pause, speed float64) time.Duration {
	d := p.Sentence
	switch kind {
	case prose.PauseItem:
		d = p.Item
	case prose.PauseParagraph:
		d = p.Paragraph
	case prose.PauseSentence:
	}
	return time.Duration(float64(d) / max(speed, 0.25))
}

// Pipeline is one run from a source to a sink.
type Pipeline struct {
	parts Parts
	opts  Options

	queue  *queue
	synth  chan *item
	play   chan *item
	ahead  *semaphore.Weighted // samples that exist and have not been handed to the sink
	room   int64               // ahead's size
	turn   chan struct{}       // Sequential: held by the sentence in work
	ledger *ledger
	notes  sync.Mutex // one Observe at a time

	control control
}

// New returns a pipeline. It returns an error for options that make no sense.
func New(parts Parts, opts Options) (*Pipeline, error) {
	if parts.Cutter == nil || parts.Voice == nil || parts.Sink == nil {
		return nil, errors.New("pipeline: cutter, voice and sink are needed")
	}
	if opts.CatchUp == "" {
		opts.CatchUp = KeepAll
	}
	if opts.CatchUp != KeepAll {
		return nil, fmt.Errorf("pipeline: unknown catch-up policy %q; the one there is: %s", opts.CatchUp, KeepAll)
	}
	if opts.Speed == 0 {
		opts.Speed = 1
	}
	if opts.Volume == 0 {
		opts.Volume = 1
	}
	if opts.QueueBytes == 0 {
		opts.QueueBytes = 64 << 20
	}
	if opts.Ahead == 0 {
		opts.Ahead = 10 * time.Second
	}
	if opts.Pauses == (Pauses{}) {
		opts.Pauses = DefaultPauses()
	}
	if opts.Sequential {
		opts.NoSpeculation = true
	}
	format := parts.Voice.Format()
	if parts.Convert == nil && format != parts.Sink.Format() {
		return nil, fmt.Errorf("pipeline: the voice gives %d Hz × %d, the sink takes %d Hz × %d, and nothing converts",
			format.Rate, format.Channels, parts.Sink.Format().Rate, parts.Sink.Format().Channels)
	}
	p := &Pipeline{
		parts: parts, opts: opts,
		queue:  newQueue(opts.QueueBytes),
		synth:  make(chan *item, 3),
		play:   make(chan *item, 32),
		room:   int64(format.Samples(opts.Ahead)),
		turn:   make(chan struct{}, 1),
		ledger: newLedger(parts.Sink.Stats().Realtime),
	}
	p.ahead = semaphore.NewWeighted(p.room)
	p.control.speed, p.control.volume = opts.Speed, opts.Volume
	return p, nil
}

// Run speaks source to its end, until everything has sounded. It returns early when ctx is done, with ctx's error. When
// the sink is lost, the source is still drained (an agent must never wait for us, nor fail because of us) and captions go
// on; the sink's error is returned at the end. A Pipeline runs once.
func (p *Pipeline) Run(ctx context.Context, source Source) (Summary, error) {
	p.ledger.begin(time.Now())
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return p.read(ctx, source) })
	group.Go(func() error { return p.translateAll(ctx) })
	group.Go(func() error { return p.synthesizeAll(ctx) })
	group.Go(func() error { return p.playAll(ctx) })
	err := group.Wait()
	p.queue.abandon()
	return p.Summary(), err
}

// Summary is a snapshot of the ledger; it may be taken while the pipeline runs.
func (p *Pipeline) Summary() Summary {
	s := p.ledger.summary()
	s.Dropped = p.queue.overflowed()
	s.Waiting = p.queue.len()
	return s
}

func (p *Pipeline) read(ctx context.Context, source Source) error {
	report, err := source(ctx, func(ev agent.Event) error {
		p.observeEvent(ev)
		return p.cuts(p.parts.Cutter.Write(ev))
	})
	if cerr := p.cuts(p.parts.Cutter.Close()); err == nil {
		err = cerr
	}
	p.queue.close()
	p.ledger.setReport(report)
	return err
}

func (p *Pipeline) cuts(cuts []prose.Cut) error {
	for _, c := range cuts {
		switch c.Op {
		case prose.Guess:
			if !p.opts.NoSpeculation {
				p.queue.guess(newItem(c.Sentence, false))
			}
		case prose.Confirm:
			it := p.queue.confirm(c.Sentence)
			p.ledger.confirmed(it)
			p.note(Note{Kind: Queued, item: it})
		case prose.Drop:
			if it := p.queue.drop(); it != nil {
				p.ledger.wrongGuess(it)
			}
		default:
			return fmt.Errorf("pipeline: unknown cut operation %d", c.Op)
		}
	}
	return nil
}

func (p *Pipeline) translateAll(ctx context.Context) error {
	defer close(p.synth)
	for {
		it, err := p.queue.next(ctx)
		if err != nil || it == nil {
			return err
		}
		if p.opts.Sequential {
			select {
			case p.turn <- struct{}{}:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if err := p.translate(ctx, it); err != nil {
			return err
		}
		if it.gone() {
			p.endTurn()
			continue
		}
		select {
		case p.synth <- it:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// endTurn lets the next sentence begin in a sequential pipeline.
func (p *Pipeline) endTurn() {
	if p.opts.Sequential {
		<-p.turn
	}
}

// translate fills in the item's translation. Only the pipeline's own end is an error: a sentence that cannot be
// translated is shown and counted, and the next one goes on.
func (p *Pipeline) translate(ctx context.Context, it *item) error {
	it.begun = time.Now()
	it.translation = translate.Translation{Text: it.sentence.Text}
	if p.parts.Translator != nil {
		bound, release := it.bind(ctx)
		tr, err := p.parts.Translator.Translate(bound, p.request(it))
		release()
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case it.gone():
			return nil
		case err != nil:
			it.fail(fmt.Errorf("translate: %w", err))
		default:
			it.translation = tr
		}
	}
	it.translated = time.Now()
	return nil
}

func (p *Pipeline) request(it *item) translate.Request {
	return translate.Request{Text: it.sentence.Text, Source: p.opts.Source, Target: p.opts.Target, Tentative: it.tentative}
}

func (p *Pipeline) synthesizeAll(ctx context.Context) error {
	defer close(p.play)
	for it := range p.synth {
		// The player gets the item first, so that each chunk can sound as soon as it exists.
		select {
		case p.play <- it:
		case <-ctx.Done():
			return ctx.Err()
		}
		err := p.synthesize(ctx, it)
		close(it.chunks)
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (p *Pipeline) synthesize(ctx context.Context, it *item) error {
	if it.failed() != nil {
		return nil
	}
	it.voiced = time.Now()
	var text string
	text, it.clauses = pronounce(p.parts.Pronouncer, it.translation.Text)
	bound, release := it.bind(ctx)
	defer release()
	traced := voice.WithTrace(bound, func(name string, took time.Duration) { it.parts = append(it.parts, part{name, took}) })
	err := p.parts.Voice.Synthesize(traced, voice.Request{
		Text: text, Lang: p.opts.Lang, Voice: p.opts.Voice, Speed: p.Speed(), Pitch: p.opts.Pitch, Volume: 1,
	}, func(c voice.Chunk) error {
		if it.firstPCM.IsZero() && len(c.Samples) > 0 {
			it.firstPCM = time.Now()
		}
		weight := min(int64(len(c.Samples)), p.room)
		if err := p.ahead.Acquire(bound, weight); err != nil {
			return err
		}
		select {
		case it.chunks <- c:
			return nil
		case <-bound.Done():
			p.ahead.Release(weight)
			return bound.Err()
		}
	})
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case it.gone():
		return nil
	case err != nil:
		it.fail(fmt.Errorf("voice: %w", err))
	}
	return nil
}
