package audio

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// PacedOptions are the options of NewPaced; the zero value plays into nothing, with a buffer of 200 ms.
type PacedOptions struct {
	Name   string        // what Stats reports; "paced" by default
	Buffer time.Duration // how much may be written ahead of what sounds; 200 ms by default

	// Sounded gets what sounded, in order, without the silence of a dry or paused sink. at is the time since NewPaced.
	// It must not keep samples nor call the sink. Its error fails the sink.
	Sounded func(at time.Duration, samples []float32) error

	// Now is a simulated clock. Blocked calls then look at it only when Tick is called.
	Now func() time.Time
}

// Paced is a Sink that consumes sound at the pace of real time and discards it, or hands it to Sounded. It needs no
// goroutine: what has sounded is worked out whenever the sink is used. In a testing/synctest bubble it plays in
// simulated time.
type Paced struct {
	format Format
	opts   PacedOptions
	limit  int // samples of queue

	mu      sync.Mutex
	opened  time.Time
	changed chan struct{} // closed and replaced when a blocked call must look again
	queue   []float32     // written, not sounded
	pending []float32     // the rest of the Write in progress, which flows into queue; the caller's memory
	paused  bool
	running bool      // the device has sound to play; base and done hold
	base    time.Time // when the first of the done frames sounded
	done    int       // frames since base
	dryAt   time.Time // when it last ran dry; zero if that was no underrun whatever follows
	played  int       // frames since opened
	under   int
	err     error // from Sounded, or ErrSinkClosed
}

// NewPaced returns a sink that consumes sound in real time.
func NewPaced(f Format, o PacedOptions) (*Paced, error) {
	if err := f.Validate(); err != nil {
		return nil, err
	}
	if o.Name == "" {
		o.Name = "paced"
	}
	if o.Buffer <= 0 {
		o.Buffer = 200 * time.Millisecond
	}
	p := &Paced{format: f, opts: o, limit: max(f.Samples(o.Buffer), f.Channels), changed: make(chan struct{})}
	p.opened = p.now()
	return p, nil
}

func (p *Paced) now() time.Time {
	if p.opts.Now != nil {
		return p.opts.Now()
	}
	return time.Now()
}

// Format is the format given to NewPaced.
func (p *Paced) Format() Format { return p.format }

// frames is how many frames are over after d; after is when frame n begins.
func (p *Paced) frames(d time.Duration) int {
	sec, rest := d/time.Second, d%time.Second
	return int(sec)*p.format.Rate + int(rest*time.Duration(p.format.Rate)/time.Second)
}

func (p *Paced) after(n int) time.Duration {
	sec, rest := n/p.format.Rate, n%p.format.Rate
	// Rounded up, so that frames(after(n)) == n.
	return time.Duration(sec)*time.Second + (time.Duration(rest)*time.Second+time.Duration(p.format.Rate)-1)/time.Duration(p.format.Rate)
}

// update plays what is due by now.
func (p *Paced) update(now time.Time) {
	if p.paused || !p.running || p.err != nil {
		return
	}
	ch := p.format.Channels
	due := p.frames(now.Sub(p.base)) - p.done
	avail := (len(p.queue) + len(p.pending)) / ch
	n := min(due, avail)
	if n > 0 {
		a := min(n*ch, len(p.queue))
		b := n*ch - a
		p.sound(p.queue[:a])
		p.played, p.done = p.played+a/ch, p.done+a/ch
		p.sound(p.pending[:b])
		p.played, p.done = p.played+b/ch, p.done+b/ch
		p.queue = p.queue[:copy(p.queue, p.queue[a:])]
		p.pending = p.pending[b:]
		p.fill()
	}
	if due >= avail {
		p.running = false
		p.dryAt = p.base.Add(p.after(p.done))
	}
}

func (p *Paced) sound(s []float32) {
	if len(s) == 0 || p.opts.Sounded == nil || p.err != nil {
		return
	}
	if err := p.opts.Sounded(p.base.Sub(p.opened)+p.after(p.done), s); err != nil {
		p.err = err
	}
}

// fill moves what fits from the Write in progress to the queue.
func (p *Paced) fill() {
	n := min(p.limit-len(p.queue), len(p.pending))
	n -= n % p.format.Channels
	p.queue = append(p.queue, p.pending[:n]...)
	if p.pending = p.pending[n:]; len(p.pending) == 0 {
		p.pending = nil
	}
}

// start lets the device play from now, if it has something to play and doesn't yet.
func (p *Paced) start(now time.Time) {
	if p.paused || p.running || len(p.queue) == 0 {
		return
	}
	p.running = true
	if p.dryAt.IsZero() || now.Sub(p.dryAt) >= p.after(1) {
		p.base, p.done = now, 0 // else it came in time, without a seam
	}
}

// Write implements Sink.
func (p *Paced) Write(ctx context.Context, samples []float32) error {
	if err := p.format.whole(samples); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	p.update(now)
	if p.err != nil {
		return p.err
	}
	if p.pending != nil {
		return fmt.Errorf("%s: two Writes at once", p.opts.Name)
	}
	if len(samples) == 0 {
		return nil
	}
	if gap := now.Sub(p.dryAt); !p.running && !p.paused && !p.dryAt.IsZero() && gap >= p.after(1) && gap <= UnderrunWindow {
		p.under++
	}
	p.pending = samples
	p.fill()
	p.start(now)
	err := p.wait(ctx, func() (bool, int) {
		over := len(p.queue) + len(p.pending) - p.limit
		return p.pending == nil, (over + p.format.Channels - 1) / p.format.Channels
	})
	p.pending = nil
	return err
}

// Drain implements Sink.
func (p *Paced) Drain(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	err := p.wait(ctx, func() (bool, int) {
		n := len(p.queue) + len(p.pending)
		return n == 0, n / p.format.Channels
	})
	if err == nil {
		p.dryAt = time.Time{}
	}
	return err
}

// wait returns when ready says so. ready also says how many frames must sound until it is worth another look. The lock
// is held at call and return.
func (p *Paced) wait(ctx context.Context, ready func() (bool, int)) error {
	for {
		p.update(p.now())
		ok, frames := ready()
		if p.err != nil {
			return p.err
		}
		if ok {
			return nil
		}
		var wake <-chan time.Time
		var timer *time.Timer
		if p.opts.Now == nil && p.running && !p.paused {
			timer = time.NewTimer(time.Until(p.base.Add(p.after(p.done + frames))))
			wake = timer.C
		}
		changed := p.changed
		p.mu.Unlock()
		var err error
		select {
		case <-wake:
		case <-changed:
		case <-ctx.Done():
			err = ctx.Err()
		}
		if timer != nil {
			timer.Stop()
		}
		p.mu.Lock()
		if err != nil {
			return err
		}
	}
}

func (p *Paced) wake() {
	close(p.changed)
	p.changed = make(chan struct{})
}

// Tick makes blocked calls look at the clock again.
func (p *Paced) Tick() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.update(p.now())
	p.wake()
}

// Flush implements Sink.
func (p *Paced) Flush() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.update(p.now())
	if p.err != nil {
		return p.err
	}
	p.drop()
	return nil
}

func (p *Paced) drop() {
	p.queue, p.pending, p.running, p.dryAt = p.queue[:0], nil, false, time.Time{}
	p.wake()
}

// Pause implements Sink.
func (p *Paced) Pause(paused bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	p.update(now)
	if p.err != nil {
		return p.err
	}
	if paused == p.paused {
		return nil
	}
	p.paused, p.running, p.dryAt = paused, false, time.Time{}
	p.start(now)
	p.wake()
	return nil
}

// Stats implements Sink.
func (p *Paced) Stats() SinkStats {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.update(p.now())
	return SinkStats{
		Name:      p.opts.Name,
		Realtime:  true,
		Queued:    p.format.Duration(len(p.queue)),
		Played:    p.after(p.played),
		Underruns: p.under,
	}
}

// Close implements Sink.
func (p *Paced) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == ErrSinkClosed { //nolint:errorlint // set only here
		return nil
	}
	p.update(p.now())
	err := p.err
	p.err = ErrSinkClosed
	p.drop()
	return err
}

// Fail makes the sink fail with err, as a lost device does: blocked calls and later ones return it.
func (p *Paced) Fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.update(p.now())
	if p.err == nil {
		p.err = err
		p.wake()
	}
}
