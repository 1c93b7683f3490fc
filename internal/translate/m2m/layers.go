package m2m

import (
	"koe/internal/graph"
)

// A linear is a biased projection from cols to rows, in the form it is stored in: exact numbers, or blocks.
type linear struct {
	rows, cols int
	exact      []float32 // row-major; nil if quantised
	blocks     graph.Blocks
	bias       []float32 // nil if there is none
}

// A norm holds the gain and bias of a layer normalisation.
type norm struct{ gain, bias []float32 }

const epsilon = 1e-5

// apply adds the projection of x, in the form for few rows at a time: MatMulNBits, or MatMul for exact weights.
func (l *linear) apply(g *graph.Graph, x, name string) string {
	if l.exact != nil {
		return l.exactMatMul(g, x, name)
	}
	return l.blockMatMul(g, x, name)
}

// applyMany adds the projection of x in the form that is fastest for many rows at a time: signed bytes with one scale a
// column, and activations quantised as they come.
func (l *linear) applyMany(g *graph.Graph, x, name string) string {
	if l.exact != nil {
		return l.exactMatMul(g, x, name)
	}
	c := l.blocks.Columns()
	in := []string{
		x,
		g.Const(name+".w", graph.Tensor{Type: graph.Int8, Dims: []int{l.cols, l.rows}, Raw: graph.Bytes(c.Values)}),
		g.Const(name+".scale", floats(c.Scales, l.rows)),
		"",
	}
	if l.bias != nil {
		in = append(in, g.Const(name+".bias", floats(l.bias, l.rows)))
	}
	return g.MS("DynamicQuantizeMatMul", in)
}

func (l *linear) exactMatMul(g *graph.Graph, x, name string) string {
	y := g.Op("MatMul", []string{x, g.Const(name+".w", floats(graph.Transpose(l.exact, l.rows, l.cols), l.cols, l.rows))})
	if l.bias == nil {
		return y
	}
	return g.Op("Add", []string{y, g.Const(name+".bias", floats(l.bias, l.rows))})
}

func (l *linear) blockMatMul(g *graph.Graph, x, name string) string {
	q := &l.blocks
	n := q.Cols / q.Block
	in := []string{
		x,
		g.Const(name+".w", graph.Tensor{Type: graph.Uint8, Dims: []int{l.rows, n, q.Block * q.Bits / 8}, Raw: q.Packed}),
		g.Const(name+".scale", floats(q.Scales, l.rows, n)),
	}
	if l.bias != nil {
		in = append(in, "", "", g.Const(name+".bias", floats(l.bias, l.rows)))
	}
	return g.MS("MatMulNBits", in, graph.I("K", l.cols), graph.I("N", l.rows), graph.I("bits", q.Bits),
		graph.I("block_size", q.Block), graph.I("accuracy_level", 4))
}

// apply adds the normalisation of x.
func (n *norm) apply(g *graph.Graph, x, name string) string {
	return g.Op("LayerNormalization", []string{x, g.Const(name+".gain", floats(n.gain, len(n.gain))), g.Const(name+".bias", floats(n.bias, len(n.bias)))},
		graph.I("axis", -1), graph.F("epsilon", epsilon))
}

// applySumMany is applySum in the form for many rows: two operators, because ONNX Runtime's fused one takes more than
// twice their time there. Sessions of graphs with it must not be optimised so far that the two are fused.
func (n *norm) applySumMany(g *graph.Graph, x, skip, name string) (sum, normal string) {
	sum = g.Op("Add", []string{x, skip})
	return sum, n.apply(g, sum, name)
}

// applySum adds x + skip and its normalisation and returns both: the residual stream and the input of the next part.
func (n *norm) applySum(g *graph.Graph, x, skip, name string) (sum, normal string) {
	out := g.Node(graph.Microsoft, "SkipLayerNormalization",
		[]string{x, skip, g.Const(name+".gain", floats(n.gain, len(n.gain))), g.Const(name+".bias", floats(n.bias, len(n.bias)))},
		4, graph.F("epsilon", epsilon))
	return out[3], out[0]
}

func floats(v []float32, dims ...int) graph.Tensor {
	return graph.Tensor{Type: graph.Float, Dims: dims, Raw: graph.Bytes(v)}
}
