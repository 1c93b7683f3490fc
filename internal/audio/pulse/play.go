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
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		more, ask := p.send()
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
		if ask > 0 {
			timer.Reset(ask)
			tick = timer.C
		}
		select {
		case <-p.kick:
		case <-tick:
			p.talk.Lock()
			stuck, _ := p.locate() // a lost connection ends the loop
			p.talk.Unlock()
			if stuck {
				p.finish()
			}
		}
	}
}

// patience is how long after now the server should be asked where the playing is; 0: not at all. mu is held.
func (p *Player) patience() time.Duration {
	const often, seldom = 5 * time.Millisecond, 100 * time.Millisecond
	if p.paused || p.sent == p.drained {
		return 0
	}
	now := time.Now()
	ask := p.clock.asked.Add(seldom).Sub(now)
	if p.dry && len(p.queue) == 0 { // a last bit may be stuck
		ask = min(ask, p.clock.asked.Add(often).Sub(now))
	}
	if p.ended && len(p.queue) == 0 { // Drain wants to know the moment
		rest := p.format.Duration(int(p.sent-p.played(now)) * p.format.Channels)
		ask = min(ask, max(rest, p.clock.asked.Add(often).Sub(now)))
	}
	return max(ask, time.Millisecond)
}

// send sends a piece of the queue. more: there may be another to send; ask: as patience says.
func (p *Player) send() (more bool, ask time.Duration) {
	p.talk.Lock()
	defer p.talk.Unlock()
	p.mu.Lock()
	frame := int(frameBytes(p.format))
	n := int(min(p.credit, 1<<15)) / frame * p.format.Channels
	n = max(min(n, len(p.queue)), 0)
	if n == 0 || p.err != nil {
		ask = p.patience()
		p.mu.Unlock()
		return false, ask
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
	p.dry = false
	last := p.ended && len(p.queue) == 0
	p.wake()
	p.mu.Unlock()
	_ = p.conn.Send(p.stream, p.out) // a failed connection is noticed by its link
	if last && p.keeps {
		p.finish()
	}
	return true, 0
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
	p.clock = clock{at: now, asked: now, played: max(played, p.clock.played), running: r.Running && !p.paused, latency: latency}
	if len(p.queue) == 0 && !p.paused && r.ReadIndex >= r.WriteIndex && held <= 0 {
		p.drained = p.sent
		p.clock.running = false
		p.wake()
	}
	return p.dry && len(p.queue) == 0 && !p.paused && r.ReadIndex < r.WriteIndex, nil
}

// finish lets the server play to the end of what it has. It may answer late (PulseAudio waits until what it keeps for
// rewinding is gone, up to 2 s): what has been played says locate.
func (p *Player) finish() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.finishLocked()
}

func (p *Player) finishLocked() {
	now := mark{p.sent, p.flushes}
	if p.err != nil || p.drain == now {
		return
	}
	p.drain = now
	stream := p.stream
	p.wg.Go(func() {
		_ = p.conn.Request(&proto.DrainPlaybackStream{StreamIndex: stream}, nil)
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.drain == now {
			p.drain = mark{} // a flush may have taken the answer: ask again if need be
		}
		p.poke()
	})
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
	flushes := p.flushes
	for p.err == nil && flushes == p.flushes && len(samples) > 0 {
		n := min(p.limit-len(p.queue), len(samples))
		n -= n % p.format.Channels
		if n > 0 {
			p.queue = append(p.queue, samples[:n]...)
			samples = samples[n:]
			p.poke()
			continue
		}
		if err := p.wait(ctx); err != nil {
			return err
		}
	}
	return p.err
}

// wait waits for a change; mu is held at call and return.
func (p *Player) wait(ctx context.Context) error {
	changed := p.changed
	p.mu.Unlock()
	defer p.mu.Lock()
	select {
	case <-changed:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
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
	if p.keeps && len(p.queue) == 0 && p.sent > p.drained {
		p.finishLocked()
	}
	p.poke()
	for p.err == nil && (len(p.queue) > 0 || p.sent > p.drained) {
		if err := p.wait(ctx); err != nil {
			return err
		}
	}
	return p.err
}

// Flush implements audio.Sink.
func (p *Player) Flush() error {
	p.talk.Lock()
	defer p.talk.Unlock()
	p.mu.Lock()
	p.queue = p.queue[:0]
	p.flushes++
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
