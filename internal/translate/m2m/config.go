package m2m

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

// Config is what the engine needs of a Hugging Face M2M100 config.json.
type Config struct {
	ModelType      string         `json:"model_type"`
	Width          int            `json:"d_model"`
	EncoderLayers  int            `json:"encoder_layers"`
	DecoderLayers  int            `json:"decoder_layers"`
	EncoderHidden  int            `json:"encoder_ffn_dim"`
	DecoderHidden  int            `json:"decoder_ffn_dim"`
	EncoderHeads   int            `json:"encoder_attention_heads"`
	DecoderHeads   int            `json:"decoder_attention_heads"`
	Activation     string         `json:"activation_function"`
	Vocabulary     int            `json:"vocab_size"`
	Positions      int            `json:"max_position_embeddings"`
	ScaleEmbedding bool           `json:"scale_embedding"`
	Pad            int            `json:"pad_token_id"`
	Begin          int            `json:"bos_token_id"`
	End            int            `json:"eos_token_id"`
	DecoderStart   int            `json:"decoder_start_token_id"`
	LanguageCodes  map[string]int `json:"language_codes"`
}

// parseConfig reads a config.json and checks that it describes a model this package can run.
func parseConfig(data []byte) (Config, error) {
	c := Config{Activation: "relu", Positions: 1024, Pad: 1, End: 2, DecoderStart: 2}
	if err := json.Unmarshal(data, &c); err != nil {
		return c, fmt.Errorf("config.json: %w", err)
	}
	if c.ModelType != "m2m_100" {
		return c, fmt.Errorf("config.json: model_type is %q; this engine runs m2m_100 (M2M100, NLLB-200) only", c.ModelType)
	}
	if c.Activation != "relu" {
		return c, fmt.Errorf("config.json: activation_function is %q; only relu is known", c.Activation)
	}
	for _, f := range []struct {
		name     string
		v, limit int
	}{
		{"d_model", c.Width, 1 << 14}, {"encoder_layers", c.EncoderLayers, 256}, {"decoder_layers", c.DecoderLayers, 256},
		{"encoder_ffn_dim", c.EncoderHidden, 1 << 17}, {"decoder_ffn_dim", c.DecoderHidden, 1 << 17},
		{"encoder_attention_heads", c.EncoderHeads, 1 << 10}, {"decoder_attention_heads", c.DecoderHeads, 1 << 10},
		{"vocab_size", c.Vocabulary, 1 << 21}, {"max_position_embeddings", c.Positions, 1 << 16},
	} {
		if f.v < 1 || f.v > f.limit {
			return c, fmt.Errorf("config.json: %s is %d; want 1 to %d", f.name, f.v, f.limit)
		}
	}
	if c.Width%c.EncoderHeads != 0 || c.Width%c.DecoderHeads != 0 || c.Width%2 != 0 {
		return c, fmt.Errorf("config.json: d_model %d is no multiple of its heads (%d, %d)", c.Width, c.EncoderHeads, c.DecoderHeads)
	}
	for _, id := range []int{c.Pad, c.End, c.DecoderStart} {
		if id < 0 || id >= c.Vocabulary {
			return c, fmt.Errorf("config.json: special token %d lies outside the vocabulary of %d", id, c.Vocabulary)
		}
	}
	if len(c.LanguageCodes) == 0 {
		return c, errors.New("config.json: no language_codes (a map from \"eng_Latn\" to its token id)")
	}
	for code, id := range c.LanguageCodes {
		if id < 0 || id >= c.Vocabulary {
			return c, fmt.Errorf("config.json: language %s has token %d, outside the vocabulary of %d", code, id, c.Vocabulary)
		}
	}
	return c, nil
}

// embeddingScale is the factor that token embeddings are multiplied with.
func (c *Config) embeddingScale() float32 {
	if !c.ScaleEmbedding {
		return 1
	}
	return float32(math.Sqrt(float64(c.Width)))
}

// firstRow is the row of the sinusoid table that the first token gets: fairseq counts positions from the padding
// token's id on.
func (c *Config) firstRow() int { return c.Pad + 1 }

// positionTable computes rows of the sinusoids: for each row [sin … | cos …], with frequencies 10000^(-i/(width/2-1)).
// Row 0 of the result is the first token's.
func (c *Config) positionTable(rows int) []float32 {
	half := c.Width / 2
	freq := make([]float32, half)
	step := float32(math.Log(10000) / float64(half-1))
	for i := range freq {
		freq[i] = float32(math.Exp(float64(float32(i) * -step)))
	}
	out := make([]float32, rows*c.Width)
	for r := range rows {
		pos := float32(r + c.firstRow())
		row := out[r*c.Width:][:c.Width]
		for i, f := range freq {
			sin, cos := math.Sincos(float64(pos * f))
			row[i], row[half+i] = float32(sin), float32(cos)
		}
	}
	return out
}

// firstLanguage is the lowest id of a language code: from there on no token is text.
func (c *Config) firstLanguage() int {
	first := c.Vocabulary
	for _, id := range c.LanguageCodes {
		first = min(first, id)
	}
	return first
}

// rows is how many positions the graphs have: sentences are far shorter than what M2M100 allows.
func (c *Config) rows() int { return min(c.Positions, 512) }
