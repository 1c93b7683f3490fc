// Package config owns the configuration: its keys with their ranges and effects, the files and presets that set them,
// and the order in which flags override the environment, the environment the file, and the file the preset.
//
// Every key is declared once, in keys.go: the loader, the validation, `koe config show` and docs/CONFIG.md follow from
// that declaration.
package config

import (
	"math"
	"strings"
	"time"

	"golang.org/x/text/language"

	"koe/internal/hardware"
)

// The models that are always there.
const (
	DefaultTranslationModel = "enja"
	DefaultVoiceModel       = "koe"
	DefaultPreset           = "balanced"
)

// Config is the effective configuration. Load returns it validated; what Load did not return is not.
type Config struct {
	Preset      string
	Fallback    bool
	Hardware    Hardware
	Translation Translation
	TTS         TTS
	Speech      Speech
	Audio       Audio
	Performance Performance

	machine hardware.Machine
	file    string            // the file that was read, "" if none
	origins map[string]string // key → where its value came from
	limits  []string          // what was lowered, and why
}

// Hardware describes the machine that a configuration is meant for.
type Hardware struct {
	Chip         string
	GPUCores     int
	MemoryGB     float64
	NeuralEngine bool
}

// Translation configures the translator.
type Translation struct {
	Model           string // a name of `koe models list`
	Source, Target  string // NLLB-200 codes: "eng_Latn", "jpn_Jpan"
	Device          string // "auto", "cpu", "mps", "cuda", "webgpu"
	DType           string // "auto", "float32", "float16", "bfloat16", "int8", "int4"
	UseNeuralEngine bool
	BatchSize       int
	Beam            int // 1: greedy
	CacheMB         int
}

// TTS configures the voice.
type TTS struct {
	Model           string // "koe", "espeak", "say", "xtts_v2"
	Device          string
	Quality         string // "standard", "high"
	UseNeuralEngine bool
	SampleRate      int     // Hz
	Voice           string  // "": the engine's default
	Speed           float64 // 1 is natural
	Pitch           float64 // semitones
	Volume          float64 // linear gain
	Readings        string  // path of a user dictionary, "": none
}

// Speech configures what is spoken, and when.
type Speech struct {
	SpeakThinking  bool
	AnnounceCode   bool
	Speculation    bool
	CatchUp        string // "keep-all"
	PauseSentence  time.Duration
	PauseItem      time.Duration
	PauseParagraph time.Duration
}

// Audio configures the sound device.
type Audio struct {
	Device string // "": the system's default
}

// Performance configures how engines run.
type Performance struct {
	EnableCompilation bool
	UseAsyncStreams   bool
	MemoryFraction    float64
	CacheModels       bool
	TranslateThreads  int
	VoiceThreads      int
}

// File returns the path of the file that was read, "" if there was none.
func (c *Config) File() string { return c.file }

// Origin says where the value of key came from: "default", "preset balanced", "config.yaml:3", "env KOE_TTS_SPEED",
// "flag --speed".
func (c *Config) Origin(key string) string {
	if o, ok := c.origins[key]; ok {
		return o
	}
	return "default"
}

// VoiceLang returns the target language as BCP 47 ("ja", "zh-Hant").
func (c *Config) VoiceLang() string {
	lang, script, _ := strings.Cut(c.Translation.Target, "_")
	base, err := language.ParseBase(lang)
	if err != nil {
		return lang
	}
	tag := base.String()
	if script == "Hant" {
		tag += "-Hant"
	}
	return tag
}

// Pauses returns the silences between sentences. The type has the shape of the pipeline's Pauses.
func (c *Config) Pauses() struct{ Sentence, Item, Paragraph time.Duration } {
	s := c.Speech
	return struct{ Sentence, Item, Paragraph time.Duration }{s.PauseSentence, s.PauseItem, s.PauseParagraph}
}

// MemoryBytes is how much memory caches and models may take in all: performance.memory_fraction of the machine's memory,
// or of hardware.memory_gb where that is less. 0: the machine's memory is not known.
func (c *Config) MemoryBytes() int64 {
	total := float64(c.machine.Memory.Usable())
	if gb := c.Hardware.MemoryGB * 1e9; gb > 0 && (gb < total || total == 0) {
		total = gb
	}
	return int64(min(total*c.Performance.MemoryFraction, math.MaxInt64/2))
}

// limit lowers what the machine has no room for.
func (c *Config) limit() {
	const reserve = 400 << 20 // the program with the default models
	room := c.MemoryBytes()
	if room == 0 {
		return
	}
	most := max(1, int((room-reserve)>>20))
	if c.Translation.CacheMB > most {
		c.limits = append(c.limits, sprintf("translation.cache_mb: %d lowered to %d: performance.memory_fraction allows %d MB in all",
			c.Translation.CacheMB, most, room>>20))
		c.Translation.CacheMB = most
		c.origins["translation.cache_mb"] += ", lowered by performance.memory_fraction"
	}
}
