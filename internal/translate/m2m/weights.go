package m2m

import (
	"fmt"
)

// weights are a model's parameters in the shape the graphs want: projections that read the same input fused.
type weights struct {
	embedding   linear // [vocabulary, width]: lookup table and, unbiased, the output projection
	encoder     []encoderLayer
	encoderNorm norm
	cross       linear // keys and values of every decoder layer's cross-attention, [2·layers·width, width]
	decoder     []decoderLayer
	decoderNorm norm
	positions   []float32 // sinusoids for the decoder's graph, row-major
}

type encoderLayer struct {
	attentionNorm, hiddenNorm norm
	qkv, out, fc1, fc2        linear
}

type decoderLayer struct {
	attentionNorm, crossNorm, hiddenNorm     norm
	qkv, out, crossQuery, crossOut, fc1, fc2 linear
}

// A part is one of the groups of weights that a recipe may treat differently.
type part uint8

const (
	inEncoder part = iota
	inDecoder
	inEmbedding
)

// visit calls the functions for every linear and norm with its name in a built model's file and, for its source, the
// names of the Hugging Face tensors that are stacked to make it.
func (w *weights) visit(c *Config, onLinear func(l *linear, p part, name string, rows, cols int, from []string) error, onNorm func(n *norm, name, from string) error) error {
	d := c.Width
	if w.encoder == nil {
		w.encoder, w.decoder = make([]encoderLayer, c.EncoderLayers), make([]decoderLayer, c.DecoderLayers)
	}
	type lin struct {
		l          *linear
		p          part
		name       string
		rows, cols int
		from       []string
	}
	type nrm struct {
		n          *norm
		name, from string
	}
	linears := []lin{{&w.embedding, inEmbedding, "embedding", c.Vocabulary, d, []string{"model.shared"}}}
	norms := []nrm{
		{&w.encoderNorm, "encoder.norm", "model.encoder.layer_norm"},
		{&w.decoderNorm, "decoder.norm", "model.decoder.layer_norm"},
	}
	for i := range w.encoder {
		l, name, from := &w.encoder[i], fmt.Sprintf("encoder.%d.", i), fmt.Sprintf("model.encoder.layers.%d.", i)
		self := from + "self_attn."
		linears = append(linears,
			lin{&l.qkv, inEncoder, name + "qkv", 3 * d, d, []string{self + "q_proj", self + "k_proj", self + "v_proj"}},
			lin{&l.out, inEncoder, name + "out", d, d, []string{self + "out_proj"}},
			lin{&l.fc1, inEncoder, name + "fc1", c.EncoderHidden, d, []string{from + "fc1"}},
			lin{&l.fc2, inEncoder, name + "fc2", d, c.EncoderHidden, []string{from + "fc2"}},
		)
		norms = append(norms,
			nrm{&l.attentionNorm, name + "attention_norm", from + "self_attn_layer_norm"},
			nrm{&l.hiddenNorm, name + "hidden_norm", from + "final_layer_norm"},
		)
	}
	var cross []string
	for i := range w.decoder {
		l, name, from := &w.decoder[i], fmt.Sprintf("decoder.%d.", i), fmt.Sprintf("model.decoder.layers.%d.", i)
		self, other := from+"self_attn.", from+"encoder_attn."
		cross = append(cross, other+"k_proj", other+"v_proj")
		linears = append(linears,
			lin{&l.qkv, inDecoder, name + "qkv", 3 * d, d, []string{self + "q_proj", self + "k_proj", self + "v_proj"}},
			lin{&l.out, inDecoder, name + "out", d, d, []string{self + "out_proj"}},
			lin{&l.crossQuery, inDecoder, name + "cross_query", d, d, []string{other + "q_proj"}},
			lin{&l.crossOut, inDecoder, name + "cross_out", d, d, []string{other + "out_proj"}},
			lin{&l.fc1, inDecoder, name + "fc1", c.DecoderHidden, d, []string{from + "fc1"}},
			lin{&l.fc2, inDecoder, name + "fc2", d, c.DecoderHidden, []string{from + "fc2"}},
		)
		norms = append(norms,
			nrm{&l.attentionNorm, name + "attention_norm", from + "self_attn_layer_norm"},
			nrm{&l.crossNorm, name + "cross_norm", from + "encoder_attn_layer_norm"},
			nrm{&l.hiddenNorm, name + "hidden_norm", from + "final_layer_norm"},
		)
	}
	linears = append(linears, lin{&w.cross, inEncoder, "cross", 2 * c.DecoderLayers * d, d, cross})
	for _, x := range linears {
		if err := onLinear(x.l, x.p, x.name, x.rows, x.cols, x.from); err != nil {
			return err
		}
	}
	for _, x := range norms {
		if err := onNorm(x.n, x.name, x.from); err != nil {
			return err
		}
	}
	return nil
}

// embed writes the input of a stack: embeddings times the scale, plus positions, the first token at position first.
func (w *weights) embed(c *Config, ids []int32, first int) []float32 {
	d := c.Width
	x := make([]float32, len(ids)*d)
	scale := c.embeddingScale()
	for i, id := range ids {
		row := x[i*d:][:d]
		if w.embedding.exact != nil {
			copy(row, w.embedding.exact[int(id)*d:])
		} else {
			w.embedding.blocks.Row(row, int(id))
		}
		for j, p := range w.positions[(first+i)*d:][:d] {
			row[j] = row[j]*scale + p
		}
	}
	return x
}
