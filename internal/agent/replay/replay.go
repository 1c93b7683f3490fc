// Package replay owns giving a recording (package streamgen) out at the pace at which it was made.
package replay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"

	"koe/internal/agent/jsonl"
)

// What a line without a time of its own takes.
const (
	charsPerSecond = 240                     // pieces of text
	firstToken     = 1500 * time.Millisecond // a message's start
	toolResult     = 500 * time.Millisecond  // a user line: a tool has run
)

// Clock is the time that a recording is paced by.
type Clock interface {
	Now() time.Time
	// Sleep waits for d, or until ctx is done; it then returns ctx's error.
	Sleep(ctx context.Context, d time.Duration) error
}

// Copy writes src's lines to dst at their recorded pace, speed times as fast (1: as recorded; it must be over 0). The
// lines are unchanged but for a carriage return before the newline. It returns nil at src's end, or the first error of src, dst or ctx.
func Copy(ctx context.Context, dst io.Writer, src io.Reader, speed float64) error {
	return CopyClock(ctx, dst, src, speed, wall{})
}

// CopyClock is Copy with a clock of the caller's.
func CopyClock(ctx context.Context, dst io.Writer, src io.Reader, speed float64, clock Clock) error {
	if !(speed > 0) { // NaN too
		return fmt.Errorf("speed %v: it must be over 0", speed)
	}
	lines := jsonl.NewReader(src, 0)
	start := clock.Now()
	var at time.Duration // of the recording
	for {
		line, err := lines.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading the recording: %w", err)
		}
		if line.TooLong {
			return fmt.Errorf("reading the recording: line %d is longer than %d bytes", line.Number, jsonl.DefaultLimit)
		}
		at = next(at, line.Data)
		// Waiting for points in time, not for pauses, keeps small delays from adding up.
		if d := time.Duration(float64(at)/speed) - clock.Now().Sub(start); d > 0 {
			if err := clock.Sleep(ctx, d); err != nil {
				return err
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		data := line.Data
		if !line.Truncated {
			data = append(data[:len(data):len(data)], '\n')
		}
		if _, err := dst.Write(data); err != nil {
			return fmt.Errorf("writing the recording: %w", err)
		}
	}
}

// next is the time of a line that comes after the time at.
func next(at time.Duration, line []byte) time.Duration {
	var l struct {
		Time  *float64 `json:"_t"`
		Type  string   `json:"type"`
		Event struct {
			Type  string `json:"type"`
			Delta struct {
				Text     string `json:"text"`
				Thinking string `json:"thinking"`
				Partial  string `json:"partial_json"`
			} `json:"delta"`
		} `json:"event"`
	}
	if json.Unmarshal(line, &l, jsonl.Options()) != nil {
		return at
	}
	switch {
	case l.Time != nil:
		const limit = float64(24 * time.Hour / time.Millisecond)
		return max(at, time.Duration(min(max(*l.Time, 0), limit)*float64(time.Millisecond)))
	case l.Event.Type == "message_start":
		return at + firstToken
	case l.Type == "user":
		return at + toolResult
	default:
		chars := utf8.RuneCountInString(l.Event.Delta.Text + l.Event.Delta.Thinking + l.Event.Delta.Partial)
		return at + time.Duration(chars)*time.Second/charsPerSecond
	}
}

// wall is the real clock.
type wall struct{}

func (wall) Now() time.Time { return time.Now() }

func (wall) Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
