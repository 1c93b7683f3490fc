package spm

import (
	"errors"
	"fmt"
	"math"
	"unsafe"

	"google.golang.org/protobuf/encoding/protowire"
)

// protoModel is what we take from a ModelProto (sentencepiece_model.proto of the reference).
type protoModel struct {
	pieces         []piece
	algorithm      Algorithm
	suffix         bool // treat_whitespace_as_suffix
	byteFallback   bool
	unknownSurface string
	norm, denorm   protoNormaliser
}

type protoNormaliser struct {
	charsmap    string
	dummyPrefix bool
	trimSpaces  bool // remove_extra_whitespaces
	escape      bool // escape_whitespaces
}

func parseModel(data string) (*protoModel, error) {
	defaults := protoNormaliser{dummyPrefix: true, trimSpaces: true, escape: true}
	m := &protoModel{
		algorithm:      Unigram,
		unknownSurface: " \u2047 ",
		norm:           defaults,
		denorm:         defaults,
	}
	err := fields(data, func(f field) error {
		var err error
		switch f.num {
		case 1:
			var p piece
			if p, err = parsePiece(f.text); err != nil {
				return fmt.Errorf("piece %d: %w", len(m.pieces), err)
			}
			m.pieces = append(m.pieces, p)
		case 2:
			err = m.parseTrainer(f.text)
		case 3:
			err = m.norm.parse(f.text)
		case 5:
			err = m.denorm.parse(f.text)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return m, nil
}

func parsePiece(data string) (piece, error) {
	p := piece{typ: Normal}
	err := fields(data, func(f field) error {
		switch f.num {
		case 1:
			p.text = f.text
		case 2:
			p.score = math.Float32frombits(uint32(f.number))
		case 3:
			if f.number > math.MaxUint8 {
				return fmt.Errorf("type %d", f.number)
			}
			p.typ = Type(f.number)
		}
		return nil
	})
	return p, err
}

func (m *protoModel) parseTrainer(data string) error {
	err := fields(data, func(f field) error {
		switch f.num {
		case 3:
			if f.number > math.MaxUint8 {
				return fmt.Errorf("algorithm %d", f.number)
			}
			m.algorithm = Algorithm(f.number)
		case 24:
			m.suffix = f.number != 0
		case 35:
			m.byteFallback = f.number != 0
		case 44:
			m.unknownSurface = f.text
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("trainer spec: %w", err)
	}
	return nil
}

func (n *protoNormaliser) parse(data string) error {
	err := fields(data, func(f field) error {
		switch f.num {
		case 2:
			n.charsmap = f.text
		case 3:
			n.dummyPrefix = f.number != 0
		case 4:
			n.trimSpaces = f.number != 0
		case 5:
			n.escape = f.number != 0
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("normaliser spec: %w", err)
	}
	return nil
}

// field is one protobuf field: number holds scalars, text the length-delimited ones.
type field struct {
	num    protowire.Number
	number uint64
	text   string
}

// fields calls do for each field of a message. Strings point into data.
func fields(data string, do func(field) error) error {
	if data == "" {
		return nil
	}
	b := unsafe.Slice(unsafe.StringData(data), len(data)) // read only
	for off := 0; off < len(b); {
		num, typ, n := protowire.ConsumeTag(b[off:])
		if n < 0 {
			return fmt.Errorf("at byte %d: %w", off, protowire.ParseError(n))
		}
		off += n
		f := field{num: num}
		switch typ {
		case protowire.VarintType:
			f.number, n = protowire.ConsumeVarint(b[off:])
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(b[off:])
			f.number = uint64(v)
		case protowire.Fixed64Type:
			f.number, n = protowire.ConsumeFixed64(b[off:])
		case protowire.BytesType:
			var v []byte
			if v, n = protowire.ConsumeBytes(b[off:]); n >= 0 {
				f.text = data[off+n-len(v) : off+n]
			}
		default:
			n = protowire.ConsumeFieldValue(num, typ, b[off:])
		}
		if n < 0 {
			return fmt.Errorf("field %d at byte %d: %w", num, off, protowire.ParseError(n))
		}
		if err := wireType(f.num, typ); err != nil {
			return err
		}
		off += n
		if err := do(f); err != nil {
			return err
		}
	}
	return nil
}

// wireType refuses groups, which no SentencePiece model has: a file with them is something else.
func wireType(num protowire.Number, typ protowire.Type) error {
	if typ == protowire.StartGroupType || typ == protowire.EndGroupType {
		return fmt.Errorf("field %d: %w", num, errors.New("a group, which no model has"))
	}
	return nil
}
