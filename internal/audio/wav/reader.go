package wav

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"koe/internal/audio"
)

// streaming is the least length of a data chunk that means "to the end": writers to pipes don't know it, and write
// 0xFFFFFFFF, 0x7FFFFFFF or a little less (sox counts its header and whole frames).
const streaming = 0x7FFF0000

// Reader reads the samples of a WAV stream.
type Reader struct {
	name   string
	r      *bufio.Reader
	off    int64
	format audio.Format
	size   int // of a sample in bytes
	float  bool
	left   int64 // bytes of samples; -1: to the end of the stream
	buf    []byte
}

// NewReader reads a WAV stream's header up to its samples: PCM of 8, 16, 24 or 32 bits, or float of 32 or 64, plain or
// extensible. name is for errors. A stream that is none gives a *FormatError.
func NewReader(r io.Reader, name string) (*Reader, error) {
	rd := &Reader{name: name, r: bufio.NewReaderSize(r, 1<<15)}
	var id [12]byte
	if err := rd.full(id[:], "RIFF header"); err != nil {
		return nil, err
	}
	if string(id[:4]) != "RIFF" || string(id[8:]) != "WAVE" {
		rd.off = 0
		return nil, rd.wrong("no RIFF WAVE file: it begins with %q", id[:])
	}
	for {
		var head [8]byte
		if err := rd.full(head[:], "chunk header (before any data chunk)"); err != nil {
			return nil, err
		}
		size := binary.LittleEndian.Uint32(head[4:])
		switch string(head[:4]) {
		case "fmt ":
			if err := rd.readFormat(size); err != nil {
				return nil, err
			}
		case "data":
			if rd.size == 0 {
				return nil, rd.wrong("data chunk before the fmt chunk")
			}
			rd.left = int64(size)
			if size >= streaming {
				rd.left = -1
			}
			return rd, nil
		default:
			if err := rd.skip(int64(size) + int64(size%2)); err != nil {
				return nil, err
			}
		}
	}
}

func (r *Reader) wrong(format string, args ...any) error {
	return &FormatError{Name: r.name, Offset: r.off, What: fmt.Sprintf(format, args...)}
}

func (r *Reader) full(b []byte, what string) error {
	n, err := io.ReadFull(r.r, b)
	r.off += int64(n)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return r.wrong("the file ends within the %s", what)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", r.name, err)
	}
	return nil
}

func (r *Reader) skip(n int64) error {
	m, err := io.CopyN(io.Discard, r.r, n)
	r.off += m
	if errors.Is(err, io.EOF) {
		return r.wrong("the file ends within a chunk, %d bytes early", n-m)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", r.name, err)
	}
	return nil
}

func (r *Reader) readFormat(size uint32) error {
	if r.size != 0 {
		return r.wrong("a second fmt chunk")
	}
	if size < 16 || size > 1<<12 {
		return r.wrong("fmt chunk of %d bytes", size)
	}
	b := make([]byte, size+size%2)
	if err := r.full(b, "fmt chunk"); err != nil {
		return err
	}
	b = b[:size]
	le := binary.LittleEndian
	tag, align, bits := le.Uint16(b), le.Uint16(b[12:]), le.Uint16(b[14:])
	if tag == tagExtensible {
		const guid = "\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"
		if size < 40 || string(b[26:40]) != guid {
			return r.wrong("extensible fmt chunk without a known sub-format")
		}
		tag = le.Uint16(b[24:])
	}
	rate := le.Uint32(b[4:])
	if rate > math.MaxInt32 {
		return r.wrong("sample rate %d Hz", rate)
	}
	f := audio.Format{Rate: int(rate), Channels: int(le.Uint16(b[2:]))}
	if err := f.Validate(); err != nil {
		return r.wrong("%v", err)
	}
	switch {
	case tag == tagPCM && (bits == 8 || bits == 16 || bits == 24 || bits == 32):
	case tag == tagFloat && (bits == 32 || bits == 64):
	default:
		return r.wrong("encoding %d with %d bits: only PCM of 8, 16, 24, 32 and float of 32, 64 bits are read", tag, bits)
	}
	if int(align) != f.Channels*int(bits/8) {
		return r.wrong("frames of %d bytes for %d channels of %d bits", align, f.Channels, bits)
	}
	r.format, r.size, r.float = f, int(bits/8), tag == tagFloat
	return nil
}

// Format is the stream's format.
func (r *Reader) Format() audio.Format { return r.format }

// Samples is how many samples (of all channels together) are left to read, -1 if the stream doesn't say.
func (r *Reader) Samples() int64 {
	if r.left < 0 {
		return -1
	}
	return r.left / int64(r.size)
}

// Read reads whole frames into dst, whose length must hold one, and returns how many samples it read. At the end it
// returns io.EOF; a file that ends too early gives its samples and then a *FormatError that wraps io.ErrUnexpectedEOF.
func (r *Reader) Read(dst []float32) (int, error) {
	frame := r.size * r.format.Channels
	n := len(dst) / r.format.Channels * frame
	if n == 0 {
		return 0, fmt.Errorf("%s: room for %d samples is no room for a frame", r.name, len(dst))
	}
	n = min(n, max(1<<16/frame, 1)*frame)
	if r.left >= 0 {
		n = int(min(int64(n), r.left-r.left%int64(frame)))
		if n == 0 {
			return 0, io.EOF
		}
	}
	if cap(r.buf) < n {
		r.buf = make([]byte, n)
	}
	b := r.buf[:n]
	got, err := io.ReadFull(r.r, b)
	r.off += int64(got)
	end := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	if err != nil && !end {
		return 0, fmt.Errorf("%s: %w", r.name, err)
	}
	whole := got - got%frame
	if r.left >= 0 {
		r.left -= int64(got)
	}
	if end && whole == 0 {
		if r.left > 0 {
			return 0, &truncatedError{FormatError{r.name, r.off, fmt.Sprintf("the file ends %d bytes before its data chunk does", r.left)}}
		}
		return 0, io.EOF
	}
	r.decode(dst, b[:whole])
	return whole / r.size, nil
}

type truncatedError struct{ FormatError }

func (e *truncatedError) Unwrap() []error { return []error{&e.FormatError, io.ErrUnexpectedEOF} }

func (r *Reader) decode(dst []float32, b []byte) {
	le := binary.LittleEndian
	switch {
	case r.float && r.size == 4:
		for i := range len(b) / 4 {
			dst[i] = finite(float64(math.Float32frombits(le.Uint32(b[4*i:]))))
		}
	case r.float:
		for i := range len(b) / 8 {
			dst[i] = finite(math.Float64frombits(le.Uint64(b[8*i:])))
		}
	case r.size == 1:
		for i, v := range b {
			dst[i] = max(float32(int(v)-128)/127, -1)
		}
	case r.size == 2:
		for i := range len(b) / 2 {
			dst[i] = audio.Float32(int16(le.Uint16(b[2*i:])))
		}
	case r.size == 3:
		for i := range len(b) / 3 {
			v := int32(uint32(b[3*i])<<8|uint32(b[3*i+1])<<16|uint32(b[3*i+2])<<24) >> 8
			dst[i] = max(float32(v)/(1<<23-1), -1)
		}
	case r.size == 4:
		for i := range len(b) / 4 {
			dst[i] = max(float32(float64(int32(le.Uint32(b[4*i:])))/(1<<31-1)), -1)
		}
	}
}

// finite keeps what is no number, or no finite one, out of the sound.
func finite(v float64) float32 {
	switch f := float32(v); {
	case f != f:
		return 0
	case math.IsInf(float64(f), 0):
		return float32(math.Copysign(1, v))
	default:
		return f
	}
}

// ReadAll reads a whole WAV stream. What a stream that ends too early holds is returned with its error.
func ReadAll(r io.Reader, name string) (audio.Format, []float32, error) {
	rd, err := NewReader(r, name)
	if err != nil {
		return audio.Format{}, nil, err
	}
	var all []float32
	buf := make([]float32, 1<<14)
	for {
		n, err := rd.Read(buf)
		all = append(all, buf[:n]...)
		if err == io.EOF { //nolint:errorlint // Read returns it bare
			return rd.format, all, nil
		}
		if err != nil {
			return rd.format, all, err
		}
	}
}

// ReadFile reads a WAV file.
func ReadFile(name string) (audio.Format, []float32, error) {
	f, err := os.Open(name)
	if err != nil {
		return audio.Format{}, nil, err
	}
	defer func() { _ = f.Close() }()
	return ReadAll(f, name)
}
