package spm

import (
	"bytes"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"pgregory.net/rapid"
)

func TestAccessors(t *testing.T) {
	m := loadSmall(t, "bpe")
	if m.Algorithm() != BPE || m.Algorithm().String() != "bpe" {
		t.Errorf("algorithm %v", m.Algorithm())
	}
	if m.UnknownID() != 0 || m.Type(0) != Unknown || m.Type(1) != Control || m.Type(3) != UserDefined || m.Type(13) != Byte {
		t.Errorf("types %v %v %v %v", m.Type(0), m.Type(1), m.Type(3), m.Type(13))
	}
	for id := range int32(m.Size()) {
		if got := m.PieceToID(m.Piece(id)); got != id {
			t.Fatalf("PieceToID(%q) = %d, want %d", m.Piece(id), got, id)
		}
	}
	for _, id := range []int32{-1, int32(m.Size()), 1 << 30} {
		if m.Piece(id) != "" || m.Type(id) != 0 || m.Score(id) != 0 {
			t.Errorf("id %d exists", id)
		}
	}
	if got := m.PieceToID("no such piece"); got != m.UnknownID() {
		t.Errorf("a piece that is not there has id %d", got)
	}
	if got := m.Decode([]int32{-5, 1 << 30}); got != "" {
		t.Errorf("ids outside the model decode to %q", got)
	}
}

// TestInvalidUTF8: each broken byte becomes U+FFFD, as in the reference, which maps a U+FFFD of the text itself to nothing.
func TestInvalidUTF8(t *testing.T) {
	m := loadSmall(t, "bpe")
	for _, c := range [][2]string{
		{"\xff", "\uFFFD"}, {"a\xffb", "a\uFFFDb"}, {"\xe3\x81", "\uFFFD\uFFFD"}, {"\xed\xa0\x80", "\uFFFD\uFFFD\uFFFD"},
		{"日\xe6本", "日\uFFFD本"}, {"a\uFFFDb", "a b"},
	} {
		if got := m.Decode(m.Encode(c[0])); got != c[1] {
			t.Errorf("%q comes back as %q, want %q", c[0], got, c[1])
		}
	}
}

// TestRoundTrip: with byte fallback nothing is lost but what the normaliser changes.
func TestRoundTrip(t *testing.T) {
	for _, name := range []string{"bpe", "unigram"} {
		m := loadSmall(t, name)
		rapid.Check(t, func(t *rapid.T) {
			s := rapid.String().Draw(t, "text")
			ids := m.Encode(s)
			for _, id := range ids {
				if id < 0 || int(id) >= m.Size() || m.Type(id) == Unused || m.Type(id) == Unknown {
					t.Fatalf("id %d of type %d", id, m.Type(id))
				}
			}
			want := strings.ReplaceAll(m.Normalise(s), space, " ")
			if got := m.Decode(ids); strings.TrimLeft(got, " ") != strings.TrimLeft(want, " ") {
				t.Fatalf("%q came back as %q, normalised %q", s, got, want)
			}
			if joined := strings.Join(m.EncodePieces(s), ""); !strings.Contains(joined, "<0x") && joined != m.Normalise(s) {
				t.Fatalf("pieces %q, text %q", joined, m.Normalise(s))
			}
		})
	}
}

// TestLong: a text of 100 kB takes the time of its length, whatever it is made of.
func TestLong(t *testing.T) {
	for _, name := range []string{"bpe", "unigram"} {
		m := loadSmall(t, name)
		for _, unit := range []string{"a", " ", "the ", "日本語", "<x0>", "\U0005d96c"} {
			s := strings.Repeat(unit, 100_000/len(unit))
			got := m.Decode(m.Encode(s))
			want := strings.TrimLeft(strings.ReplaceAll(m.Normalise(s), space, " "), " ")
			if got != want {
				t.Errorf("%s: %d × %q came back different (%d bytes, want %d)", name, 100_000/len(unit), unit, len(got), len(want))
			}
		}
	}
}

// model writes a model of its own, for tests of what Load refuses.
func model(algorithm uint64, pieces ...piece) []byte {
	var b []byte
	for _, p := range pieces {
		var q []byte
		q = protowire.AppendTag(q, 1, protowire.BytesType)
		q = protowire.AppendString(q, p.text)
		q = protowire.AppendTag(q, 3, protowire.VarintType)
		q = protowire.AppendVarint(q, uint64(p.typ))
		b = protowire.AppendTag(b, 1, protowire.BytesType)
		b = protowire.AppendBytes(b, q)
	}
	spec := protowire.AppendVarint(protowire.AppendTag(nil, 3, protowire.VarintType), algorithm)
	b = protowire.AppendTag(b, 2, protowire.BytesType)
	return protowire.AppendBytes(b, spec)
}

func TestLoadErrors(t *testing.T) {
	unk := piece{text: "<unk>", typ: Unknown}
	whole := readGzip(t, "bpe.model.gz")
	for _, c := range []struct {
		name, want string
		data       []byte
	}{
		{"empty", "empty", nil},
		{"text", "not a SentencePiece model", []byte("version https://git-lfs.github.com/spec/v1\n")},
		{"cut", "not a SentencePiece model", whole[:len(whole)/2]},
		{"word", `algorithm is "word"`, model(3, unk)},
		{"no pieces", "no pieces", model(2)},
		{"no unknown", "no piece has the type unknown", model(2, piece{text: "a", typ: Normal})},
		{"two unknown", "both of the type unknown", model(2, unk, piece{text: "?", typ: Unknown})},
		{"twice", `pieces 1 and 2 are both "a"`, model(2, unk, piece{text: "a", typ: Normal}, piece{text: "a", typ: Normal})},
		{"no text", "piece 1 is empty", model(2, unk, piece{typ: Normal})},
		{"type", "unknown type 9", model(2, unk, piece{text: "a", typ: 9})},
		{"byte", "without byte fallback", model(2, unk, piece{text: "<0x41>", typ: Byte})},
		{"not a byte", "not of the form", model(2, unk, piece{text: "<0x4g>", typ: Byte})},
	} {
		_, err := Load(c.data)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	if m, err := Load(model(2, unk)); err != nil || len(m.Encode("abc")) != 1 {
		t.Errorf("a model of one piece: %v", err)
	}
}

func FuzzLoad(f *testing.F) {
	for _, name := range []string{"bpe_plain", "unigram_plain", "unigram_unk"} {
		f.Add(readGzip(f, name+".model.gz"), "Hello 日本 <x0>")
	}
	f.Add(model(2, piece{text: "<unk>", typ: Unknown}, piece{text: "a", typ: Normal}), "aa")
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		m, err := Load(bytes.Clone(data))
		if err != nil {
			return
		}
		ids := m.Encode(text)
		for _, id := range ids {
			if !m.has(id) {
				t.Fatalf("id %d of %d", id, m.Size())
			}
		}
		_ = m.Decode(ids)
		_ = m.EncodePieces(text)
	})
}

func FuzzEncode(f *testing.F) {
	var models []*Model
	for _, name := range smallModels {
		models = append(models, loadSmall(f, name))
	}
	for _, s := range []string{"", " a  b", "<x0><x1", "ｱｶﾞ \u3000", "\xff\xe3", "e\u0301", "a\u2581b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, m := range models {
			for _, id := range m.Encode(text) {
				if !m.has(id) || m.Type(id) == Unused {
					t.Fatalf("id %d", id)
				}
			}
			if m.byteFallback {
				got := strings.TrimLeft(m.Decode(m.Encode(text)), " ")
				if want := strings.TrimLeft(strings.ReplaceAll(m.Normalise(text), space, " "), " "); got != want {
					t.Fatalf("%q came back as %q, want %q", text, got, want)
				}
			}
		}
	})
}

func BenchmarkLoad(b *testing.B) {
	data := readGzip(b, "bpe.model.gz")
	for b.Loop() {
		if _, err := Load(data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	const sentence = "The generated assembly contains a division inside the loop, because the modulus isn't a compile-time constant."
	for _, name := range []string{"bpe", "unigram"} {
		m := loadSmall(b, name)
		b.Run(name+"/sentence", func(b *testing.B) {
			for b.Loop() {
				m.Encode(sentence)
			}
		})
		b.Run(name+"/100kB", func(b *testing.B) {
			long := strings.Repeat(sentence+" ", 900)
			b.SetBytes(int64(len(long)))
			for b.Loop() {
				m.Encode(long)
			}
		})
	}
}

// FuzzNormalise: a character map is offsets all the way, and none may lead out of it.
func FuzzNormalise(f *testing.F) {
	p, err := parseModel(string(readGzip(f, "bpe.model.gz")))
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(p.norm.charsmap[:4+4*1024]+"\x00"), "Ａｂ\u3000ｶﾞ")
	f.Add([]byte("\x08\x00\x00\x00\x00\x04\x00\x00A\x05\x00\x00b\x00"), "AAA")
	f.Fuzz(func(t *testing.T, charsmap []byte, text string) {
		n, err := newNormaliser(protoNormaliser{charsmap: string(charsmap), dummyPrefix: true, trimSpaces: true, escape: true}, false)
		if err != nil {
			return
		}
		_ = n.normalise(text)
	})
}
