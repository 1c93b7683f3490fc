package graph

import (
	"math"
	"slices"
	"unsafe"

	"google.golang.org/protobuf/encoding/protowire"
)

// Attr is a node's attribute.
type Attr struct {
	name  string
	kind  int
	f     float32
	i     int64
	s     string
	ints  []int64
	graph *Graph
}

// Attribute kinds, with the numbers of AttributeProto.AttributeType.
const (
	attrFloat  = 1
	attrInt    = 2
	attrString = 3
	attrGraph  = 5
	attrInts   = 7
)

// F is a float attribute.
func F(name string, v float32) Attr { return Attr{name: name, kind: attrFloat, f: v} }

// I is an integer attribute.
func I(name string, v int) Attr { return Attr{name: name, kind: attrInt, i: int64(v)} }

// S is a string attribute.
func S(name, v string) Attr { return Attr{name: name, kind: attrString, s: v} }

// Is is an attribute of integers.
func Is(name string, v ...int64) Attr { return Attr{name: name, kind: attrInts, ints: v} }

// G is a graph attribute: the body of a Loop, a branch of an If.
func G(name string, g *Graph) Attr { return Attr{name: name, kind: attrGraph, graph: g} }

// message is a protobuf message under construction: pieces that are concatenated once, at the end, so that weights are
// copied a single time.
type message struct {
	pieces [][]byte
	n      int
	small  []byte // the last piece, still growing
}

func (m *message) flush() {
	if len(m.small) > 0 {
		m.pieces = append(m.pieces, m.small)
		m.small = nil
	}
}

func (m *message) varint(field protowire.Number, v uint64) {
	k := len(m.small)
	m.small = protowire.AppendVarint(protowire.AppendTag(m.small, field, protowire.VarintType), v)
	m.n += len(m.small) - k
}

func (m *message) float(field protowire.Number, v float32) {
	k := len(m.small)
	m.small = protowire.AppendFixed32(protowire.AppendTag(m.small, field, protowire.Fixed32Type), math.Float32bits(v))
	m.n += len(m.small) - k
}

func (m *message) string(field protowire.Number, v string) {
	k := len(m.small)
	m.small = protowire.AppendString(protowire.AppendTag(m.small, field, protowire.BytesType), v)
	m.n += len(m.small) - k
}

func (m *message) header(field protowire.Number, n int) {
	k := len(m.small)
	m.small = protowire.AppendVarint(protowire.AppendTag(m.small, field, protowire.BytesType), uint64(n))
	m.n += len(m.small) - k
}

// raw adds a bytes field that refers to b.
func (m *message) raw(field protowire.Number, b []byte) {
	m.header(field, len(b))
	m.flush()
	if len(b) > 0 {
		m.pieces = append(m.pieces, b)
		m.n += len(b)
	}
}

func (m *message) sub(field protowire.Number, s *message) {
	m.header(field, s.n)
	s.flush()
	m.flush()
	m.pieces = append(m.pieces, s.pieces...)
	m.n += s.n
}

// Model writes the graph as a ModelProto.
func (g *Graph) Model() []byte {
	var m message
	m.varint(1, irVersion)
	m.string(2, "koe")
	m.sub(7, g.message())
	for _, o := range []struct {
		domain  string
		version uint64
	}{{"", opsetVersion}, {Microsoft, 1}} {
		var s message
		s.string(1, o.domain)
		s.varint(2, o.version)
		m.sub(8, &s)
	}
	m.flush()
	return slices.Concat(m.pieces...)
}

func (g *Graph) message() *message {
	m := &message{}
	for i := range g.nodes {
		m.sub(1, g.nodes[i].message())
	}
	m.string(2, g.name)
	for _, t := range g.inits {
		m.sub(5, t.message())
	}
	for _, v := range g.inputs {
		m.sub(11, v.message())
	}
	for _, v := range g.outputs {
		m.sub(12, v.message())
	}
	return m
}

func (n *node) message() *message {
	m := &message{}
	for _, s := range n.in {
		m.string(1, s)
	}
	for _, s := range n.out {
		m.string(2, s)
	}
	m.string(3, n.name)
	m.string(4, n.op)
	for _, a := range n.attrs {
		m.sub(5, a.message())
	}
	if n.domain != "" {
		m.string(7, n.domain)
	}
	return m
}

func (a *Attr) message() *message {
	m := &message{}
	m.string(1, a.name)
	switch a.kind {
	case attrFloat:
		m.float(2, a.f)
	case attrInt:
		m.varint(3, uint64(a.i))
	case attrString:
		m.string(4, a.s)
	case attrGraph:
		m.sub(6, a.graph.message())
	case attrInts:
		for _, v := range a.ints {
			m.varint(8, uint64(v))
		}
	}
	m.varint(20, uint64(a.kind))
	return m
}

func (t *named) message() *message {
	m := &message{}
	for _, d := range t.t.Dims {
		m.varint(1, uint64(d))
	}
	m.varint(2, uint64(t.t.Type))
	m.string(8, t.name)
	m.raw(9, t.t.Raw)
	return m
}

func (v *value) message() *message {
	var shape, tensor, typ message
	for _, d := range v.dims {
		var dim message
		switch d := d.(type) {
		case int:
			dim.varint(1, uint64(d))
		case string:
			dim.string(2, d)
		}
		shape.sub(1, &dim)
	}
	tensor.varint(1, uint64(v.t))
	tensor.sub(2, &shape)
	typ.sub(1, &tensor)
	m := &message{}
	m.string(1, v.name)
	m.sub(2, &typ)
	return m
}

func bytesOf[T any](v []T) []byte {
	if len(v) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&v[0])), len(v)*int(unsafe.Sizeof(v[0])))
}
