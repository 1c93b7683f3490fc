// Package pulse owns playing through a PulseAudio server, or PipeWire's, in pure Go. It keeps the server's buffer short,
// so that sound begins, pauses and is skipped at once, and feeds it as the server asks for more.
package pulse

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/jfreymuth/pulse/proto"

	"koe/internal/audio"
	"koe/internal/audio/pulse/wire"
)

// Options are the options of Open.
type Options struct {
	Server string // a server string as in PULSE_SERVER; "" for the environment's
	Device string // a sink's name or description, or a part of it; "" for the server's default

	// Buffer is how much the server holds, so that sound goes on while this program has no processor; 150 ms by
	// default. Sound that begins, pauses or is skipped doesn't wait for it: what it waits for is the device's own buffer,
	// which is asked to be 20 ms.
	Buffer time.Duration

	// Queue is how much may be written ahead of what the server holds; 150 ms by default.
	Queue time.Duration
}

// frameBytes is the length of a frame in bytes: float32 samples.
func frameBytes(f audio.Format) int64 { return 4 * int64(f.Channels) }

// Player is a sink that plays through a server. A lost device or server gives errors that wrap audio.ErrSinkLost; then
// the caller closes the player and may open another.
type Player struct {
	format audio.Format
	conn   *wire.Conn
	stream uint32
	limit  int // of queue in samples
	wg     sync.WaitGroup
	kick   chan struct{} // wakes feed

	// talk is held during exchanges with the server whose order matters. It is taken before mu, and mu is never held
	// while the server is asked.
	talk sync.Mutex
	out  []byte // what is sent; talk's

	mu      sync.Mutex
	name    string
	keeps   bool          // the server keeps a last bit until it is asked to drain: PipeWire's does
	changed chan struct{} // closed and replaced when a blocked call must look again
	err     error         // why the player is over: ErrSinkClosed, or one that wraps ErrSinkLost
	queue   []float32     // written, not sent
	flushes uint64        // so that a blocked Write knows of one
	credit  int64         // bytes that the server asked for; below 0 if it was sent more
	sent    int64         // frames sent, those flushed not counted
	paused  bool
	clock   clock
	drained int64 // frames of sent known to have sounded to the end
	drain   mark  // what a drain request that is under way is for
	ended   bool  // a Drain was asked for since the last Write
	dry     bool  // the server has run dry since the last piece
	dryAt   time.Time
	under   int
}

// mark is a place in what was sent.
type mark struct {
	sent    int64
	flushes uint64
}

// clock is what the server last said about the playing.
type clock struct {
	asked   time.Time
	at      time.Time
	played  int64 // frames sounded at that time
	running bool
	latency time.Duration
}

// Open connects to the server and opens a stream for mono or stereo sound of any rate, which the server converts to the
// device's.
func Open(ctx context.Context, f audio.Format, o Options) (*Player, error) {
	if err := f.Validate(); err != nil {
		return nil, err
	}
	channels := map[int]proto.ChannelMap{1: {proto.ChannelMono}, 2: {proto.ChannelLeft, proto.ChannelRight}}[f.Channels]
	if channels == nil {
		return nil, fmt.Errorf("%d channels: a sound device is opened with 1 or 2", f.Channels)
	}
	if o.Buffer <= 0 {
		o.Buffer = 150 * time.Millisecond
	}
	if o.Queue <= 0 {
		o.Queue = 150 * time.Millisecond
	}
	p := &Player{
		format:  f,
		limit:   max(f.Samples(o.Queue), f.Channels),
		kick:    make(chan struct{}, 1),
		changed: make(chan struct{}),
	}
	conn, err := wire.Dial(ctx, o.Server, p.event, p.lose)
	if err != nil {
		return nil, err
	}
	p.conn = conn
	stop := context.AfterFunc(ctx, conn.Close)
	err = p.create(o, channels)
	if !stop() {
		err = ctx.Err()
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	p.wg.Go(p.feed)
	return p, nil
}

// create opens the stream. Messages about it may come before its reply has been looked at: credit adds up from both.
func (p *Player) create(o Options, channels proto.ChannelMap) error {
	ds, index, server, err := devices(p.conn)
	if err != nil {
		return err
	}
	req := &proto.CreatePlaybackStream{
		SampleSpec:         proto.SampleSpec{Format: proto.FormatFloat32LE, Channels: byte(p.format.Channels), Rate: uint32(p.format.Rate)},
		ChannelMap:         channels,
		SinkIndex:          proto.Undefined, // the server's default, which the user may move
		BufferMaxLength:    proto.Undefined,
		BufferTargetLength: uint32(p.bytes(o.Buffer)),
		// The device's buffer is set to the least request, whatever the target length. (AdjustLatency would set it to half
		// of that.)
		EarlyRequests:        true,
		BufferMinimumRequest: uint32(p.bytes(20 * time.Millisecond)),
		// Play from the first frame on. (0 would play on through an underrun and drop what comes late.)
		BufferPrebufferLength: uint32(frameBytes(p.format)),
		ChannelVolumes:        make(proto.ChannelVolumes, p.format.Channels),
		Properties:            proto.PropList{"media.name": proto.PropListString("speech")},
	}
	for i := range req.ChannelVolumes {
		req.ChannelVolumes[i] = uint32(proto.VolumeNorm)
	}
	switch {
	case o.Device == dummy: // asked for by name
		req.SinkName = dummy
	case o.Device != "":
		i, err := choose(ds, o.Device)
		if err != nil {
			return err
		}
		req.SinkIndex = index[i]
	case len(ds) == 0:
		return fmt.Errorf("%s: %w", p.conn.Server, ErrNoDevice)
	}
	var reply proto.CreatePlaybackStreamReply
	if err := p.conn.Request(req, &reply); err != nil {
		return fmt.Errorf("%s: open a stream: %w", p.conn.Server, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keeps = strings.Contains(server, "PipeWire")
	p.stream, p.name = reply.StreamIndex, reply.SinkName
	p.credit += int64(reply.Missing)
	p.clock.latency = time.Duration(reply.SinkLatency) * time.Microsecond
	return nil
}

func (p *Player) bytes(d time.Duration) int {
	return p.format.Samples(d) / p.format.Channels * int(frameBytes(p.format))
}

// event takes the server's messages. There is one stream on the connection.
func (p *Player) event(m any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch m := m.(type) {
	case *proto.Request:
		p.credit += int64(m.Length)
		p.poke()
	case *proto.Underflow:
		p.dry = true
		// A pause and a flush empty the buffer too. While a drain is under way it is meant.
		switch {
		case p.paused || p.ended || p.sent == p.drained:
		case len(p.queue) > 0:
			p.under++
		default:
			p.dryAt = time.Now()
		}
	case *proto.PlaybackStreamMoved:
		p.name = m.DestName
	case *proto.PlaybackStreamKilled:
		go p.conn.Break(fmt.Errorf("the device %q was removed", p.name)) // not from here: Break calls lose
	}
}

// lose ends the player.
func (p *Player) lose(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil {
		p.err = fmt.Errorf("%w: %s: %w", audio.ErrSinkLost, p.name, err)
	}
	p.wake()
}

// poke makes feed look again; wake makes blocked calls do so, too.
func (p *Player) poke() {
	select {
	case p.kick <- struct{}{}:
	default:
	}
}

func (p *Player) wake() {
	close(p.changed)
	p.changed = make(chan struct{})
	p.poke()
}

// request asks the server. A server that doesn't answer is lost.
func (p *Player) request(what string, req proto.RequestArgs, reply proto.Reply) error {
	err := p.conn.Request(req, reply)
	if err == nil {
		return nil
	}
	p.conn.Break(fmt.Errorf("%s: %w", what, err))
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return p.err
	}
	return fmt.Errorf("%w: %s: %s: %w", audio.ErrSinkLost, p.name, what, err) // lose is about to be called
}

// Format implements audio.Sink.
func (p *Player) Format() audio.Format { return p.format }

// Close implements audio.Sink.
func (p *Player) Close() error {
	p.mu.Lock()
	if p.err != audio.ErrSinkClosed { //nolint:errorlint // set only here
		p.err = audio.ErrSinkClosed
		p.queue = nil
		p.wake()
	}
	p.mu.Unlock()
	p.conn.Close() // takes the stream along
	p.wg.Wait()
	return nil
}
