package m2m

import (
	"fmt"

	"koe/internal/graph"
)

// encoderGraph writes the encoder.
//
//	x        float [1, s, width]           embeddings with positions
//	states   float [1, s, width]           the encoder's result
//	cross.i.k, cross.i.v [1, heads, s, head]  keys and values of decoder layer i's cross-attention
func encoderGraph(c *Config, w *weights) []byte {
	g := graph.New("encoder")
	x := g.Input("x", graph.Float, 1, "s", c.Width)
	normal := w.encoder[0].attentionNorm.apply(g, x, "e0.n1")
	for i := range w.encoder {
		l := &w.encoder[i]
		name := fmt.Sprintf("e%d", i)
		qkv := g.Node("", "Split", []string{l.qkv.applyMany(g, normal, name+".qkv")}, 3, graph.I("axis", -1), graph.I("num_outputs", 3))
		a := g.MS("MultiHeadAttention", qkv, graph.I("num_heads", c.EncoderHeads))
		a = l.out.applyMany(g, a, name+".out")
		x, normal = l.hiddenNorm.applySumMany(g, x, a, name+".n2")
		h := g.Op("Relu", []string{l.fc1.applyMany(g, normal, name+".fc1")})
		h = l.fc2.applyMany(g, h, name+".fc2")
		next, nextName := &w.encoderNorm, "e.norm"
		if i+1 < len(w.encoder) {
			next, nextName = &w.encoder[i+1].attentionNorm, fmt.Sprintf("e%d.n1", i+1)
		}
		x, normal = next.applySumMany(g, x, h, nextName)
	}
	g.As(normal, "states")
	g.Output("states", graph.Float, 1, "s", c.Width)

	// The keys and values of all decoder layers in one product, then [s, 2·layers·heads, head] to heads first.
	heads, head, parts := c.DecoderHeads, c.Width/c.DecoderHeads, 2*c.DecoderLayers
	kv := w.cross.applyMany(g, normal, "cross")
	kv = g.Op("Reshape", []string{kv, g.Ints(-1, int64(parts*heads), int64(head))})
	kv = g.Op("Transpose", []string{kv}, graph.Is("perm", 1, 0, 2))
	kv = g.Op("Reshape", []string{kv, g.Ints(int64(parts), int64(heads), -1, int64(head))})
	names := crossNames(c.DecoderLayers)
	g.NodeNamed("", "Split", []string{kv}, names, graph.I("axis", 0), graph.I("num_outputs", parts))
	for _, n := range names {
		g.Output(n, graph.Float, 1, heads, "s", head)
	}
	return g.Model()
}

// crossNames lists the keys and values of cross-attention in the order of the fused projection's rows.
func crossNames(layers int) []string { return layerNames("cross", layers) }

// cacheNames lists the keys and values of the decoder's self-attention.
func cacheNames(layers int) []string { return layerNames("past", layers) }

func layerNames(prefix string, layers int) []string {
	var names []string
	for i := range layers {
		names = append(names, fmt.Sprintf("%s.%d.k", prefix, i), fmt.Sprintf("%s.%d.v", prefix, i))
	}
	return names
}
