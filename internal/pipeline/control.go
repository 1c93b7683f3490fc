package pipeline

import (
	"context"
	"sync"
	"time"
)

// Speed limits for SetSpeed.
const (
	MinSpeed = 0.5
	MaxSpeed = 3.0
)

type command uint8

const (
	noCommand command = iota
	skip
	repeat
)

// control is what others may change while the pipeline runs.
type control struct {
	mu      sync.Mutex
	paused  bool
	pauses  []interval // since the player last asked; the last one is open while paused
	muted   bool
	speed   float64
	volume  float64
	command command
	cancel  context.CancelFunc // ends the player's write
}

// Pause stops the sound at once (true) or goes on where it stopped (false). Reading, translation and synthesis go on up
// to their bounds.
func (p *Pipeline) Pause(paused bool) error {
	c := &p.control
	c.mu.Lock()
	if c.paused == paused {
		c.mu.Unlock()
		return nil
	}
	c.paused = paused
	if paused {
		c.pauses = append(c.pauses, interval{from: time.Now()})
	} else if n := len(c.pauses); n > 0 {
		c.pauses[n-1].to = time.Now()
	}
	c.mu.Unlock()
	err := p.parts.Sink.Pause(paused)
	p.changed()
	return err
}

// Mute silences (true) what is handed to the sink from now on; time goes on.
func (p *Pipeline) Mute(muted bool) {
	p.control.mu.Lock()
	p.control.muted = muted
	p.control.mu.Unlock()
	p.changed()
}

// SetSpeed changes the speed of what is not yet synthesised, within MinSpeed and MaxSpeed, and returns it.
func (p *Pipeline) SetSpeed(speed float64) float64 {
	speed = min(max(speed, MinSpeed), MaxSpeed)
	p.control.mu.Lock()
	p.control.speed = speed
	p.control.mu.Unlock()
	p.changed()
	return speed
}

// Speed is the present speed.
func (p *Pipeline) Speed() float64 {
	p.control.mu.Lock()
	defer p.control.mu.Unlock()
	return p.control.speed
}

// Paused tells whether the sound is stopped.
func (p *Pipeline) Paused() bool {
	p.control.mu.Lock()
	defer p.control.mu.Unlock()
	return p.control.paused
}

// Muted tells whether the sound is silenced.
func (p *Pipeline) Muted() bool {
	p.control.mu.Lock()
	defer p.control.mu.Unlock()
	return p.control.muted
}

// Skip ends the sentence that sounds and goes on with the next one.
func (p *Pipeline) Skip() { p.order(skip) }

// Repeat says the sentence that sounds, or the last one that did, from its beginning.
func (p *Pipeline) Repeat() { p.order(repeat) }

func (p *Pipeline) order(cmd command) {
	c := &p.control
	c.mu.Lock()
	defer c.mu.Unlock()
	c.command = cmd
	if c.cancel != nil {
		c.cancel()
	}
}

func (p *Pipeline) changed() {
	c := &p.control
	c.mu.Lock()
	n := Note{Kind: Changed, Paused: c.paused, Muted: c.muted, Speed: c.speed}
	c.mu.Unlock()
	p.note(n)
}

// interruptible runs f with a context that a command ends, and returns the command if there is one.
func (c *control) interruptible(ctx context.Context, f func(context.Context) error) (command, error) {
	bound, cancel := context.WithCancel(ctx)
	defer cancel()
	c.mu.Lock()
	if cmd := c.command; cmd != noCommand {
		c.command = noCommand
		c.mu.Unlock()
		return cmd, nil
	}
	c.cancel = cancel
	c.mu.Unlock()
	err := f(bound)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cancel = nil
	cmd := c.command
	c.command = noCommand
	if cmd != noCommand && ctx.Err() == nil {
		return cmd, nil
	}
	return noCommand, err
}

func (c *control) gain() float32 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.muted {
		return 0
	}
	return float32(c.volume)
}

// interval is a time during which the sink was paused; to is zero while it lasts.
type interval struct{ from, to time.Time }

// shifted moves the end of what sounds by the pauses that fell before it.
func (c *control) shifted(end time.Time) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	for _, p := range c.pauses {
		to := p.to
		if to.IsZero() {
			to = now
		}
		if end.After(p.from) {
			end = end.Add(to.Sub(p.from))
		}
	}
	c.pauses = c.pauses[:0]
	if c.paused {
		c.pauses = append(c.pauses, interval{from: now})
	}
	return end
}
