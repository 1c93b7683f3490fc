package pipeline

import (
	"context"
	"sync"
	"time"

	"koe/internal/prose"
	"koe/internal/translate"
	"koe/internal/voice"
)

// item is one sentence on its way. Each field belongs to one stage at a time; what several touch is behind mu.
type item struct {
	seq       int // 1, 2, … in order of speech; 0 while it is a guess
	sentence  prose.Sentence
	tentative bool // it began as a guess

	cut         time.Time // when its end was certain
	guessed     time.Time
	begun       time.Time // translation started
	translated  time.Time
	voiced      time.Time // reading and synthesis started
	firstPCM    time.Time
	translation translate.Translation
	clauses     []clause
	parts       []part // of the voice's way to the first chunk
	chunks      chan voice.Chunk
	settled     chan struct{} // closed when it is confirmed or gone

	mu      sync.Mutex
	isGone  bool
	err     error
	cancels map[int]context.CancelFunc
	nextKey int
}

// part is a named part of the work and how long it took.
type part struct {
	name string
	took time.Duration
}

func newItem(s prose.Sentence, confirmed bool) *item {
	if s.Read.IsZero() {
		s.Read = time.Now()
	}
	it := &item{sentence: s, tentative: !confirmed, chunks: make(chan voice.Chunk, 256), settled: make(chan struct{})}
	if confirmed {
		it.cut = time.Now()
		close(it.settled)
	} else {
		it.guessed = time.Now()
	}
	return it
}

// bind returns a context that ends with parent or when the item goes.
func (it *item) bind(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(parent)
	it.mu.Lock()
	defer it.mu.Unlock()
	if it.isGone {
		cancel()
		return ctx, cancel
	}
	if it.cancels == nil {
		it.cancels = make(map[int]context.CancelFunc)
	}
	key := it.nextKey
	it.nextKey++
	it.cancels[key] = cancel
	return ctx, func() {
		it.mu.Lock()
		delete(it.cancels, key)
		it.mu.Unlock()
		cancel()
	}
}

// abandon ends all work on the item: a wrong guess, or a sentence skipped.
func (it *item) abandon() {
	it.mu.Lock()
	defer it.mu.Unlock()
	it.isGone = true
	for _, cancel := range it.cancels {
		cancel()
	}
}

func (it *item) gone() bool {
	it.mu.Lock()
	defer it.mu.Unlock()
	return it.isGone
}

func (it *item) fail(err error) {
	it.mu.Lock()
	defer it.mu.Unlock()
	it.err = err
}

func (it *item) failed() error {
	it.mu.Lock()
	defer it.mu.Unlock()
	return it.err
}
