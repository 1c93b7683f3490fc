package pulse

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"github.com/jfreymuth/pulse/proto"

	"koe/internal/audio"
)

// feed sends what the server asks for, and asks it where the playing is, until the player is over.
func (p *Player) feed() {
	const ask = 100 * time.Millisecond
	timer := time.NewTimer(ask)
	defer timer.Stop()
	for {
		more, active := p.send()
		p.mu.Lock()
		over := p.err != nil
		p.mu.Unlock()
		if over {
			return
		}
		if more {
			continue
		}
		var tick <-chan time.Time
		if active {
			tick = timer.C
		}
		select {
		case <-p.kick:
		case <-tick:
			p.talk.Lock()
			stuck, _ := p.locate() // a lost connection ends the loop
			if stuck {
				p.finish()
			}
			p.talk.Unlock()
			timer.Reset(ask)
		}
	}
}

// send sends a piece of the queue. more: there may be another to send; active: there is something to play.
func (p *Player) send() (more, active bool) {
	p.talk.Lock()
	defer p.talk.Unlock()
	p.mu.Lock()
	frame := int(frameBytes(p.format))
	n := int(min(p.credit, 1<<15)) / frame * p.format.Channels
	n = max(min(n, len(p.queue)), 0)
	if n == 0 || p.err != nil {
		active = p.err == nil && !p.paused && p.sent > p.drained
		p.mu.Unlock()
		return false, active
	}
	p.out = p.out[:0]
	for _, s := range p.queue[:n] {
		p.out = binary.LittleEndian.AppendUint32(p.out, math.Float32bits(s))
	}
	p.queue = p.queue[:copy(p.queue, p.queue[n:])]
	p.credit -= int64(len(p.out))
	if p.clock.at.IsZero() || !p.clock.running {
		p.clock.at, p.clock.running = time.Now().Add(p.clock.latency), !p.paused
	}
	p.sent += int64(n / p.format.Channels)
	p.wake()
	p.mu.Unlock()
	_ = p.conn.Send(p.stream, p.out) // a failed connection is noticed by its link
	return true, true
}

// locate asks where the playing is; talk is held. stuck: the server ran dry but keeps a last bit, which is less than it
// takes at a time (PipeWire does).
func (p *Player) locate() (stuck bool, err error) {
	p.mu.Lock()
	stream := p.stream
	p.mu.Unlock()
	var r proto.GetPlaybackLatencyReply
	if err := p.request("ask for the position", &proto.GetPlaybackLatency{StreamIndex: stream}, &r); err != nil {
		return false, err
	}
	now := time.Now()
	frame := frameBytes(p.format)
	latency := time.Duration(r.Latency) * time.Microsecond
	held := int64(p.format.Samples(latency) / p.format.Channels) // by the device, given to it by the server
	if since := r.UnderrunFor; since != 0 && since < math.MaxInt64 {
		held -= int64(since) / frame
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.paused {
		held = 0 // a corked stream's sound has been taken back from the device
	}
	played := min(r.ReadIndex/frame-max(held, 0), p.sent)
	p.clock = clock{at: now, played: max(played, p.clock.played), running: r.Running && !p.paused, latency: latency}
	if len(p.queue) == 0 && !p.paused && r.ReadIndex >= r.WriteIndex && held <= 0 {
		p.drained = p.sent
	}
	return !p.dryAt.IsZero() && len(p.queue) == 0 && !p.paused && r.ReadIndex < r.WriteIndex, nil
}

// finish lets the server play to the end of what it has.
func (p *Player) finish() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil && !p.drain {
		p.drain = true
		p.wg.Go(p.drainServer)
	}
}

// played is how many frames have sounded by now; mu is held.
func (p *Player) played(now time.Time) int64 {
	n := p.clock.played
	if p.clock.running {
		n += int64(p.format.Samples(max(now.Sub(p.clock.at), 0)) / p.format.Channels)
	}
	return min(max(n, p.drained), p.sent)
}

// Write implements audio.Sink.
func (p *Player) Write(ctx context.Context, samples []float32) error {
	if len(samples)%p.format.Channels != 0 {
		return fmt.Errorf("%d samples are no whole number of %d-channel frames", len(samples), p.format.Channels)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil {
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	if len(samples) > 0 {
		if !p.dryAt.IsZero() && !p.paused && time.Since(p.dryAt) <= audio.UnderrunWindow {
			p.under++
		}
		p.dryAt, p.ended = time.Time{}, false
	}
	flushes := p.writing
	for p.err == nil && flushes == p.writing && len(samples) > 0 {
		n := min(p.limit-len(p.queue), len(samples))
		n -= n % p.format.Channels
		if n > 0 {
			p.queue = append(p.queue, samples[:n]...)
			samples = samples[n:]
			p.poke()
			continue
		}
		if err := p.wait(ctx, nil); err != nil {
			return err
		}
	}
	return p.err
}

// wait waits for a change, or for d if it isn't nil; mu is held at call and return.
func (p *Player) wait(ctx context.Context, d *time.Duration) error {
	changed := p.changed
	p.mu.Unlock()
	defer p.mu.Lock()
	var timer <-chan time.Time
	if d != nil {
		t := time.NewTimer(*d)
		defer t.Stop()
		timer = t.C
	}
	select {
	case <-changed:
	case <-timer:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// Drain implements audio.Sink.
func (p *Player) Drain(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil {
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	p.ended, p.dryAt = true, time.Time{}
	for p.err == nil && (len(p.queue) > 0 || p.sent > p.drained) {
		if len(p.queue) == 0 && !p.paused && !p.drain {
			p.drain = true
			p.wg.Go(p.drainServer)
		}
		if err := p.wait(ctx, nil); err != nil {
			return err
		}
	}
	return p.err
}

// drainServer asks the server to play to the end (PipeWire would hold back a last bit) and waits for that.
func (p *Player) drainServer() {
	p.mu.Lock()
	stream, sent, flushes := p.stream, p.sent, p.writing
	p.mu.Unlock()
	err := p.conn.Request(&proto.DrainPlaybackStream{StreamIndex: stream}, nil)
	if err == nil {
		// The server may have played to the end before it was asked, and the device not yet.
		p.talk.Lock()
		_, err = p.locate()
		p.talk.Unlock()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err == nil && p.err == nil && flushes == p.writing && sent == p.sent && !p.paused {
		rest := p.format.Duration(int(sent-p.played(time.Now())) * p.format.Channels)
		rest = min(rest, p.clock.latency)
		until := time.Now().Add(rest)
		for d := rest; d > 0 && p.err == nil; d = time.Until(until) {
			_ = p.wait(context.Background(), &d)
		}
	}
	p.drain = false
	if err == nil && flushes == p.writing && sent == p.sent && !p.paused {
		p.drained = sent
		p.clock.played, p.clock.running = sent, false
	}
	// An error is a timeout, because of a pause, or a lost connection: Drain looks which.
	p.wake()
}

// Flush implements audio.Sink.
func (p *Player) Flush() error {
	p.talk.Lock()
	defer p.talk.Unlock()
	p.mu.Lock()
	p.queue = p.queue[:0]
	p.writing++
	p.dryAt = time.Time{}
	stream, paused, err := p.stream, p.paused, p.err
	idle := p.sent == p.drained
	p.wake()
	p.mu.Unlock()
	if err != nil || idle {
		return err
	}
	// Corked first, so that the server takes back from the device what has not sounded.
	if !paused {
		if err := p.cork(stream, true); err != nil {
			return err
		}
	}
	if err := p.request("flush", &proto.FlushPlaybackStream{StreamIndex: stream}, nil); err != nil {
		return err
	}
	var r proto.GetPlaybackLatencyReply
	if err := p.request("ask for the position", &proto.GetPlaybackLatency{StreamIndex: stream}, &r); err != nil {
		return err
	}
	if !paused {
		if err := p.cork(stream, false); err != nil {
			return err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent = r.WriteIndex / frameBytes(p.format)
	p.drained = p.sent
	p.clock = clock{at: time.Now(), played: p.sent, latency: p.clock.latency}
	p.wake()
	return nil
}

func (p *Player) cork(stream uint32, on bool) error {
	return p.request("pause", &proto.CorkPlaybackStream{StreamIndex: stream, Corked: on}, nil)
}

// Pause implements audio.Sink. The server takes back from the device what has not sounded, and keeps it.
func (p *Player) Pause(paused bool) error {
	p.talk.Lock()
	defer p.talk.Unlock()
	p.mu.Lock()
	same, stream, err := paused == p.paused, p.stream, p.err
	if paused {
		p.paused = true // before the server knows, so that it is no underrun
	}
	p.dryAt = time.Time{}
	p.mu.Unlock()
	if err != nil || same {
		return err
	}
	if err := p.cork(stream, paused); err != nil {
		return err
	}
	p.mu.Lock()
	p.paused = paused
	p.mu.Unlock()
	if _, err := p.locate(); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wake()
	return nil
}

// Stats implements audio.Sink.
func (p *Player) Stats() audio.SinkStats {
	p.mu.Lock()
	defer p.mu.Unlock()
	played := p.played(time.Now())
	return audio.SinkStats{
		Name:      p.name,
		Realtime:  true,
		Latency:   p.clock.latency,
		Queued:    p.format.Duration(len(p.queue) + int(p.sent-played)*p.format.Channels),
		Played:    p.format.Duration(int(played) * p.format.Channels),
		Underruns: p.under,
	}
}
