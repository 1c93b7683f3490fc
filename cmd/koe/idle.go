package main

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"koe/internal/audio"
	"koe/internal/translate"
	"koe/internal/voice"
)

// idleTime is after how long without use a model is freed with performance.cache_models: false.
const idleTime = time.Minute

// idling holds something that is opened when it is needed and closed when it has not been for a while.
type idling[T io.Closer] struct {
	open  func() (T, error)
	after time.Duration

	mu     sync.Mutex
	thing  T
	there  bool
	users  int
	closed bool
	timer  *time.Timer
}

// use calls f with the thing, which stays open meanwhile.
func (i *idling[T]) use(f func(T) error) error {
	i.mu.Lock()
	if i.closed {
		i.mu.Unlock()
		return errors.New("used after Close")
	}
	if i.timer != nil {
		i.timer.Stop()
	}
	if !i.there {
		thing, err := i.open()
		if err != nil {
			i.mu.Unlock()
			return err
		}
		i.thing, i.there = thing, true
	}
	thing := i.thing
	i.users++
	i.mu.Unlock()

	err := f(thing)

	i.mu.Lock()
	defer i.mu.Unlock()
	if i.users--; i.users == 0 && !i.closed {
		i.timer = time.AfterFunc(i.after, i.rest)
	}
	return err
}

// rest closes the thing if nobody uses it.
func (i *idling[T]) rest() {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.users == 0 && i.there {
		_ = i.thing.Close() // whoever needs it next gets a new one
		i.there = false
	}
}

// Close closes the thing for good; nobody may use it any more.
func (i *idling[T]) Close() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.closed = true
	if i.timer != nil {
		i.timer.Stop()
	}
	if !i.there {
		return nil
	}
	i.there = false
	return i.thing.Close()
}

// idlingTranslator is a translator whose model is freed when it is idle.
type idlingTranslator struct {
	idling[translate.Translator]
}

// Translate implements translate.Translator.
func (t *idlingTranslator) Translate(ctx context.Context, r translate.Request) (tr translate.Translation, err error) {
	err = t.use(func(inner translate.Translator) error {
		tr, err = inner.Translate(ctx, r)
		return err
	})
	return tr, err
}

// idlingVoice is a voice whose models are freed when it is idle.
type idlingVoice struct {
	idling[voice.Synthesizer]
	format audio.Format
	voices []voice.Voice
}

func (v *idlingVoice) Format() audio.Format  { return v.format }
func (v *idlingVoice) Voices() []voice.Voice { return v.voices }

// Synthesize implements voice.Synthesizer.
func (v *idlingVoice) Synthesize(ctx context.Context, r voice.Request, emit func(voice.Chunk) error) error {
	return v.use(func(inner voice.Synthesizer) error { return inner.Synthesize(ctx, r, emit) })
}
