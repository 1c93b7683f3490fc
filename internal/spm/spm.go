// Package spm owns SentencePiece models: it reads them from their protobuf file and encodes and decodes text exactly as
// the reference library does. BPE and unigram models are supported, with the normaliser that the file carries, byte
// fallback and user-defined symbols. Sampling and n-best lists are not.
package spm

import (
	"errors"
	"fmt"
	"math"
	"unsafe"
)

// Type is what a piece is.
type Type uint8

// The types of a piece, with the numbers of sentencepiece_model.proto.
const (
	Normal      Type = 1
	Unknown     Type = 2
	Control     Type = 3 // <s>, </s>: invisible when decoded
	UserDefined Type = 4 // always one piece, whatever is around it
	Unused      Type = 5 // known, but never in the output of Encode
	Byte        Type = 6 // one byte of a character that has no piece: <0x41>
)

// Algorithm is how a model cuts text into pieces.
type Algorithm uint8

// The algorithms that this package has, with the numbers of sentencepiece_model.proto.
const (
	Unigram Algorithm = 1
	BPE     Algorithm = 2
)

func (a Algorithm) String() string {
	switch a {
	case Unigram:
		return "unigram"
	case BPE:
		return "bpe"
	case 3:
		return "word"
	case 4:
		return "char"
	}
	return fmt.Sprintf("algorithm %d", uint8(a))
}

// space stands for a space inside a piece (U+2581).
const space = "\u2581"

// Model is a SentencePiece model. It is immutable and safe for concurrent use.
type Model struct {
	algorithm    Algorithm
	pieces       []piece
	normal       map[string]int32 // normal, user-defined and unused pieces
	reserved     map[string]int32 // the others
	unknown      int32
	unknownText  string // what Decode writes for the unknown piece
	byteFallback bool
	byteID       [256]int32
	byteOf       map[int32]byte
	userDefined  *prefixes
	anyUnused    bool
	norm         normaliser
	denorm       *normaliser
	all          *prefixes // unigram: every piece of normal
	minScore     float32   // unigram: of the normal pieces
	maxScore     float32
}

type piece struct {
	text  string
	score float32
	typ   Type
}

// Load reads a model from the bytes of its file. The model keeps data, which must not change afterwards.
func Load(data []byte) (*Model, error) {
	if len(data) == 0 {
		return nil, errors.New("spm: the model file is empty")
	}
	// Pieces and the character map stay in the caller's bytes, which may be the program's own (go:embed).
	p, err := parseModel(unsafe.String(&data[0], len(data)))
	if err != nil {
		return nil, fmt.Errorf("spm: not a SentencePiece model: %w", err)
	}
	m, err := newModel(p)
	if err != nil {
		return nil, fmt.Errorf("spm: invalid model: %w", err)
	}
	return m, nil
}

func newModel(p *protoModel) (*Model, error) {
	if p.algorithm != BPE && p.algorithm != Unigram {
		return nil, fmt.Errorf("its algorithm is %q; this program reads bpe and unigram models", p.algorithm)
	}
	if len(p.pieces) == 0 {
		return nil, errors.New("it has no pieces")
	}
	if len(p.pieces) > math.MaxInt32 {
		return nil, fmt.Errorf("it has %d pieces", len(p.pieces))
	}
	m := &Model{
		algorithm:    p.algorithm,
		pieces:       p.pieces,
		normal:       make(map[string]int32, len(p.pieces)),
		reserved:     make(map[string]int32),
		unknown:      -1,
		unknownText:  p.unknownSurface,
		byteFallback: p.byteFallback,
		byteOf:       make(map[int32]byte),
	}
	if err := m.index(); err != nil {
		return nil, err
	}
	var err error
	if m.norm, err = newNormaliser(p.norm, p.suffix); err != nil {
		return nil, fmt.Errorf("normaliser: %w", err)
	}
	m.norm.keep = m.userDefined
	if p.denorm.charsmap != "" {
		d, err := newNormaliser(p.denorm, false)
		if err != nil {
			return nil, fmt.Errorf("denormaliser: %w", err)
		}
		m.denorm = &d
	}
	return m, nil
}

// index fills the tables from the pieces and checks what the reference library checks.
func (m *Model) index() error {
	var user []entry
	var bytes [256]bool
	m.minScore, m.maxScore = math.MaxFloat32, 0x1p-126 // FLT_MAX and FLT_MIN, as the reference starts
	for i, p := range m.pieces {
		id := int32(i)
		if p.text == "" {
			return fmt.Errorf("piece %d is empty", i)
		}
		table := m.normal
		switch p.typ {
		case Normal:
			m.minScore, m.maxScore = min(m.minScore, p.score), max(m.maxScore, p.score)
		case UserDefined:
			user = append(user, entry{p.text, id})
		case Unused:
			m.anyUnused = true
		case Unknown, Control, Byte:
			table = m.reserved
		default:
			return fmt.Errorf("piece %d %q has the unknown type %d", i, p.text, p.typ)
		}
		if first, ok := table[p.text]; ok {
			return fmt.Errorf("pieces %d and %d are both %q", first, i, p.text)
		}
		table[p.text] = id
		switch p.typ {
		case Unknown:
			if m.unknown >= 0 {
				return fmt.Errorf("pieces %d and %d are both of the type unknown", m.unknown, i)
			}
			m.unknown = id
		case Byte:
			b, ok := byteOfPiece(p.text)
			if !ok {
				return fmt.Errorf("byte piece %d is %q, not of the form <0x41>", i, p.text)
			}
			if !m.byteFallback {
				return fmt.Errorf("byte piece %d %q in a model without byte fallback", i, p.text)
			}
			bytes[b], m.byteID[b], m.byteOf[id] = true, id, b
		}
		if p.score != p.score {
			return fmt.Errorf("piece %d %q has the score NaN", i, p.text)
		}
	}
	if m.unknown < 0 {
		return errors.New("no piece has the type unknown")
	}
	if m.byteFallback {
		for b, ok := range bytes {
			if !ok {
				return fmt.Errorf("byte fallback without a piece for byte %#02x", b)
			}
		}
	}
	m.userDefined = newPrefixes(user)
	if m.algorithm == Unigram {
		all := make([]entry, 0, len(m.normal))
		for text, id := range m.normal {
			all = append(all, entry{text, id})
		}
		m.all = newPrefixes(all)
	}
	return nil
}

// byteOfPiece reads the form <0x41>, with capital hexadecimal digits as the reference writes them.
func byteOfPiece(s string) (byte, bool) {
	if len(s) != 6 || s[:3] != "<0x" || s[5] != '>' {
		return 0, false
	}
	hi, ok1 := hexDigit(s[3])
	lo, ok2 := hexDigit(s[4])
	return hi<<4 | lo, ok1 && ok2
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// Algorithm returns how the model cuts text.
func (m *Model) Algorithm() Algorithm { return m.algorithm }

// Size returns the number of pieces; ids are 0 to Size-1.
func (m *Model) Size() int { return len(m.pieces) }

// UnknownID returns the id of the unknown piece.
func (m *Model) UnknownID() int32 { return m.unknown }

// PieceToID returns the id of a piece as it stands in the model (a space is "▁"), or UnknownID.
func (m *Model) PieceToID(text string) int32 {
	if id, ok := m.reserved[text]; ok {
		return id
	}
	if id, ok := m.normal[text]; ok {
		return id
	}
	return m.unknown
}

// Piece returns the piece with the id, "" if there is none.
func (m *Model) Piece(id int32) string {
	if !m.has(id) {
		return ""
	}
	return m.pieces[id].text
}

// Type returns the type of the piece with the id, 0 if there is none.
func (m *Model) Type(id int32) Type {
	if !m.has(id) {
		return 0
	}
	return m.pieces[id].typ
}

// Score returns the score of the piece with the id: a log probability (unigram) or minus the rank of its merge (BPE).
func (m *Model) Score(id int32) float32 {
	if !m.has(id) {
		return 0
	}
	return m.pieces[id].score
}

func (m *Model) has(id int32) bool { return id >= 0 && int(id) < len(m.pieces) }
