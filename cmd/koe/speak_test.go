package main

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestDrainRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// An agent that goes on for a minute after nobody listens is read to its end.
		r, w := io.Pipe()
		wrote := 0
		go func() {
			for range 60 {
				time.Sleep(time.Second)
				n, err := w.Write([]byte("more\n"))
				if err != nil {
					t.Errorf("the agent met %v", err)
				}
				wrote += n
			}
			_ = w.Close()
		}()
		var notice strings.Builder
		if err := drainRest(t.Context(), &notice, r); err != nil || wrote != 300 {
			t.Errorf("%v, %d bytes taken", err, wrote)
		}
		if !strings.Contains(notice.String(), "waiting for the agent") {
			t.Errorf("notice %q", notice.String())
		}
	})
	synctest.Test(t, func(t *testing.T) {
		// Ctrl-C ends it at once.
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		r, w := io.Pipe()
		start := time.Now()
		if err := drainRest(ctx, io.Discard, r); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 5*time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		_ = w.Close()
	})
}
