package wav

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"sync"
	"syscall"
	"time"

	"koe/internal/audio"
)

// Options are the options of Create and NewWriter.
type Options struct {
	Encoding Encoding

	// Paced consumes sound in real time and keeps the timing: where nothing was written in time, the file holds
	// silence. By default the file holds the sound alone, back to back, and takes it as fast as it comes.
	Paced bool
}

// refresh is how much sound may follow before a file's header is brought up to date, so that a file that was cut off is
// readable up to there (and by tolerant readers to its end).
const refresh = time.Second

// Create creates (or truncates) a WAV file and returns the sink that writes it; "-" is standard output.
func Create(name string, f audio.Format, o Options) (audio.Sink, error) {
	if name == "-" {
		return NewWriter(os.Stdout, "standard output", f, o)
	}
	file, err := os.Create(name)
	if err != nil {
		return nil, fmt.Errorf("write sound to a file: %w", err)
	}
	s, err := NewWriter(file, name, f, o)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	if p, ok := s.(*paced); ok {
		p.w.own = file
	} else {
		s.(*Writer).own = file
	}
	return s, nil
}

// NewWriter returns a sink that writes a WAV stream to w, which it doesn't close. If w can seek (a regular file), the
// header's lengths are kept right; else (a pipe) they say "unknown", as streaming writers do.
func NewWriter(w io.Writer, name string, f audio.Format, o Options) (audio.Sink, error) {
	if err := f.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	wr := &Writer{name: name, format: f, enc: o.Encoding, w: w, changed: make(chan struct{})}
	if at, ok := w.(io.WriterAt); ok && seekable(w) {
		wr.at = at
	}
	if wr.err = wr.open(); wr.err != nil {
		return nil, wr.err
	}
	if !o.Paced {
		return wr, nil
	}
	return newPaced(wr)
}

// seekable reports whether w is at the start of something that can be written anywhere.
func seekable(w io.Writer) bool {
	if f, ok := w.(*os.File); ok {
		if st, err := f.Stat(); err != nil || !st.Mode().IsRegular() || appending(f) {
			return false
		}
	}
	s, ok := w.(io.Seeker)
	if !ok {
		return false
	}
	pos, err := s.Seek(0, io.SeekCurrent)
	return err == nil && pos == 0 // appended after something else (>>), the header's place is unknown to WriteAt
}

// Writer is the sink that writes a WAV stream as fast as the sound comes.
type Writer struct {
	name   string
	format audio.Format
	enc    Encoding
	w      io.Writer
	at     io.WriterAt // nil: not seekable
	own    io.Closer   // what Close closes

	mu      sync.Mutex
	buf     []byte       // of the piece in flight
	flight  chan written // a piece that is being written; nil: none
	data    int64        // bytes of samples written
	fresh   int64        // bytes of samples that the header knows of
	paused  bool
	changed chan struct{} // closed and replaced when a paused Write must look again
	err     error
}

// Format is the format given to NewWriter.
func (w *Writer) Format() audio.Format { return w.format }

func (w *Writer) open() error {
	size := uint32(0)
	if w.at == nil {
		size = unknown
	}
	_, err := w.w.Write(header(w.format, w.enc, size))
	return w.failure(err)
}

// failure says what went wrong, with the file's name.
func (w *Writer) failure(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("write sound to %s: the disk is full after %v of sound: %w", w.name, w.length(), err)
	case errors.Is(err, syscall.EPIPE), errors.Is(err, io.ErrClosedPipe):
		return fmt.Errorf("write sound to %s: the reader is gone after %v of sound: %w", w.name, w.length(), err)
	}
	return fmt.Errorf("write sound to %s: %w", w.name, err)
}

func (w *Writer) length() time.Duration {
	return w.format.Duration(int(w.data / int64(w.enc.bytes()))).Round(time.Millisecond)
}

// maxData is what a file can hold: its lengths have 32 bits.
const maxData = math.MaxUint32 - 1<<16

// Write implements audio.Sink.
func (w *Writer) Write(ctx context.Context, samples []float32) error {
	if len(samples)%w.format.Channels != 0 {
		return fmt.Errorf("%s: %d samples are no whole number of %d-channel frames", w.name, len(samples), w.format.Channels)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	if err := w.resumed(ctx); err != nil {
		return err
	}
	const piece = 1 << 14 // samples
	for len(samples) > 0 {
		if err := w.land(ctx); err != nil {
			return err
		}
		n := min(piece-piece%w.format.Channels, len(samples))
		w.buf = w.enc.append(w.buf[:0], samples[:n])
		samples = samples[n:]
		if w.at != nil && w.data+int64(len(w.buf)) > maxData {
			w.err = fmt.Errorf("write sound to %s: a WAV file ends at 4 GB, %v of sound", w.name, w.length())
			return w.err
		}
		w.flight = make(chan written, 1)
		if w.at != nil {
			w.flight <- w.send(w.buf)
		} else {
			go func(buf []byte, done chan<- written) { done <- w.send(buf) }(w.buf, w.flight)
		}
	}
	return w.land(ctx)
}

type written struct {
	n   int
	err error
}

func (w *Writer) send(buf []byte) written {
	n, err := w.w.Write(buf)
	return written{n, err}
}

// land waits for the piece that is being written: a pipe whose reader sleeps may hold it up. The lock is held at call
// and return.
func (w *Writer) land(ctx context.Context) error {
	for w.flight != nil && w.err == nil {
		flight, changed := w.flight, w.changed
		w.mu.Unlock()
		var r written
		var landed bool
		var err error
		select {
		case r = <-flight:
			landed = true
		case <-changed:
		case <-ctx.Done():
			err = ctx.Err()
		}
		w.mu.Lock()
		if !landed {
			if err != nil {
				return err
			}
			continue
		}
		w.flight = nil
		w.data += int64(r.n)
		if r.err == nil && w.at != nil && w.data-w.fresh > int64(w.format.Samples(refresh)*w.enc.bytes()) {
			r.err = w.update()
		}
		if w.err == nil {
			w.err = w.failure(r.err)
		}
	}
	return w.err
}

func (e Encoding) append(b []byte, samples []float32) []byte {
	if e == Float32 {
		for _, s := range samples {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(s))
		}
		return b
	}
	for _, s := range samples {
		b = binary.LittleEndian.AppendUint16(b, uint16(audio.Int16(s)))
	}
	return b
}

// update brings the header up to date.
func (w *Writer) update() error {
	frame := int64(w.enc.bytes() * w.format.Channels)
	data := w.data - w.data%frame // a full disk may have taken half a frame
	if _, err := w.at.WriteAt(header(w.format, w.enc, uint32(data)), 0); err != nil {
		return err
	}
	w.fresh = w.data
	return nil
}

// resumed waits while the sink is paused; the lock is held at call and return.
func (w *Writer) resumed(ctx context.Context) error {
	for w.paused && w.err == nil {
		changed := w.changed
		w.mu.Unlock()
		var err error
		select {
		case <-changed:
		case <-ctx.Done():
			err = ctx.Err()
		}
		w.mu.Lock()
		if err != nil {
			return err
		}
	}
	return w.err
}

// Drain implements audio.Sink: what is written has been written.
func (w *Writer) Drain(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return w.land(ctx)
}

// Flush implements audio.Sink. Nothing waits here, so nothing is dropped.
func (w *Writer) Flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// Pause implements audio.Sink: while paused, Write blocks.
func (w *Writer) Pause(paused bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return w.err
	}
	w.paused = paused
	w.wake()
	return nil
}

func (w *Writer) wake() {
	close(w.changed)
	w.changed = make(chan struct{})
}

// Stats implements audio.Sink.
func (w *Writer) Stats() audio.SinkStats {
	w.mu.Lock()
	defer w.mu.Unlock()
	return audio.SinkStats{Name: w.name, Played: w.format.Duration(int(w.data / int64(w.enc.bytes())))}
}

// Close implements audio.Sink: it completes the file, also after a failed Write.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == audio.ErrSinkClosed { //nolint:errorlint // set only here
		return nil
	}
	var err error
	if w.at != nil {
		select {
		case r := <-w.flight:
			w.data += int64(r.n)
		default:
		}
		err = w.update()
		if err == nil && w.data%2 == 1 { // chunks have even lengths
			_, err = w.w.Write([]byte{0})
		}
		err = w.failure(err)
	}
	if w.own != nil {
		if e := w.own.Close(); err == nil {
			err = w.failure(e)
		}
	}
	if w.err != nil {
		err = nil // Write has reported it
	}
	w.err = audio.ErrSinkClosed
	w.wake()
	return err
}
