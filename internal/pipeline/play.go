package pipeline

import (
	"context"
	"time"

	"koe/internal/audio"
	"koe/internal/translate"
	"koe/internal/voice"
)

const (
	pieceLength = 20 * time.Millisecond // of one write: how soon a command is obeyed
	keepLength  = 60 * time.Second      // of the last sentence, for Repeat
)

// player is the state of the play stage; one goroutine owns it.
type player struct {
	p      *Pipeline
	format audio.Format // of the sink
	end    time.Time    // when what was handed over will have sounded, by the sink's clock
	pause  time.Duration
	last   []float32 // the sentence that sounds, or the last one that did
	lost   error     // the sink is gone: captions only
}

func (p *Pipeline) playAll(ctx context.Context) error {
	pl := &player{p: p, format: p.parts.Sink.Format()}
	for {
		it, err := pl.await(ctx)
		if err != nil {
			return err
		}
		if it == nil {
			break
		}
		err = pl.item(ctx, it)
		p.endTurn()
		if err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if pl.lost == nil {
		if err := p.parts.Sink.Drain(ctx); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return err
		}
	}
	return pl.lost
}

// await waits for the next sentence; nil after the last.
func (pl *player) await(ctx context.Context) (it *item, err error) {
	err = pl.wait(ctx, func(ctx context.Context) error {
		select {
		case it = <-pl.p.play:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	return it, err
}

// wait runs f, which waits for something while no sentence sounds, and obeys commands meanwhile: f is called again after
// one, unless it had succeeded.
func (pl *player) wait(ctx context.Context, f func(context.Context) error) error {
	for {
		var done bool
		cmd, err := pl.p.control.interruptible(ctx, func(ctx context.Context) error {
			err := f(ctx)
			done = err == nil
			return err
		})
		if cmd == noCommand {
			return err
		}
		pl.flush()
		for cmd == repeat {
			if cmd, err = pl.write(ctx, pl.last); err != nil {
				return err
			}
			if cmd != noCommand {
				pl.flush()
			}
		}
		if done {
			return nil
		}
	}
}

// item plays one sentence once it is certain.
func (pl *player) item(ctx context.Context, it *item) error {
	defer pl.discard(it)
	err := pl.wait(ctx, func(ctx context.Context) error {
		select {
		case <-it.settled:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	if err != nil {
		return err
	}
	if it.gone() {
		return nil
	}
	if cache, ok := pl.p.parts.Translator.(keeper); ok && it.tentative && it.failed() == nil {
		cache.Keep(pl.p.request(it), it.translation)
	}
	skipped, sound, err := pl.sentence(ctx, it)
	if err != nil {
		return err
	}
	pl.p.ledger.finished(it, sound, skipped)
	stats := pl.p.parts.Sink.Stats()
	pl.p.ledger.device(stats.Latency, stats.Underruns)
	switch failed := it.failed(); {
	case failed != nil:
		pl.p.note(Note{Kind: Failed, Error: failed.Error(), item: it})
	case skipped:
		pl.p.note(Note{Kind: Skipped, item: it})
	default:
		pl.p.note(Note{Kind: Spoken, item: it})
	}
	return nil
}

// sentence hands the item's chunks to the sink as they come.
func (pl *player) sentence(ctx context.Context, it *item) (skipped bool, sound time.Duration, err error) {
	voiced := newSeam(pl.p.parts.Convert, pl.format)
	first, announced := true, -1
	pl.last = pl.last[:0]
	for more := true; more; {
		var chunk voice.Chunk
		var got bool
		cmd, err := pl.p.control.interruptible(ctx, func(ctx context.Context) error {
			select {
			case chunk, more = <-it.chunks:
				got = true
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		if err != nil {
			return false, sound, err
		}
		var out []float32
		if got {
			if more {
				pl.p.ahead.Release(min(int64(len(chunk.Samples)), pl.p.room))
				out = voiced.add(chunk.Samples)
			} else {
				out = voiced.rest()
			}
			sound += pl.format.Duration(len(out))
			if len(pl.last) < pl.format.Samples(keepLength) {
				pl.last = append(pl.last, out...)
			}
		}
		if cmd == noCommand && len(out) > 0 {
			if first {
				first = false
				cmd, err = pl.begin(ctx, it, out)
			}
			if err == nil && cmd == noCommand {
				announced = pl.clauses(it, chunk, announced)
				cmd, err = pl.write(ctx, out)
			}
			if err != nil {
				return false, sound, err
			}
		}
		for cmd == repeat {
			pl.flush()
			if cmd, err = pl.write(ctx, pl.last); err != nil {
				return false, sound, err
			}
		}
		if cmd == skip {
			pl.flush()
			return true, sound, nil
		}
	}
	pl.pause = pl.p.opts.Pauses.after(it.sentence.Pause, pl.p.Speed())
	return false, sound, nil
}

// begin accounts for the sentence's first sound and writes what is left of the intended pause before it. The silence that
// the sentence itself begins with is part of that pause.
func (pl *player) begin(ctx context.Context, it *item, out []float32) (command, error) {
	pl.end = pl.p.control.shifted(pl.end)
	now := time.Now()
	free := now // when the sink could play what is written now
	if pl.end.After(now) {
		free = pl.end
	}
	intended := pl.end.Add(pl.pause)
	idle := pl.end.IsZero() || !it.sentence.Read.Before(intended)
	lead := pl.format.Duration(max(0, audio.FirstAudible(out, pl.format.Rate*pl.format.Channels)))
	var silence time.Duration
	if !pl.end.IsZero() {
		silence = max(0, intended.Sub(free)-lead)
	}
	audible := free.Add(silence + lead)
	latency := audible.Sub(it.sentence.Read)
	if !idle {
		latency = max(0, audible.Sub(intended))
	}
	pl.p.ledger.sounded(idle, latency)
	pl.p.note(Note{Kind: Speaking, Idle: idle, Latency: latency.Seconds() * 1e3, Sounds: pl.sounds(silence), item: it})
	if silence > 0 {
		return pl.write(ctx, make([]float32, pl.format.Samples(silence)))
	}
	return noCommand, nil
}

// sounds is when something written after d of silence reaches the speaker.
func (pl *player) sounds(d time.Duration) time.Time {
	now := time.Now()
	if pl.end.After(now) {
		now = pl.end
	}
	return now.Add(d + pl.p.parts.Sink.Stats().Latency)
}

// clauses notes the clauses of the caption that begin in the chunk.
func (pl *player) clauses(it *item, chunk voice.Chunk, announced int) int {
	for _, m := range chunk.Marks {
		i, ok := clauseAt(it.clauses, m.Offset)
		if !ok || i <= announced {
			continue
		}
		announced = i
		c := it.clauses[i]
		rate := pl.p.parts.Voice.Format()
		pl.p.note(Note{Kind: ClauseSounds, Clause: &[2]int{c.start, c.end}, Sounds: pl.sounds(rate.Duration(m.Sample)), item: it})
	}
	return announced
}

// write hands samples to the sink in pieces, obeying commands between them.
func (pl *player) write(ctx context.Context, samples []float32) (command, error) {
	size := max(pl.format.Samples(pieceLength), pl.format.Channels)
	for len(samples) > 0 {
		n := min(size, len(samples))
		piece := samples[:n]
		if gain := pl.p.control.gain(); gain != 1 {
			piece = make([]float32, n)
			for i, v := range samples[:n] {
				piece[i] = v * gain
			}
		}
		if pl.lost != nil {
			return noCommand, ctx.Err()
		}
		cmd, err := pl.p.control.interruptible(ctx, func(ctx context.Context) error {
			return pl.p.parts.Sink.Write(ctx, piece)
		})
		if cmd != noCommand {
			return cmd, nil
		}
		if err != nil {
			if ctx.Err() != nil {
				return noCommand, ctx.Err()
			}
			pl.lost = err
			pl.p.note(Note{Kind: SinkLost, Error: err.Error()})
			return noCommand, nil
		}
		now := time.Now()
		pl.end = pl.p.control.shifted(pl.end)
		if pl.end.Before(now) {
			pl.end = now
		}
		pl.end = pl.end.Add(pl.format.Duration(n))
		samples = samples[n:]
	}
	return noCommand, nil
}

// flush silences the sink at once.
func (pl *player) flush() {
	if pl.lost != nil {
		return
	}
	if err := pl.p.parts.Sink.Flush(); err != nil {
		pl.lost = err
		pl.p.note(Note{Kind: SinkLost, Error: err.Error()})
	}
	pl.end, pl.pause = time.Now(), 0
}

// discard takes what is left of an item's chunks, so that synthesis never waits for an item that nobody plays.
func (pl *player) discard(it *item) {
	it.abandon()
	for c := range it.chunks {
		pl.p.ahead.Release(min(int64(len(c.Samples)), pl.p.room))
	}
}

// keeper is a translator that stores a tentative translation once it is confirmed; translate.Cache is one.
type keeper interface {
	Keep(translate.Request, translate.Translation)
}
