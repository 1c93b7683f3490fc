// Package graph owns the writing of ONNX models in Go: nodes, attributes, initialisers, subgraphs (Loop bodies), and the
// quantisers whose layouts ONNX Runtime's operators expect. It knows the protobuf wire format and nothing of any runtime.
//
// A graph is built front to back: each operator call returns the name of its result.
//
//	g := graph.New("main")
//	x := g.Input("x", graph.Float, 1, "n", 512)
//	y := g.Op("Relu", []string{x})
//	g.Output(y, graph.Float, 1, "n", 512)
//	proto := g.Model()
package graph

import (
	"fmt"
	"strconv"
)

// Type is a tensor's element type, with the numbers of TensorProto.DataType.
type Type int32

// The element types in use.
const (
	Float   Type = 1
	Uint8   Type = 2
	Int8    Type = 3
	Int32   Type = 6
	Int64   Type = 7
	Bool    Type = 9
	Float16 Type = 10
)

// Size is the number of bytes of one element.
func (t Type) Size() int {
	switch t {
	case Uint8, Int8, Bool:
		return 1
	case Float16:
		return 2
	case Float, Int32:
		return 4
	case Int64:
		return 8
	}
	return 0
}

// Microsoft is the domain of ONNX Runtime's own operators.
const Microsoft = "com.microsoft"

// The versions written into every model. Opset 21 is the newest that all operators used here need; IR 10 belongs to it.
const (
	irVersion    = 10
	opsetVersion = 21
)

// Tensor is constant data: little-endian bytes in row-major order, referred to and not copied until the model is
// written.
type Tensor struct {
	Type Type
	Dims []int
	Raw  []byte
}

// Graph is a graph under construction: a model's main graph, or the body of a Loop.
type Graph struct {
	name    string
	nodes   []node
	inits   []named
	inputs  []value
	outputs []value
	next    int
	known   map[string]bool
}

type named struct {
	name string
	t    Tensor
}

type value struct {
	name string
	t    Type
	dims []any
}

type node struct {
	op, domain, name string
	in, out          []string
	attrs            []Attr
}

// New returns an empty graph. Names inside a body may refer to values of the graph around it, so the two must not use
// the same names for different things: generated names carry the graph's own name.
func New(name string) *Graph { return &Graph{name: name, known: map[string]bool{}} }

// Input declares an input; a dimension is an int, or a string that names an unknown one. Without dimensions the rank
// stays open only if dims is nil: a scalar is declared with Scalar.
func (g *Graph) Input(name string, t Type, dims ...any) string {
	g.inputs = append(g.inputs, value{name, t, dims})
	return name
}

// Output declares an output, which some node or initialiser produces under this name.
func (g *Graph) Output(name string, t Type, dims ...any) {
	g.outputs = append(g.outputs, value{name, t, dims})
}

// Const adds an initialiser. The same name may be added again and is then kept once.
func (g *Graph) Const(name string, t Tensor) string {
	if g.known[name] {
		return name
	}
	n := t.Type.Size()
	for _, d := range t.Dims {
		n *= d
	}
	if n != len(t.Raw) {
		panic(fmt.Sprintf("graph: initialiser %s: %d bytes for %v of type %d", name, len(t.Raw), t.Dims, t.Type))
	}
	g.known[name] = true
	g.inits = append(g.inits, named{name, t})
	return name
}

// Ints adds a constant vector of int64.
func (g *Graph) Ints(v ...int64) string {
	name := g.name + ".i"
	for _, x := range v {
		name += "_" + strconv.FormatInt(x, 10)
	}
	return g.Const(name, Tensor{Int64, []int{len(v)}, Bytes(v)})
}

// Int adds a constant int64 scalar.
func (g *Graph) Int(v int64) string {
	return g.Const(g.name+".s_"+strconv.FormatInt(v, 10), Tensor{Int64, nil, Bytes([]int64{v})})
}

// Op adds a node of the ONNX domain with one result and returns the result's name. An empty input name leaves an
// optional input out.
func (g *Graph) Op(op string, in []string, attrs ...Attr) string {
	return g.Node("", op, in, 1, attrs...)[0]
}

// MS adds a node of ONNX Runtime's own domain with one result.
func (g *Graph) MS(op string, in []string, attrs ...Attr) string {
	return g.Node(Microsoft, op, in, 1, attrs...)[0]
}

// Node adds a node with n results and returns their names.
func (g *Graph) Node(domain, op string, in []string, n int, attrs ...Attr) []string {
	name := g.fresh(op)
	out := make([]string, n)
	for i := range out {
		out[i] = name + "." + strconv.Itoa(i)
	}
	g.nodes = append(g.nodes, node{op, domain, name, in, out, attrs})
	return out
}

// NodeNamed adds a node whose results have the given names; an empty one is left out.
func (g *Graph) NodeNamed(domain, op string, in, out []string, attrs ...Attr) {
	g.nodes = append(g.nodes, node{op, domain, g.fresh(op), in, out, attrs})
}

// As gives a value a further name (an Identity node).
func (g *Graph) As(v, name string) string {
	g.NodeNamed("", "Identity", []string{v}, []string{name})
	return name
}

func (g *Graph) fresh(op string) string {
	g.next++
	return g.name + "." + op + strconv.Itoa(g.next)
}

// Bytes returns the memory of a slice of numbers as little-endian bytes, without copying on the little-endian machines
// that ONNX Runtime supports.
func Bytes[T int8 | uint8 | int32 | int64 | float32 | uint16](v []T) []byte { return bytesOf(v) }
