// Package agenttest holds the conformance test that every agent.Reader's tests call, and a Reader of given events.
package agenttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf8"

	"koe/internal/agent"
)

// Collect reads src to its end.
func Collect(t testing.TB, r agent.Reader, src io.Reader) ([]agent.Event, agent.Report) {
	t.Helper()
	var events []agent.Event
	report, err := r.Read(context.Background(), src, func(ev agent.Event) error {
		events = append(events, ev)
		return nil
	})
	if err != nil {
		t.Fatalf("Read: %v", err)
	}
	return events, report
}

// Text joins the text of a channel.
func Text(events []agent.Event, channel agent.Channel) string {
	var b strings.Builder
	for _, ev := range events {
		if ev.Kind == agent.Text && ev.Channel == channel {
			b.WriteString(ev.Text)
		}
	}
	return b.String()
}

// Check returns the first way in which the events break what agent.Reader promises.
func Check(events []agent.Event, report agent.Report) error {
	if report.Events != len(events) {
		return fmt.Errorf("report counts %d events, %d were emitted", report.Events, len(events))
	}
	open := map[string]bool{} // blocks: true from the first Text to the BlockEnd, false after
	line, read := 0, time.Time{}
	for i, ev := range events {
		fail := func(format string, args ...any) error {
			return fmt.Errorf("event %d (%+v): %s", i, ev, fmt.Sprintf(format, args...))
		}
		if ev.Kind < agent.SessionStart || ev.Kind > agent.Error {
			return fail("unknown kind")
		}
		if !utf8.ValidString(ev.Text) || (ev.Tool != nil && !utf8.ValidString(ev.Tool.Detail+ev.Tool.Name+ev.Tool.ID)) {
			return fail("invalid UTF-8")
		}
		if ev.Line < 1 || ev.Line < line || ev.Line > report.Lines {
			return fail("line %d after line %d of %d", ev.Line, line, report.Lines)
		}
		if ev.Read.IsZero() || ev.Read.Before(read) {
			return fail("time of reading goes backwards or is missing")
		}
		line, read = ev.Line, ev.Read
		if (ev.Tool != nil) != (ev.Kind == agent.ToolUse || ev.Kind == agent.ToolResult) {
			return fail("Tool belongs to ToolUse and ToolResult")
		}
		switch ev.Kind {
		case agent.Text:
			if ev.Block == "" || ev.Text == "" {
				return fail("a Text has a block and is not empty")
			}
			if was, there := open[ev.Block]; there && !was {
				return fail("text after its block's end")
			}
			open[ev.Block] = true
		case agent.BlockEnd:
			if !open[ev.Block] {
				return fail("end of a block that is not open")
			}
			open[ev.Block] = false
		case agent.Permission, agent.Notification, agent.Error:
			if strings.TrimSpace(ev.Text) == "" {
				return fail("nothing to say")
			}
		}
	}
	for name, isOpen := range open {
		if isOpen {
			return fmt.Errorf("block %q has no end", name)
		}
	}
	for _, s := range report.Skipped {
		if s.Reason == "" || s.Count < 1 || len(s.Lines) != min(s.Count, 10) || !slices.IsSorted(s.Lines) {
			return fmt.Errorf("skipped: %+v", s)
		}
	}
	return nil
}

// strip removes what depends on the clock and on how the text came in pieces.
func strip(events []agent.Event) string {
	var b strings.Builder
	for _, ev := range events {
		if ev.Kind == agent.Text {
			fmt.Fprintf(&b, "%s", ev.Text)
			continue
		}
		fmt.Fprintf(&b, "\n[%d %d %q %q %q %q %+v]\n", ev.Kind, ev.Channel, ev.Session, ev.Parent, ev.Block, ev.Text, ev.Tool)
	}
	return b.String()
}

// TestReader checks what agent.Reader promises, on each sample of the agent's stream.
func TestReader(t *testing.T, r agent.Reader, samples map[string][]byte) {
	if len(samples) == 0 {
		t.Fatal("no samples")
	}
	for name, sample := range samples {
		t.Run(name, func(t *testing.T) { testSample(t, r, sample) })
	}
	t.Run("empty", func(t *testing.T) {
		events, report := Collect(t, r, strings.NewReader(""))
		if len(events) > 0 || report.Lines > 0 || len(report.Skipped) > 0 {
			t.Errorf("events %v, report %+v", events, report)
		}
	})
}

func testSample(t *testing.T, r agent.Reader, sample []byte) {
	whole, report := Collect(t, r, bytes.NewReader(sample))
	if err := Check(whole, report); err != nil {
		t.Fatal(err)
	}
	if len(whole) == 0 {
		t.Fatal("no events")
	}
	for name, src := range map[string]io.Reader{
		"byte by byte":  iotest.OneByteReader(bytes.NewReader(sample)),
		"halves":        iotest.HalfReader(bytes.NewReader(sample)),
		"data with EOF": iotest.DataErrReader(bytes.NewReader(sample)),
	} {
		events, got := Collect(t, r, src)
		if err := Check(events, got); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if strip(events) != strip(whole) {
			t.Errorf("%s: other events than at once:\n%s\nat once:\n%s", name, strip(events), strip(whole))
		}
	}

	boom := errors.New("boom")
	half := len(sample) / 2
	_, err := r.Read(context.Background(), io.MultiReader(bytes.NewReader(sample[:half]), iotest.ErrReader(boom)),
		func(agent.Event) error { return nil })
	if !errors.Is(err, boom) {
		t.Errorf("the source's error: got %v", err)
	}

	n := 0
	report, err = r.Read(context.Background(), bytes.NewReader(sample), func(agent.Event) error {
		if n++; n > 1 {
			t.Error("emit was called after its error")
		}
		return boom
	})
	if !errors.Is(err, boom) || report.Events != 0 {
		t.Errorf("emit's error: got %v, report %+v", err, report)
	}

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err = r.Read(ctx, bytes.NewReader(sample), func(agent.Event) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: got %v", err)
	}

	// cut anywhere, it must still keep its promises, and say no more than it had
	text := Text(whole, agent.Prose)
	for _, at := range []int{len(sample) / 7, len(sample) / 3, len(sample) / 2, len(sample) - 2} {
		if at <= 0 {
			continue
		}
		events, report := Collect(t, r, bytes.NewReader(sample[:at]))
		if err := Check(events, report); err != nil {
			t.Errorf("cut at byte %d: %v", at, err)
		}
		if got := Text(events, agent.Prose); len(got) > len(text) {
			t.Errorf("cut at byte %d: more text than the whole holds", at)
		}
	}
}

// Reader is an agent.Reader that ignores its input and emits the given events, in order.
type Reader []agent.Event

// Read implements agent.Reader.
func (r Reader) Read(ctx context.Context, _ io.Reader, emit func(agent.Event) error) (agent.Report, error) {
	var report agent.Report
	for i, ev := range r {
		if err := ctx.Err(); err != nil {
			return report, err
		}
		ev.Line = i + 1
		if ev.Read.IsZero() {
			ev.Read = time.Now()
		}
		report.Lines++
		if err := emit(ev); err != nil {
			return report, err
		}
		report.Events++
	}
	return report, nil
}
