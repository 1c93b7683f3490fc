package models

import _ "embed" // for go:embed of strings

// The files of the Japanese voice: reading and accents, and sound.
var (
	//go:embed g2p-ja/manifest.json
	g2pManifest string
	//go:embed g2p-ja/g2p.onnx
	g2pGraph string
	//go:embed g2p-ja/g2p.json
	g2pTable string

	//go:embed voice-ja/manifest.json
	voiceManifest string
	//go:embed voice-ja/acoustic.onnx
	voiceAcoustic string
	//go:embed voice-ja/vocoder.onnx
	voiceVocoder string
)

// G2PJa returns the model that reads Japanese text as moras with pitch accent.
func G2PJa() Model {
	return Model{"manifest.json": File(g2pManifest), "g2p.onnx": File(g2pGraph), "g2p.json": File(g2pTable)}
}

// VoiceJa returns the Japanese voice's acoustic graph and vocoder.
func VoiceJa() Model {
	return Model{"manifest.json": File(voiceManifest), "acoustic.onnx": File(voiceAcoustic), "vocoder.onnx": File(voiceVocoder)}
}
