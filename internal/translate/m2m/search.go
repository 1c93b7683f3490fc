package m2m

import (
	"cmp"
	"context"
	"math"
	"slices"

	"koe/internal/ort"
)

// state is what the decoder's graph takes: the rows of a beam with their caches.
type state struct {
	x      []float32 // [rows, tokens, width]
	rows   int
	tokens int // tokens of x a row
	length int // tokens in the caches and x together
	cross  []*ort.Value
	caches []*ort.Value // nil: empty
}

// result is what it gives: for each step and row the best tokens, with their log-probabilities.
type result struct {
	tokens []int64
	scores []float32
	caches []*ort.Value
}

// decode runs the decoder for a number of steps. The caches are returned if asked for, for the caller to release.
func (e *Engine) decode(ctx context.Context, s state, steps, candidates int, keep bool) (r result, err error) {
	c := &e.config
	in := make(map[string]*ort.Value, 5+2*len(e.cross))
	var own []*ort.Value
	defer func() { release(own) }()
	put := func(name string, v *ort.Value, err2 error) {
		if err2 != nil {
			err = err2
			return
		}
		in[name] = v
		own = append(own, v)
	}
	last := make([]int32, s.rows)
	for i := range last {
		last[i] = int32(s.length - 1)
	}
	tensor(put, e.rt, "x", s.x, s.rows, s.tokens, c.Width)
	tensor(put, e.rt, "length", []int32{int32(s.length)}, 1)
	tensor(put, e.rt, "last", last, s.rows)
	tensor(put, e.rt, "steps", []int64{int64(steps)})
	tensor(put, e.rt, "candidates", []int64{int64(candidates)}, 1)
	for i, n := range e.caches {
		in[e.cross[i]] = s.cross[i]
		if s.caches != nil {
			in[n] = s.caches[i]
			continue
		}
		tensor(put, e.rt, n, []float32(nil), s.rows, c.DecoderHeads, 0, c.Width/c.DecoderHeads)
	}
	if err != nil {
		return r, err
	}
	names := []string{"tokens", "scores"}
	if keep {
		names = append(names, e.presents...)
	}
	out, err := e.decoder.Run(ctx, in, names...)
	if err != nil {
		return r, err
	}
	defer release(out[:2])
	r.caches = out[2:]
	if r.tokens, err = ort.Copy[int64](out[0]); err == nil {
		r.scores, err = ort.Copy[float32](out[1])
	}
	if err != nil {
		release(r.caches)
	}
	return r, err
}

func tensor[T ort.Element](put func(string, *ort.Value, error), rt *ort.Runtime, name string, data []T, shape ...int) {
	v, err := ort.NewTensor(rt, data, shape...)
	put(name, v, err)
}

// start is the state before the first token: the decoder's start token and the language.
func (e *Engine) first(cross []*ort.Value, target int) state {
	prompt := []int32{int32(e.config.DecoderStart), int32(target)}
	return state{x: e.weights.embed(&e.config, prompt, 0), rows: 1, tokens: len(prompt), length: len(prompt), cross: cross}
}

// greedy takes the best token at each step, in one run.
func (e *Engine) greedy(ctx context.Context, cross []*ort.Value, target, steps int) ([]int32, error) {
	r, err := e.decode(ctx, e.first(cross, target), steps, 1, false)
	if err != nil {
		return nil, err
	}
	ids := make([]int32, 0, len(r.tokens))
	for _, id := range r.tokens {
		if int(id) == e.config.End {
			break
		}
		ids = append(ids, int32(id))
	}
	return ids, nil
}

// hypothesis is a translation in progress.
type hypothesis struct {
	ids   []int32
	score float32 // sum of log-probabilities; once finished, by length
	row   int     // of the last run, whose caches it goes on from
}

// unfinished is the score of a slot without a translation, as transformers has it.
const unfinished = -1e9

// beam searches with a beam of the given width, exactly as transformers does by default: log-probabilities summed,
// finished translations compared by their mean (length_penalty 1), and an end when no running one can be better than
// the worst kept one by the mean at its present length (early_stopping false).
func (e *Engine) beam(ctx context.Context, cross []*ort.Value, target, width, steps int) ([]int32, error) {
	s := e.first(cross, target)
	running := []hypothesis{{}}
	var done []hypothesis
	var own []*ort.Value
	defer func() { release(own); release(s.caches) }()
	for n := 1; n <= steps; n++ {
		r, err := e.decode(ctx, s, 1, min(2*width, e.config.Vocabulary), true)
		if err != nil {
			return nil, err
		}
		top := candidates(running, r, 2*width)
		running = running[:0:0]
		for i, h := range top {
			ended := int(h.ids[len(h.ids)-1]) == e.config.End || n == steps
			if ended && i < width {
				h.score /= float32(n)
				done = append(done, h)
			} else if !ended && len(running) < width {
				running = append(running, h)
			}
		}
		slices.SortStableFunc(done, func(a, b hypothesis) int { return cmp.Compare(b.score, a.score) })
		done = done[:min(len(done), width)]
		if len(running) == 0 || len(done) == width && running[0].score/float32(n) <= done[width-1].score {
			release(r.caches)
			break
		}
		next, err := e.reorder(r.caches, running)
		release(r.caches)
		if err != nil {
			return nil, err
		}
		release(s.caches)
		s.caches = next
		if n == 1 {
			if own, err = e.reorder(cross, running); err != nil {
				return nil, err
			}
			s.cross = own
		}
		s.rows, s.tokens = len(running), 1
		s.x = s.x[:0:0]
		for i := range running {
			ids := running[i].ids
			s.x = append(s.x, e.weights.embed(&e.config, ids[len(ids)-1:], s.length)...)
			running[i].row = i
		}
		s.length++
	}
	if len(done) == 0 {
		return nil, nil
	}
	ids := done[0].ids
	if int(ids[len(ids)-1]) == e.config.End {
		ids = ids[:len(ids)-1]
	}
	return ids, nil
}

// candidates returns the n best continuations of the hypotheses, best first.
func candidates(running []hypothesis, r result, n int) []hypothesis {
	type candidate struct {
		row   int
		token int64
		score float32
	}
	each := len(r.tokens) / len(running)
	all := make([]candidate, 0, len(r.tokens))
	for i, id := range r.tokens {
		row := i / each
		all = append(all, candidate{row, id, running[row].score + r.scores[i]})
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return cmp.Compare(b.score, a.score) })
	var out []hypothesis
	for _, c := range all[:min(n, len(all))] {
		if c.score < unfinished || math.IsNaN(float64(c.score)) {
			continue // a token that no translation contains
		}
		ids := append(slices.Clone(running[c.row].ids), int32(c.token))
		out = append(out, hypothesis{ids, c.score, c.row})
	}
	return out
}

// reorder copies the rows that the hypotheses go on from.
func (e *Engine) reorder(values []*ort.Value, rows []hypothesis) ([]*ort.Value, error) {
	out := make([]*ort.Value, 0, len(values))
	for _, v := range values {
		data, err := ort.Data[float32](v)
		if err != nil {
			release(out)
			return nil, err
		}
		shape := slices.Clone(v.Shape())
		size := len(data) / shape[0]
		shape[0] = len(rows)
		next := make([]float32, 0, size*len(rows))
		for _, h := range rows {
			next = append(next, data[h.row*size:][:size]...)
		}
		t, err := ort.NewTensor(e.rt, next, shape...)
		if err != nil {
			release(out)
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}
