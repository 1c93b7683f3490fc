package pipeline

import (
	"context"
	"sync"
	"time"

	"koe/internal/prose"
)

// queue holds the sentences that wait for translation. Pushing never waits. Over its byte cap the oldest waiting
// sentences are dropped and counted: what is newest matters most to somebody who is that far behind.
type queue struct {
	mu      sync.Mutex
	items   []*item
	bytes   int
	cap     int
	dropped int
	seq     int
	closed  bool
	pending *item         // the outstanding guess
	wake    chan struct{} // holds a token when there may be something to take
}

func newQueue(maxBytes int) *queue {
	return &queue{cap: maxBytes, wake: make(chan struct{}, 1)}
}

func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

func (q *queue) push(it *item) {
	q.items = append(q.items, it)
	q.bytes += len(it.sentence.Text)
	for q.bytes > q.cap && len(q.items) > 1 {
		old := q.items[0]
		q.remove(old)
		old.abandon()
		q.dropped++
	}
	q.signal()
}

// guess puts in a sentence whose end is likely. Only one guess is outstanding at a time.
func (q *queue) guess(it *item) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.pending = it
	q.push(it)
}

// confirm settles the outstanding guess, or puts in a new sentence.
func (q *queue) confirm(s prose.Sentence) *item {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.seq++
	it := q.pending
	if it != nil {
		q.pending = nil
		it.cut, it.seq = time.Now(), q.seq
		// What follows the stop decides the pause; the words are the same.
		it.sentence.Pause, it.sentence.Role = s.Pause, s.Role
		close(it.settled)
		return it
	}
	it = newItem(s, true)
	it.seq = q.seq
	q.push(it)
	return it
}

// drop ends the outstanding guess and returns it.
func (q *queue) drop() *item {
	q.mu.Lock()
	defer q.mu.Unlock()
	it := q.pending
	if it == nil {
		return nil
	}
	q.pending = nil
	q.remove(it)
	it.abandon()
	close(it.settled)
	return it
}

func (q *queue) remove(it *item) {
	for i, other := range q.items {
		if other == it {
			q.items[i] = nil
			if i == 0 {
				q.items = q.items[1:]
			} else {
				q.items = append(q.items[:i], q.items[i+1:]...)
			}
			q.bytes -= len(it.sentence.Text)
			return
		}
	}
}

// next waits for the oldest sentence and takes it; nil after close when none is left.
func (q *queue) next(ctx context.Context) (*item, error) {
	for {
		q.mu.Lock()
		if len(q.items) > 0 {
			it := q.items[0]
			q.remove(it)
			q.mu.Unlock()
			return it, nil
		}
		closed := q.closed
		q.mu.Unlock()
		if closed {
			return nil, nil
		}
		select {
		case <-q.wake:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// close says that nothing more will be put in.
func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.signal()
}

// abandon empties the queue.
func (q *queue) abandon() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.items, q.bytes = nil, 0
}

func (q *queue) overflowed() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.dropped
}

// len counts the confirmed sentences that wait.
func (q *queue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := len(q.items)
	if q.pending != nil && n > 0 && q.items[n-1] == q.pending {
		n--
	}
	return n
}
