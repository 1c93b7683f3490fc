package translate

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/maypok86/otter/v2"
)

// Cache is a Translator that remembers translations in memory. Tentative requests are looked up but not stored: what
// they gave is handed to Keep once the sentence is certain.
type Cache struct {
	next         Translator
	entries      *otter.Cache[cacheKey, Translation]
	hits, misses atomic.Int64
}

type cacheKey struct{ source, target, text string }

// CacheStats says what a cache has done.
type CacheStats struct {
	Hits, Misses int64
	Entries      int
	Bytes        int64
}

// NewCache returns a cache before t of at most maxBytes, which it owns. maxBytes must be positive.
func NewCache(t Translator, maxBytes int64) (*Cache, error) {
	if maxBytes <= 0 {
		return nil, fmt.Errorf("translate: a cache of %d bytes", maxBytes)
	}
	entries, err := otter.New(&otter.Options[cacheKey, Translation]{
		MaximumWeight: uint64(maxBytes),
		Weigher:       weigh,
		// Its upkeep runs in the callers, so that the cache has no goroutine to wait for.
		Executor: func(task func()) { task() },
	})
	if err != nil {
		return nil, fmt.Errorf("translate: cache: %w", err)
	}
	return &Cache{next: t, entries: entries}, nil
}

// entryOverhead is what an entry takes beside its strings, about.
const entryOverhead = 256

func weigh(k cacheKey, v Translation) uint32 {
	n := entryOverhead + len(k.source) + len(k.target) + len(k.text) + len(v.Text) + len(v.First)
	for _, s := range v.Lost {
		n += len(s) + 16
	}
	return uint32(min(n, 1<<31))
}

// Translate answers from memory, marked as Cached, or asks the translator behind the cache.
func (c *Cache) Translate(ctx context.Context, r Request) (Translation, error) {
	if err := ctx.Err(); err != nil {
		return Translation{}, err
	}
	if t, ok := c.entries.GetIfPresent(cacheKey{r.Source, r.Target, r.Text}); ok {
		c.hits.Add(1)
		t.Cached = true
		return t, nil
	}
	c.misses.Add(1)
	t, err := c.next.Translate(ctx, r)
	if err == nil && !r.Tentative {
		c.Keep(r, t)
	}
	return t, err
}

// Keep stores the translation of a request that has been confirmed.
func (c *Cache) Keep(r Request, t Translation) {
	if t.Cached {
		return
	}
	c.entries.Set(cacheKey{r.Source, r.Target, r.Text}, t)
}

// Stats returns what the cache has done so far.
func (c *Cache) Stats() CacheStats {
	return CacheStats{
		Hits:    c.hits.Load(),
		Misses:  c.misses.Load(),
		Entries: c.entries.EstimatedSize(),
		Bytes:   int64(c.entries.WeightedSize()),
	}
}

// Close forgets everything and closes the translator behind the cache.
func (c *Cache) Close() error {
	c.entries.InvalidateAll()
	return c.next.Close()
}
