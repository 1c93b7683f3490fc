package m2m

import (
	"fmt"
	"math"

	"koe/internal/graph"
)

// decoderGraph writes the decoder as a Loop that chooses the best token at each step and goes on with it until the end
// token: greedy search in one Run. With one step and several rows it is also the step of beam search, which chooses among
// the candidates itself.
//
// Inputs:
//
//	x          float [b, s, width]        embeddings with positions of the tokens that are given
//	length     int32 [1]                  tokens in the caches and x together (p + s)
//	last       int32 [b]                  the same less one, for each row
//	steps      int64                      the most tokens to choose
//	candidates int64 [1]                  how many of the best tokens to report at each step
//	cross.i.k, cross.i.v [b, heads, t, head]  from the encoder
//	past.i.k, past.i.v   [b, heads, p, head]  caches; p is 0 at the start
//
// Outputs:
//
//	tokens int64 [n, b, 1, candidates], scores float (the same): the best tokens at each step and their log-probabilities
//	present.i.k, present.i.v: the caches after the last step
func decoderGraph(c *Config, w *weights) []byte {
	heads, head := c.DecoderHeads, c.Width/c.DecoderHeads
	past, cross := cacheNames(c.DecoderLayers), crossNames(c.DecoderLayers)

	g := graph.New("decoder")
	g.Input("x", graph.Float, "b", "s", c.Width)
	g.Input("length", graph.Int32, 1)
	g.Input("last", graph.Int32, "b")
	g.Input("steps", graph.Int64)
	g.Input("candidates", graph.Int64, 1)
	for _, n := range cross {
		g.Input(n, graph.Float, "b", heads, "t", head)
	}
	for _, n := range past {
		g.Input(n, graph.Float, "b", heads, "p", head)
	}
	body := decoderBody(c, w)
	in := append([]string{"steps", "", "x", "length", "last"}, past...)
	out := []string{"x.end", "length.end", "last.end"} // unused, but ONNX Runtime 1.30 crashes if they are left out
	for _, n := range layerNames("present", c.DecoderLayers) {
		out = append(out, n)
		g.Output(n, graph.Float, "b", heads, "q", head)
	}
	g.NodeNamed("", "Loop", in, append(out, "tokens", "scores"), graph.G("body", body))
	g.Output("tokens", graph.Int64, "n", "b", 1, "c")
	g.Output("scores", graph.Float, "n", "b", 1, "c")
	return g.Model()
}

// decoderBody writes one step. Its weights are its own initialisers: ONNX Runtime packs no others.
func decoderBody(c *Config, w *weights) *graph.Graph {
	heads, head := c.DecoderHeads, c.Width/c.DecoderHeads
	g := graph.New("step")
	g.Input("step", graph.Int64)
	g.Input("go", graph.Bool)
	x := g.Input("step.x", graph.Float, "b", "step.s", c.Width)
	length := g.Input("step.length", graph.Int32, 1)
	last := g.Input("step.last", graph.Int32, "b")
	for _, n := range cacheNames(c.DecoderLayers) {
		g.Input("step."+n, graph.Float, "b", heads, "step.p", head)
	}

	normal := w.decoder[0].attentionNorm.apply(g, x, "d0.n1")
	var present []string
	for i := range w.decoder {
		l := &w.decoder[i]
		name := fmt.Sprintf("d%d", i)
		qkv := l.qkv.apply(g, normal, name+".qkv")
		a := g.Node(graph.Microsoft, "GroupQueryAttention",
			[]string{qkv, "", "", fmt.Sprintf("step.past.%d.k", i), fmt.Sprintf("step.past.%d.v", i), last, length}, 3,
			graph.I("num_heads", heads), graph.I("kv_num_heads", heads))
		present = append(present, a[1], a[2])
		y := l.out.apply(g, a[0], name+".out")
		x, normal = l.crossNorm.applySum(g, x, y, name+".n2")
		q := l.crossQuery.apply(g, normal, name+".xq")
		y = g.MS("MultiHeadAttention", []string{q, fmt.Sprintf("cross.%d.k", i), fmt.Sprintf("cross.%d.v", i)}, graph.I("num_heads", heads))
		y = l.crossOut.apply(g, y, name+".xout")
		x, normal = l.hiddenNorm.applySum(g, x, y, name+".n3")
		h := g.Op("Relu", []string{l.fc1.apply(g, normal, name+".fc1")})
		h = l.fc2.apply(g, h, name+".fc2")
		next, nextName := &w.decoderNorm, "d.norm"
		if i+1 < len(w.decoder) {
			next, nextName = &w.decoder[i+1].attentionNorm, fmt.Sprintf("d%d.n1", i+1)
		}
		x, normal = next.applySum(g, x, h, nextName)
	}

	// Only the last given token chooses.
	final := g.Op("Gather", []string{normal, g.Ints(-1)}, graph.I("axis", 1))
	scores := g.Op("LogSoftmax", []string{w.embedding.apply(g, final, "embedding")}, graph.I("axis", -1))
	scores = g.Op("Add", []string{scores, g.Const("never", floats(c.never(), c.Vocabulary))})
	top := g.Node("", "TopK", []string{scores, "candidates"}, 2, graph.I("axis", -1))
	next := g.Op("Gather", []string{top[1], g.Int(0)}, graph.I("axis", 2))
	first := g.Op("Gather", []string{next, g.Int(0)}, graph.I("axis", 0))
	more := g.Op("Not", []string{g.Op("Equal", []string{first, g.Ints(int64(c.End))})})

	nextX := g.Op("Add", []string{
		w.embedding.lookup(g, next, "embedding", c.embeddingScale()),
		g.Op("Gather", []string{g.Const("positions", floats(w.positions, len(w.positions)/c.Width, c.Width)), length}, graph.I("axis", 0)),
	})
	one := g.Const("step.one", graph.Tensor{Type: graph.Int32, Dims: []int{1}, Raw: graph.Bytes([]int32{1})})
	g.Output(more, graph.Bool, 1)
	g.Output(nextX, graph.Float, "b", 1, c.Width)
	g.Output(g.Op("Add", []string{length, one}), graph.Int32, 1)
	g.Output(g.Op("Add", []string{last, one}), graph.Int32, "b")
	for _, n := range present {
		g.Output(n, graph.Float, "b", heads, "step.q", head)
	}
	g.Output(top[1], graph.Int64, "b", 1, "step.c")
	g.Output(top[0], graph.Float, "b", 1, "step.c")
	return g
}

// lookup adds the embeddings of token ids, times scale, from the same constants that apply uses.
func (l *linear) lookup(g *graph.Graph, ids, name string, scale float32) string {
	if l.exact != nil {
		// apply's constant is transposed, so this is a second copy; exact weights are for references, not for speed.
		e := g.Op("Gather", []string{g.Const(name+".rows", floats(l.exact, l.rows, l.cols)), ids}, graph.I("axis", 0))
		return g.Op("Mul", []string{e, g.Const(name+".factor", floats([]float32{scale}, 1))})
	}
	q := &l.blocks
	scales := make([]float32, len(q.Scales))
	for i, s := range q.Scales {
		scales[i] = s * scale
	}
	// The table has the rows of MatMulNBits, [rows, blocks, bytes], as [rows, blocks·bytes].
	flat := g.Op("Reshape", []string{name + ".w", g.Ints(int64(l.rows), -1)})
	return g.MS("GatherBlockQuantized", []string{flat, ids, g.Const(name+".lookup", floats(scales, l.rows, q.Cols/q.Block))},
		graph.I("gather_axis", 0), graph.I("quantize_axis", 1), graph.I("block_size", q.Block), graph.I("bits", q.Bits))
}

// never is added to the scores: minus infinity, nearly, for tokens that no translation contains: padding, begin and
// unknown, language codes, and the rows that only fill the vocabulary up.
func (c *Config) never() []float32 {
	v := make([]float32, c.Vocabulary)
	first := c.firstLanguage()
	for id := range v {
		if id != c.End && (id == c.Pad || id == c.Begin || id == unknownID || id >= first) {
			v[id] = -math.MaxFloat32 / 4
		}
	}
	return v
}
