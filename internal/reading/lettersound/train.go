package lettersound

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
)

// Pair is a word of a–z and its reading in katakana.
type Pair struct{ Word, Kana string }

// Options of training.
type Options struct {
	Epochs    int
	Log2Table int // the table holds 1<<Log2Table weights of one byte
	Seed      uint64
	Log       func(format string, args ...any)
}

// names holds the sounds of consonants' names that nothing but spelling gives.
var names = [numLetters]string{5: "efu", 7: "eici", 11: "eru", 12: "emu", 13: "enu", 18: "esu"}

const longestChunk = 4 // sounds a letter gives at most: x in "エックス"

// aligned is a word with the chunk of sounds that each letter gives.
type aligned struct {
	letters []byte
	chunks  []string
	want    []int32
}

// Train aligns letters with sounds by expectation maximisation and learns an averaged structured perceptron with early
// update. Pairs that cannot be aligned are left out.
func Train(pairs []Pair, o Options) ([]byte, error) {
	words := align(pairs, o.Log)
	if len(words) == 0 {
		return nil, fmt.Errorf("letter-to-sound training: none of %d pairs can be aligned", len(pairs))
	}
	m := &Model{}
	words = m.inventory(words)
	t := &training{table: make([]float32, 1<<o.Log2Table), sum: make([]float64, 1<<o.Log2Table), m: m}
	r := rand.New(rand.NewPCG(o.Seed, 1))
	for epoch := range o.Epochs {
		r.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
		wrong := 0
		for _, w := range words {
			t.now++
			t.letters, t.want = w.letters, w.want
			last := search(m, t, w.letters, t)
			if !last.right || len(last.path(0)) != 0 {
				wrong++
			}
		}
		o.Log("epoch %d: %.2f %% of %d words wrong\n", epoch+1, 100*float64(wrong)/float64(len(words)), len(words))
	}
	avg := make([]float32, len(t.table))
	for i, w := range t.table { // sum holds the corrections weighted by their time
		avg[i] = float32(float64(w) - t.sum[i]/float64(t.now+1))
	}
	return encode(m.chunks, avg), nil
}

// inventory collects each letter's chunks, drops the rare ones and the words that need them.
func (m *Model) inventory(words []aligned) []aligned {
	var counts [numLetters]map[string]int
	for i := range counts {
		counts[i] = map[string]int{}
	}
	for _, w := range words {
		for i, c := range w.letters {
			counts[c-'a'][w.chunks[i]]++
		}
	}
	index := [numLetters]map[string]int32{}
	var total uint32
	for l, c := range counts {
		list := slices.SortedFunc(maps.Keys(c), func(a, b string) int {
			return cmp.Or(c[b]-c[a], strings.Compare(a, b))
		})
		// A consonant that gives its name comes from half-spelled words (fflush, dmesg), which rules should not imitate.
		list = slices.DeleteFunc(list, func(s string) bool { return c[s] < 4 || s != "" && s == names[l] })
		if len(list) == 0 {
			list = []string{""}
		}
		m.chunks[l], m.offset[l] = list, total
		total += uint32(len(list))
		index[l] = map[string]int32{}
		for i, s := range list {
			index[l][s] = int32(i)
		}
	}
	kept := words[:0]
	for _, w := range words {
		ok := true
		for i, c := range w.letters {
			n, known := index[c-'a'][w.chunks[i]]
			ok = ok && known
			w.want = append(w.want, n)
		}
		if ok {
			kept = append(kept, w)
		}
	}
	return kept
}

type training struct {
	m       *Model
	table   []float32
	sum     []float64
	now     int
	letters []byte
	want    []int32
}

func (t *training) at(h uint32) float32 { return t.table[h&uint32(len(t.table)-1)] }

// step corrects the weights when the wanted path has left the beam, or at the end when it is not the best.
func (t *training) step(beam []*state, i int) bool {
	if i == len(t.letters)-1 {
		if !beam[0].right {
			t.correct(beam[0], i)
		}
		return true
	}
	if slices.ContainsFunc(beam, func(s *state) bool { return s.right }) {
		return true
	}
	t.correct(beam[0], i)
	return false
}

// correct moves weight from the beam's best to the wanted path, up to letter i.
func (t *training) correct(s *state, i int) {
	bad := s.path(i + 1)
	t.add(bad, i, -1)
	t.add(t.want, i, 1)
}

func (t *training) add(path []int32, i int, by float32) {
	s := &state{}
	for k := 0; k <= i; k++ {
		l := t.letters[k] - 'a'
		id := t.m.offset[l] + uint32(path[k]) + 1
		for _, f := range letterFeatures(nil, t.letters, k) {
			t.bump(mix(f, id), by)
		}
		for _, f := range historyFeatures(s, t.letters, k) {
			t.bump(mix(f, id), by)
		}
		s = &state{id: id, before: s}
	}
}

func (t *training) bump(h uint32, by float32) {
	h &= uint32(len(t.table) - 1)
	t.table[h] += by
	t.sum[h] += float64(by) * float64(t.now)
}

// align finds which sounds each letter gives: a letter gives a chunk with a probability of its own, estimated by
// forward-backward passes; then the likeliest alignment of each word.
func align(pairs []Pair, log func(string, ...any)) []aligned {
	type word struct{ w, s string }
	var words []word
	for _, p := range pairs {
		if s, ok := sounds(p.Kana); ok && len(s) <= longestChunk*len(p.Word) && katakana(s) == p.Kana {
			words = append(words, word{p.Word, s})
		}
	}
	log("%d of %d pairs can be aligned\n", len(words), len(pairs))
	type key struct {
		letter byte
		chunk  string
	}
	var prob map[key]float64
	p := func(c byte, s string) float64 {
		if prob == nil { // at first: short chunks, and vowels from vowels
			v := math.Pow(0.3, math.Abs(float64(len(s))-1.2))
			vowel := strings.IndexByte("aeiouy", c) >= 0
			for i := range len(s) {
				if (strings.IndexByte(vowels+"-", s[i]) >= 0) != vowel {
					v *= 0.4
				}
			}
			return v
		}
		return prob[key{c, s}]
	}
	for range 12 {
		counts, totals := map[key]float64{}, [256]float64{}
		for _, w := range words {
			n, k := len(w.w), len(w.s)
			fwd, bwd := grid(n+1, k+1), grid(n+1, k+1)
			fwd[0][0], bwd[n][k] = 1, 1
			for i := range n {
				for j := range k + 1 {
					for e := j; e <= min(k, j+longestChunk) && fwd[i][j] > 0; e++ {
						fwd[i+1][e] += fwd[i][j] * p(w.w[i], w.s[j:e])
					}
				}
			}
			for i := n - 1; i >= 0; i-- {
				for j := range k + 1 {
					for e := j; e <= min(k, j+longestChunk); e++ {
						bwd[i][j] += bwd[i+1][e] * p(w.w[i], w.s[j:e])
					}
				}
			}
			if fwd[n][k] <= 0 {
				continue
			}
			for i := range n {
				for j := range k + 1 {
					for e := j; e <= min(k, j+longestChunk) && fwd[i][j] > 0; e++ {
						if c := fwd[i][j] * p(w.w[i], w.s[j:e]) * bwd[i+1][e] / fwd[n][k]; c > 0 {
							counts[key{w.w[i], w.s[j:e]}] += c
							totals[w.w[i]] += c
						}
					}
				}
			}
		}
		prob = map[key]float64{}
		for k, c := range counts {
			if c > 0.02 {
				prob[k] = c / totals[k.letter]
			}
		}
	}
	var out []aligned
	for _, w := range words {
		n, k := len(w.w), len(w.s)
		best, from := grid(n+1, k+1), make([][]int, n+1)
		for i := range from {
			from[i] = make([]int, k+1)
		}
		best[0][0] = 1
		for i := range n {
			for j := range k + 1 {
				for e := j; e <= min(k, j+longestChunk) && best[i][j] > 0; e++ {
					if v := best[i][j] * p(w.w[i], w.s[j:e]); v > best[i+1][e] {
						best[i+1][e], from[i+1][e] = v, j
					}
				}
			}
		}
		if best[n][k] <= 0 {
			continue
		}
		a := aligned{letters: []byte(w.w), chunks: make([]string, n)}
		for i, e := n, k; i > 0; i-- {
			j := from[i][e]
			a.chunks[i-1], e = w.s[j:e], j
		}
		out = append(out, a)
	}
	return out
}

func grid(n, m int) [][]float64 {
	g, flat := make([][]float64, n), make([]float64, n*m)
	for i := range g {
		g[i] = flat[i*m : (i+1)*m]
	}
	return g
}
