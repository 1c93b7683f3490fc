// Package lettersound owns the letter-to-sound rules: how an English word that no lexicon has is written in katakana.
//
// Each letter gives zero to four sounds. Which, is decided by a linear model over the letters around it and the sounds
// already chosen, searched with a beam. The model was learnt by Train from the lexicon of package reading, less the
// tenth that HeldOut names.
package lettersound

import (
	_ "embed" // the model
	"errors"
	"hash/fnv"
	"math"
	"strings"
)

//go:embed model.bin
var embedded string

const (
	magic      = "koeL2S1\n"
	width      = 8  // beam
	longest    = 32 // letters decided together; longer words are taken in pieces
	numLetters = 26
)

// Model is a trained model. It is immutable and safe for concurrent use.
type Model struct {
	chunks  [numLetters][]string // the sounds that a letter may give
	offset  [numLetters]uint32   // number of a letter's first chunk
	weights quantised
}

// quantised is a hashed weight table of signed bytes; its length is a power of two.
type quantised string

func (q quantised) at(h uint32) float32 { return float32(int8(q[h&uint32(len(q)-1)])) }

type weights interface{ at(h uint32) float32 }

// Default returns the embedded model.
func Default() (*Model, error) { return Load(embedded) }

// Load reads a model as Train writes it: magic, 26 × (count, count × (length, sounds)), log2 of the table's length,
// table. It keeps data.
func Load(data string) (*Model, error) {
	bad := errors.New("letter-to-sound model: not a model, or cut short")
	rest, ok := strings.CutPrefix(data, magic)
	if !ok {
		return nil, bad
	}
	next := func() (string, bool) { // a string with its length before it
		if rest == "" || len(rest) < 1+int(rest[0]) {
			return "", false
		}
		s := rest[1 : 1+int(rest[0])]
		rest = rest[1+len(s):]
		return s, true
	}
	m := &Model{}
	var total uint32
	for l := range m.chunks {
		if rest == "" || rest[0] == 0 {
			return nil, bad
		}
		n := int(rest[0])
		rest = rest[1:]
		m.offset[l] = total
		for range n {
			c, ok := next()
			if !ok || strings.Trim(c, "kgszSjtdcTnhfbpmyrwvaiueoNQ-") != "" {
				return nil, bad
			}
			m.chunks[l] = append(m.chunks[l], c)
		}
		total += uint32(n)
	}
	if rest == "" || rest[0] > 24 || len(rest) != 1+1<<rest[0] {
		return nil, bad
	}
	m.weights = quantised(rest[1:])
	return m, nil
}

// Katakana writes the word in katakana. Runes other than a–z and A–Z are ignored.
func (m *Model) Katakana(word string) string {
	letters := make([]byte, 0, len(word))
	for i := range len(word) {
		if c := word[i] | 0x20; c >= 'a' && c <= 'z' {
			letters = append(letters, c)
		}
	}
	var b strings.Builder
	for len(letters) > 0 {
		n := min(len(letters), longest)
		best := search(m, m.weights, letters[:n], nil)
		var s strings.Builder
		for i, c := range best.path(n) {
			s.WriteString(m.chunks[letters[i]-'a'][c])
		}
		b.WriteString(katakana(s.String()))
		letters = letters[n:]
	}
	return b.String()
}

// state is a partial decision: the chunk for one letter and the way to it.
type state struct {
	score  float32
	chunk  int32 // index into the letter's chunks
	id     uint32
	before *state
	right  bool // agrees with the wanted path so far (training)
}

func (s *state) path(n int) []int32 {
	p := make([]int32, n)
	for i := n - 1; i >= 0; i-- {
		p[i] = s.chunk
		s = s.before
	}
	return p
}

// search returns the best way through the letters. In training, train sees the beam after each letter, best first, ends
// the search early by returning false, and the states that follow its wanted path are marked.
func search[W weights](m *Model, w W, letters []byte, train *training) *state {
	start := &state{right: true}
	beam := []*state{start}
	var local []uint32
	var states []state
	for i := range letters {
		l := letters[i] - 'a'
		local = letterFeatures(local[:0], letters, i)
		candidates := m.chunks[l]
		states = make([]state, 0, len(candidates)*len(beam))
		next := make([]*state, 0, width+1)
		for c := range candidates {
			id := m.offset[l] + uint32(c) + 1
			var base float32
			for _, f := range local {
				base += w.at(mix(f, id))
			}
			for _, s := range beam {
				score := s.score + base
				for _, f := range historyFeatures(s, letters, i) {
					score += w.at(mix(f, id))
				}
				states = append(states, state{score: score, chunk: int32(c), id: id, before: s,
					right: train != nil && s.right && int32(c) == train.want[i]})
				next = insert(next, &states[len(states)-1])
			}
		}
		beam = next
		if train != nil && !train.step(beam, i) {
			break
		}
	}
	return beam[0]
}

// insert keeps the best width states, best first.
func insert(beam []*state, s *state) []*state {
	if len(beam) == width {
		if s.score <= beam[width-1].score {
			return beam
		}
		beam = beam[:width-1]
	}
	i := len(beam)
	beam = append(beam, s)
	for ; i > 0 && beam[i-1].score < s.score; i-- {
		beam[i] = beam[i-1]
	}
	beam[i] = s
	return beam
}

// The windows of letters, as offsets from the letter that is decided.
var windows = [...][2]int8{
	{0, 0}, {-1, 0}, {0, 1}, {-1, 1}, {-2, 0}, {0, 2}, {-2, 1}, {-1, 2}, {-2, 2}, {-3, 0}, {0, 3}, {-3, 1}, {-1, 3},
	{-3, 2}, {-2, 3}, {-3, 3}, {0, 4}, {-1, 4}, {-4, 0}, {-4, 1}, {-2, 4}, {0, 5}, {-5, 0}, {1, 1}, {-1, -1}, {1, 2}, {2, 2}, {1, 3},
}

func letterFeatures(fs []uint32, letters []byte, i int) []uint32 {
	for n, w := range windows {
		h := uint32(n+1) * 0x9E3779B1
		out := 0
		for k := i + int(w[0]); k <= i+int(w[1]); k++ {
			c := byte('#')
			if k >= 0 && k < len(letters) {
				c = letters[k]
			} else if out++; out > 1 {
				break
			}
			h = (h ^ uint32(c)) * 0x01000193
		}
		if out <= 1 { // wider windows than the word say nothing new
			fs = append(fs, h)
		}
	}
	return fs
}

func historyFeatures(s *state, letters []byte, i int) [7]uint32 {
	a, b, d := s.id, uint32(0), uint32(0)
	if s.before != nil {
		b = s.before.id
		if s.before.before != nil {
			d = s.before.before.id
		}
	}
	at := func(k int) uint32 {
		if k < 0 || k >= len(letters) {
			return '#'
		}
		return uint32(letters[k])
	}
	n1, n2 := at(i+1), at(i+2)
	return [7]uint32{
		mix(101, a), mix(mix(102, a), b), mix(mix(103, a), n1), mix(mix(mix(104, a), b), n1),
		mix(mix(mix(105, a), n1), n2), mix(mix(mix(106, a), b), d), mix(mix(mix(mix(107, a), b), n1), n2),
	}
}

func mix(a, b uint32) uint32 {
	h := (a ^ b*0x85EBCA6B) * 0xC2B2AE35
	return h ^ h>>15
}

// HeldOut reports whether a word belongs to the tenth of the lexicon that training leaves out and tests measure with.
func HeldOut(word string) bool {
	h := fnv.New32a()
	_, _ = h.Write([]byte("koe held-out 1 " + word))
	return mix(h.Sum32(), 7)%10 == 0
}

// encode writes a model for Load; table's length must be a power of two.
func encode(chunks [numLetters][]string, table []float32) []byte {
	out := []byte(magic)
	for _, cs := range chunks {
		out = append(out, byte(len(cs)))
		for _, c := range cs {
			out = append(append(out, byte(len(c))), c...)
		}
	}
	var most float64
	for _, w := range table {
		most = max(most, math.Abs(float64(w)))
	}
	log2 := 0
	for 1<<log2 < len(table) {
		log2++
	}
	out = append(out, byte(log2))
	for _, w := range table {
		out = append(out, byte(int8(math.Round(float64(w)/most*127))))
	}
	return out
}
