package jsonl

import (
	"bytes"
	"context"
	"errors"
	"io"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"koe/internal/agent"
)

// Walk reads src to its end. For every JSON object it calls decode, which takes the whole object in without effect, and
// then handle. What cannot be used is counted in report. It returns src's error (io.EOF is none), handle's, or ctx's.
func Walk(ctx context.Context, src io.Reader, limit int, report *agent.Report,
	decode func(object []byte) error, handle func(Line) error) error {
	r := NewReader(src, limit)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		line, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		report.Lines++
		data := clean(line, report)
		if len(data) == 0 {
			continue
		}
		if data[0] == '{' {
			if err := decode(data); err == nil {
				if err := handle(line); err != nil {
					return err
				}
				continue
			}
		}
		objects := [][]byte{data}
		if data[0] != '{' || !jsontext.Value(data).IsValid(Options()) {
			var reason string
			objects, reason = Recover(data)
			if len(objects) == 0 && line.Truncated && reason == NotJSON {
				reason = Truncated
			}
			report.Skip(reason, line.Number)
		}
		for _, object := range objects {
			if err := decode(object); err != nil {
				report.Skip(Shape, line.Number)
			} else if err := handle(line); err != nil {
				return err
			}
		}
	}
}

// clean returns the line's text, if it has any, as valid UTF-8 without NUL bytes: a writer that crashed may leave runs
// of them before the next line.
func clean(line Line, report *agent.Report) []byte {
	data := line.Data
	if line.TooLong {
		report.Skip(TooLong, line.Number)
		return nil
	}
	if bytes.IndexByte(data, 0) >= 0 {
		report.Skip(NULs, line.Number)
		data = bytes.ReplaceAll(data, []byte{0}, nil)
	}
	if !utf8.Valid(data) {
		report.Skip(BadUTF8, line.Number)
		data = bytes.ToValidUTF8(data, []byte("\uFFFD"))
	}
	data = bytes.TrimSpace(data)
	data = bytes.TrimPrefix(data, []byte("\uFEFF")) // byte order mark
	return data
}
