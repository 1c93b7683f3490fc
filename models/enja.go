package models

import _ "embed" // for go:embed of strings

// The files of the default translation model, English to Japanese.
var (
	//go:embed enja/manifest.json
	enjaManifest string
	//go:embed enja/config.json
	enjaConfig string
	//go:embed enja/weights.safetensors
	enjaWeights string
	//go:embed enja/sentencepiece.bpe.model
	enjaTokenizer string
)

// EnJa returns the default translation model, English to Japanese, as package m2m takes it.
func EnJa() Model {
	return Model{
		"manifest.json":           File(enjaManifest),
		"config.json":             File(enjaConfig),
		"weights.safetensors":     File(enjaWeights),
		"sentencepiece.bpe.model": File(enjaTokenizer),
	}
}
