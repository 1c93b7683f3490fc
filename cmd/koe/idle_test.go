package main

import (
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

type countedCloser struct{ closed *atomic.Int32 }

func (c countedCloser) Close() error { c.closed.Add(1); return nil }

func TestIdling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opened := 0
		var closed atomic.Int32
		i := &idling[countedCloser]{after: time.Minute, open: func() (countedCloser, error) {
			opened++
			return countedCloser{&closed}, nil
		}}
		use := func(d time.Duration) {
			t.Helper()
			if err := i.use(func(countedCloser) error { time.Sleep(d); return nil }); err != nil {
				t.Fatal(err)
			}
		}
		check := func(wantOpened int, wantClosed int32) {
			t.Helper()
			synctest.Wait()
			if opened != wantOpened || closed.Load() != wantClosed {
				t.Errorf("opened %d and closed %d times, want %d and %d", opened, closed.Load(), wantOpened, wantClosed)
			}
		}
		use(time.Second)
		time.Sleep(50 * time.Second)
		use(5 * time.Minute) // longer than the idle time, but in use
		check(1, 0)
		time.Sleep(59 * time.Second)
		check(1, 0)
		time.Sleep(2 * time.Second)
		check(1, 1)
		use(0)
		check(2, 1)
		if err := i.Close(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		check(2, 2)
		if err := i.use(func(countedCloser) error { return nil }); err == nil {
			t.Error("used after Close")
		}
	})
}

func TestIdlingError(t *testing.T) {
	want := errors.New("no memory")
	i := &idling[countedCloser]{open: func() (countedCloser, error) { return countedCloser{}, want }}
	if err := i.use(func(countedCloser) error { return nil }); !errors.Is(err, want) {
		t.Errorf("error %v", err)
	}
	if err := i.Close(); err != nil {
		t.Error(err)
	}
}
