// Package plain owns plain text or Markdown on standard input. All of it is one block of prose: what arrives is handed on
// at once, for the cutter finds sentences and paragraphs itself.
package plain

import (
	"context"
	"errors"
	"io"
	"time"
	"unicode/utf8"

	"koe/internal/agent"
)

// Reader reads plain text. Its zero value is ready; it may be used by several goroutines.
type Reader struct{}

// block names the only block.
const block = "text"

// Read implements agent.Reader. NUL bytes are dropped, invalid UTF-8 becomes U+FFFD; both are counted.
func (Reader) Read(ctx context.Context, src io.Reader, emit func(agent.Event) error) (agent.Report, error) {
	s := &state{emit: emit, line: 1}
	buf := make([]byte, 32<<10)
	held := 0 // bytes of a character whose rest has not come
	for {
		if err := ctx.Err(); err != nil {
			return s.report, err
		}
		n, err := src.Read(buf[held:])
		if n > 0 || s.read.IsZero() {
			s.read = time.Now()
		}
		data := buf[:held+n]
		rest := 0
		if err == nil {
			rest = incomplete(data)
		}
		if sendErr := s.text(data[:len(data)-rest]); sendErr != nil {
			return s.report, sendErr
		}
		held = copy(buf, data[len(data)-rest:])
		if err != nil {
			if !errors.Is(err, io.EOF) {
				return s.report, err
			}
			return s.report, s.end()
		}
	}
}

type state struct {
	emit   func(agent.Event) error
	report agent.Report
	line   int
	read   time.Time
	fresh  bool // the current line has no byte yet
	open   bool
}

// text emits what is text of b, and counts lines and damage.
func (s *state) text(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	out := make([]byte, 0, len(b))
	line := s.line
	for len(b) > 0 {
		if s.report.Lines == 0 || s.fresh {
			s.report.Lines++
			s.line = s.report.Lines
			s.fresh = false
		}
		line = s.line
		r, size := utf8.DecodeRune(b)
		switch {
		case r == 0:
			s.report.Skip("NUL bytes (dropped)", s.line)
		case r == utf8.RuneError && size == 1:
			s.report.Skip("invalid UTF-8 (replaced)", s.line)
			out = utf8.AppendRune(out, r)
		default:
			out = append(out, b[:size]...)
		}
		s.fresh = r == '\n'
		b = b[size:]
	}
	if len(out) == 0 {
		return nil
	}
	s.open = true
	return s.send(agent.Event{Kind: agent.Text, Block: block, Text: string(out), Line: line, Read: s.read})
}

func (s *state) end() error {
	if !s.open {
		return nil
	}
	if err := s.send(agent.Event{Kind: agent.BlockEnd, Block: block, Line: s.line, Read: s.read}); err != nil {
		return err
	}
	return s.send(agent.Event{Kind: agent.TurnEnd, Line: s.line, Read: s.read})
}

func (s *state) send(ev agent.Event) error {
	err := s.emit(ev)
	if err == nil {
		s.report.Events++
	}
	return err
}

// incomplete is how many bytes at the end of b begin a character that is not whole yet.
func incomplete(b []byte) int {
	for i := 1; i < utf8.UTFMax && i <= len(b); i++ {
		if c := b[len(b)-i]; utf8.RuneStart(c) {
			if !utf8.FullRune(b[len(b)-i:]) {
				return i
			}
			return 0
		}
	}
	return 0
}
