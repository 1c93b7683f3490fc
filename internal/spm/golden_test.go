package spm

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"koe/internal/testenv"
)

// The golden files come from the reference library: tools/reference/spm_golden.py.

func readGzip(t testing.TB, name string) []byte {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func readLines(t testing.TB, name string) []string {
	t.Helper()
	return strings.Split(strings.TrimSuffix(string(readGzip(t, name)), "\n"), "\n")
}

func loadSmall(t testing.TB, name string) *Model {
	t.Helper()
	m, err := Load(readGzip(t, name+".model.gz"))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// loadEnja loads the tokenizer of the embedded translator, or skips.
func loadEnja(t testing.TB) *Model {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(testenv.Root(t), "models", "enja", "sentencepiece.bpe.model"))
	if err != nil {
		data, err = os.ReadFile(filepath.Join(testenv.Shared(t), "models", "enja-v2", "sentencepiece.bpe.model"))
	}
	if err != nil {
		testenv.Skip(t, "the enja tokenizer")
	}
	m, err := Load(data)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

var smallModels = []string{"bpe", "bpe_suffix", "bpe_plain", "unigram", "unigram_plain", "unigram_suffix", "unigram_unk"}

func TestGolden(t *testing.T) {
	for _, name := range smallModels {
		t.Run(name, func(t *testing.T) { golden(t, loadSmall(t, name), name) })
	}
	t.Run("enja", func(t *testing.T) { golden(t, loadEnja(t), "enja") })
}

// golden compares with a file of lines "escaped text \t ids \t escaped pieces \t escaped decoded text".
func golden(t *testing.T, m *Model, name string) {
	bad := 0
	for n, line := range readLines(t, name+".golden.gz") {
		f := strings.Split(line, "\t")
		if len(f) != 4 {
			t.Fatalf("line %d has %d fields", n+1, len(f))
		}
		ids := parseIDs(t, f[1])
		text := unescape(t, f[0])
		if f[0] != "" || f[1] == "" {
			if got := m.Encode(text); !slices.Equal(got, ids) {
				t.Errorf("line %d: Encode(%q)\n got %v\nwant %v\n(pieces %q\n  want %q)", n+1, text, got, ids, m.EncodePieces(text), f[2])
				bad++
			}
			pieces := []string{}
			for p := range strings.SplitSeq(f[2], " ") {
				if p != "" {
					pieces = append(pieces, unescape(t, p))
				}
			}
			if got := m.EncodePieces(text); !slices.Equal(got, pieces) {
				t.Errorf("line %d: EncodePieces(%q)\n got %q\nwant %q", n+1, text, got, pieces)
				bad++
			}
		}
		if got, want := m.Decode(ids), unescape(t, f[3]); got != want {
			t.Errorf("line %d: Decode(%v)\n got %q\nwant %q", n+1, ids, got, want)
			bad++
		}
		if bad > 10 {
			t.Fatal("and so on")
		}
	}
}

func parseIDs(t *testing.T, s string) []int32 {
	t.Helper()
	ids := []int32{}
	for _, f := range strings.Fields(s) {
		v, err := strconv.ParseInt(f, 10, 32)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, int32(v))
	}
	return ids
}

// unescape undoes the script's %xxxx.
func unescape(t *testing.T, s string) string {
	t.Helper()
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(s, "%")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		v, err := strconv.ParseUint(after[:4], 16, 32)
		if err != nil {
			t.Fatal(err)
		}
		b.WriteRune(rune(v))
		s = after[4:]
	}
}

// TestTenThousandLines encodes and decodes ten thousand lines with the embedded translator's tokenizer and compares a
// checksum of each with the reference library's.
func TestTenThousandLines(t *testing.T) {
	m := loadEnja(t)
	sentences := readLines(t, "lines.txt.gz")
	var words []string
	for _, s := range sentences[:1500] {
		words = append(words, strings.Fields(s)...)
	}
	slices.Sort(words)
	words = slices.Compact(words)
	sums := bufio.NewScanner(bytes.NewReader(readGzip(t, "enja.sums.gz")))
	bad := 0
	check := func(what string, ids []int32) {
		if !sums.Scan() {
			t.Fatal("too few checksums")
		}
		if got := checksum(ids, m.Decode(ids)); got != sums.Text() {
			t.Errorf("%s: ids %v, decoded %q", what, ids, m.Decode(ids))
			if bad++; bad > 10 {
				t.Fatal("and so on")
			}
		}
	}
	for k := range 10000 {
		var line string
		if k < len(sentences) {
			line = sentences[k]
		} else {
			line = generate(uint64(k-len(sentences)), words)
		}
		check(fmt.Sprintf("line %d %q", k, line), m.Encode(line))
	}
	for k := range 1000 {
		r := rnd(1<<32 | uint64(k))
		ids := make([]int32, 0, 10)
		for range 1 + r.pick(10) {
			n := uint64(300)
			if r.pick(3) != 0 {
				n = uint64(m.Size())
			}
			ids = append(ids, int32(r.pick(n)))
		}
		check(fmt.Sprintf("random ids %d", k), ids)
	}
	if sums.Scan() {
		t.Fatal("too many checksums")
	}
}

func checksum(ids []int32, text string) string {
	h := fnv.New64a()
	var b [4]byte
	for _, id := range ids {
		binary.LittleEndian.PutUint32(b[:], uint32(id))
		_, _ = h.Write(b[:])
	}
	_, _ = h.Write([]byte(text))
	return fmt.Sprintf("%08x", uint32(h.Sum64()))
}

// rnd is splitmix64, as in the script.
type rnd uint64

func (r *rnd) next() uint64 {
	*r += 0x9E3779B97F4A7C15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

func (r *rnd) pick(n uint64) uint64 { return r.next() % n }

var (
	ranges = [][2]rune{
		{0x21, 0x7E}, {0xA0, 0xFF}, {0x100, 0x24F}, {0x250, 0x2AF}, {0x300, 0x36F}, {0x370, 0x3FF}, {0x400, 0x4FF},
		{0x530, 0x58F}, {0x590, 0x5FF}, {0x600, 0x6FF}, {0x900, 0x97F}, {0x980, 0x9FF}, {0xB80, 0xBFF}, {0xE00, 0xE7F},
		{0x10A0, 0x10FF}, {0x1100, 0x11FF}, {0x1E00, 0x1EFF}, {0x2000, 0x206F}, {0x20A0, 0x20CF}, {0x2100, 0x214F},
		{0x2190, 0x21FF}, {0x2460, 0x24FF}, {0x2500, 0x257F}, {0x25A0, 0x26FF}, {0x3000, 0x303F}, {0x3040, 0x30FF},
		{0x3200, 0x33FF}, {0x4E00, 0x9FFF}, {0xAC00, 0xD7A3}, {0xF900, 0xFAFF}, {0xFB00, 0xFB4F}, {0xFF00, 0xFFEF},
		{0x1D400, 0x1D7FF}, {0x1F300, 0x1F64F}, {0x20000, 0x2A6DF}, {0, 0x1F}, {0xFFF0, 0xFFFF}, {0x7F, 0x9F},
	}
	spaces  = []string{" ", "  ", "\u3000", "\t", "\u00a0", "\u200b", "\u2581", "\n", " \u2581 ", "\r\n", "\u2003", "\ufeff"}
	symbols = []string{"<x0>", "<x1>", "<x9>", "<x10>", "<x", "<unk>", "<s>", "</s>", "<0x41>", "<0xE3>", "<x3><x4>", "a<x5>b"}
)

const plain = "0123456789.,:;!?-+*/()[]{}<>=_'\"`@#$%&|~^\\"

// generate makes the k-th line, as in the script.
func generate(k uint64, words []string) string {
	r := rnd(k)
	var b strings.Builder
	for range 1 + r.pick(12) {
		switch kind := r.pick(10); {
		case kind < 3:
			b.WriteString(words[r.pick(uint64(len(words)))])
			if r.pick(2) == 0 {
				b.WriteByte(' ')
			}
		case kind < 5:
			span := ranges[r.pick(uint64(len(ranges)))]
			for range 1 + r.pick(6) {
				b.WriteRune(span[0] + rune(r.pick(uint64(span[1]-span[0]+1))))
			}
		case kind == 5:
			c := rune(r.pick(0x110000))
			if c >= 0xD800 && c < 0xE000 {
				c = 0x4E00
			}
			b.WriteRune(c)
		case kind == 6:
			b.WriteString(spaces[r.pick(uint64(len(spaces)))])
		case kind == 7:
			b.WriteString(symbols[r.pick(uint64(len(symbols)))])
		case kind == 8:
			b.WriteRune(0x41 + rune(r.pick(58)))
			for range 1 + r.pick(3) {
				b.WriteRune(0x300 + rune(r.pick(0x70)))
			}
		default:
			for range 1 + r.pick(5) {
				b.WriteByte(plain[r.pick(uint64(len(plain)))])
			}
		}
	}
	return b.String()
}
