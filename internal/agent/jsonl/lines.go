// Package jsonl owns reading JSON lines that somebody else writes: lines of any length in bounded memory, with the time
// at which each one's last byte arrived, and what can still be had from damaged ones.
package jsonl

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"time"
)

// DefaultLimit is the length of a line, in bytes, over which it is skipped. Agents write whole files into one line.
const DefaultLimit = 16 << 20

// keep is the buffer that a Reader holds on to after a long line.
const keep = 1 << 20

// Line is one line of the input.
type Line struct {
	Number    int       // 1-based
	Data      []byte    // without its newline; valid until the next call of Next; nil if TooLong
	Read      time.Time // when its last byte had been read
	Truncated bool      // the input ended before a newline
	TooLong   bool      // it exceeded the limit and was passed over
}

// Reader reads lines.
type Reader struct {
	src    *clock
	buf    *bufio.Reader
	limit  int
	number int
	long   []byte // a line that exceeds buf's size
}

// NewReader returns a Reader of src that skips lines longer than limit bytes (0: DefaultLimit).
func NewReader(src io.Reader, limit int) *Reader {
	if limit <= 0 {
		limit = DefaultLimit
	}
	c := &clock{src: src}
	return &Reader{src: c, buf: bufio.NewReaderSize(c, 64<<10), limit: limit}
}

// Next returns the next line. Its error is io.EOF at the end, or what the source returned; a line that such an error cut
// short comes first.
func (r *Reader) Next() (Line, error) {
	line := Line{Number: r.number + 1}
	if cap(r.long) > keep {
		r.long = nil
	}
	r.long = r.long[:0]
	for {
		part, err := r.buf.ReadSlice('\n')
		switch {
		case len(r.long)+len(part) > r.limit+1:
			line.TooLong = true
			r.long = r.long[:0]
		case !line.TooLong && (len(r.long) > 0 || errors.Is(err, bufio.ErrBufferFull)):
			r.long = append(r.long, part...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		line.Read = r.src.last
		if err != nil {
			if len(part) == 0 && len(r.long) == 0 && !line.TooLong {
				return Line{}, err
			}
			line.Truncated = true // err comes back from the next ReadSlice
		}
		if !line.TooLong {
			line.Data = part
			if len(r.long) > 0 {
				line.Data = r.long
			}
			line.Data = trimNewline(line.Data)
			if len(line.Data) > r.limit {
				line.Data, line.TooLong = nil, true
			}
		}
		r.number++
		return line, nil
	}
}

func trimNewline(b []byte) []byte {
	if line, ok := bytes.CutSuffix(b, []byte("\n")); ok {
		return bytes.TrimSuffix(line, []byte("\r"))
	}
	return b
}

// clock notes when bytes last came. One read may bring several lines: they arrived together.
type clock struct {
	src  io.Reader
	last time.Time
	err  error
}

func (c *clock) Read(p []byte) (int, error) {
	if c.err != nil { // the source's end is final, even if the source forgets it
		return 0, c.err
	}
	n, err := c.src.Read(p)
	c.err = err
	if n > 0 || c.last.IsZero() {
		c.last = time.Now()
	}
	return n, err
}
