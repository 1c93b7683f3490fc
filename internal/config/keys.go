package config

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"koe/internal/hardware"
)

func sprintf(format string, args ...any) string { return fmt.Sprintf(format, args...) }

// State says whether a key's value does something.
type State string

// The states.
const (
	InEffect State = "in effect"
	NoEffect State = "no effect here" // this machine, or another key, leaves it nothing to do
	NotYet   State = "not yet"        // this version does not do it
)

// Key is the declaration of one key.
type Key struct {
	Name    string   // "tts.speed"
	Effect  string   // one sentence
	Choices []string // of a text; nil: any
	Min     float64  // of numbers; durations in seconds
	Max     float64
	Pattern string // what a text must look like, in words; check tests it
	Today   string // for the documentation: which values are in effect in this version; "": all

	path   bool              // a file's path
	field  func(*Config) any // *bool, *int, *float64, *string or *time.Duration
	check  func(string) bool
	status func(*Config, hardware.Machine) (State, string)
}

// Env is the environment variable that sets the key: KOE_TTS_SPEED.
func (k *Key) Env() string { return "KOE_" + strings.ToUpper(strings.ReplaceAll(k.Name, ".", "_")) }

// Type names the type of the key's values.
func (k *Key) Type() string {
	switch k.field(&Config{}).(type) {
	case *bool:
		return "true or false"
	case *int:
		return "whole number"
	case *float64:
		return "number"
	case *time.Duration:
		return "duration"
	}
	if k.path {
		return "path"
	}
	return "text"
}

// Range describes the values allowed; "" if any.
func (k *Key) Range() string {
	switch k.field(&Config{}).(type) {
	case *int, *float64:
		return sprintf("%g to %g", k.Min, k.Max)
	case *time.Duration:
		return sprintf("%v to %v", seconds(k.Min), seconds(k.Max))
	}
	if k.Choices != nil {
		return strings.Join(k.Choices, ", ")
	}
	return k.Pattern
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// Status says whether the value that c has for the key does something on machine m, and if not, why.
func (k *Key) Status(c *Config, m hardware.Machine) (State, string) {
	if k.status == nil {
		return InEffect, ""
	}
	return k.status(c, m)
}

// Keys returns the declarations of all keys, in the order of documentation.
func Keys() []Key {
	devices := []string{"auto", "cpu", "mps", "cuda", "webgpu"}
	return slices.Concat(generalKeys(), hardwareKeys(), translationKeys(devices), ttsKeys(devices), speechKeys(), audioKeys(), performanceKeys())
}

func generalKeys() []Key {
	return []Key{
		{Name: "preset", Effect: "The values that hold where nothing else sets them (config/*.yaml).", Choices: Presets(),
			field: func(c *Config) any { return &c.Preset }},
		{Name: "fallback", Effect: "A model that is not installed is replaced by the default one, with a notice, instead of ending with an error.",
			field: func(c *Config) any { return &c.Fallback }},
	}
}

func hardwareKeys() []Key {
	return []Key{
		{Name: "hardware.chip", Effect: "The machine that the file is meant for; `koe config show` says if this is another.",
			Pattern: "part of the processor's name",
			field:   func(c *Config) any { return &c.Hardware.Chip },
			status: func(c *Config, m hardware.Machine) (State, string) {
				if c.Hardware.Chip == "" || strings.Contains(strings.ToLower(m.Chip), strings.ToLower(c.Hardware.Chip)) {
					return InEffect, ""
				}
				return NoEffect, sprintf("this machine is %s", or(m.Chip, "another"))
			}},
		{Name: "hardware.gpu_cores", Effect: "Graphics cores of that machine.", Min: 0, Max: 10000, Today: "0",
			field: func(c *Config) any { return &c.Hardware.GPUCores },
			status: func(c *Config, _ hardware.Machine) (State, string) {
				return unless(c.Hardware.GPUCores == 0, NotYet, "engines run on the CPU and don't plan by graphics cores")
			}},
		{Name: "hardware.memory_gb", Effect: "Memory that `performance.memory_fraction` is a fraction of, where the machine has more; 0: what the machine has.",
			Min: 0, Max: 65536, field: func(c *Config) any { return &c.Hardware.MemoryGB },
			status: func(c *Config, m hardware.Machine) (State, string) {
				has := float64(m.Memory.Usable()) / 1e9
				return unless(c.Hardware.MemoryGB == 0 || has == 0 || c.Hardware.MemoryGB <= has, NoEffect, sprintf("this machine has %.1f GB", has))
			}},
		{Name: "hardware.neural_engine", Effect: "Whether that machine has a Neural Engine.", Today: "false",
			field: func(c *Config) any { return &c.Hardware.NeuralEngine },
			status: func(c *Config, m hardware.Machine) (State, string) {
				return neuralEngine(c.Hardware.NeuralEngine, m)
			}},
	}
}

func translationKeys(devices []string) []Key {
	return []Key{
		{Name: "translation.model", Effect: "The translation model, as `koe models list` names it.", Pattern: "a model's name",
			check: modelName, field: func(c *Config) any { return &c.Translation.Model }},
		{Name: "translation.source", Effect: "The agent's language.", Pattern: languagePattern, check: languageCode,
			field: func(c *Config) any { return &c.Translation.Source }},
		{Name: "translation.target", Effect: "The language to speak.", Pattern: languagePattern, check: languageCode,
			field: func(c *Config) any { return &c.Translation.Target }},
		{Name: "translation.device", Effect: "The processor that translates.", Choices: devices, Today: "auto, cpu",
			field:  func(c *Config) any { return &c.Translation.Device },
			status: func(c *Config, m hardware.Machine) (State, string) { return device(c.Translation.Device, m) }},
		{Name: "translation.dtype", Effect: "Number format of the weights; auto: as the model was built.", Today: "auto",
			Choices: []string{"auto", "float32", "float16", "bfloat16", "int8", "int4"},
			field:   func(c *Config) any { return &c.Translation.DType },
			status: func(c *Config, _ hardware.Machine) (State, string) {
				return unless(c.Translation.DType == "auto", NotYet, "the weights stay as `koe models import` built them")
			}},
		{Name: "translation.use_neural_engine", Effect: "Run the encoder on Apple's Neural Engine.", Today: "false",
			field: func(c *Config) any { return &c.Translation.UseNeuralEngine },
			status: func(c *Config, m hardware.Machine) (State, string) {
				return neuralEngine(c.Translation.UseNeuralEngine, m)
			}},
		{Name: "translation.batch_size", Effect: "Sentences translated in one run.", Min: 1, Max: 256, Today: "1",
			field: func(c *Config) any { return &c.Translation.BatchSize },
			status: func(c *Config, _ hardware.Machine) (State, string) {
				return unless(c.Translation.BatchSize == 1, NotYet, "sentences are translated one at a time, which is what latency wants")
			}},
		{Name: "translation.beam", Effect: "Translations that the search considers at once; 1 is greedy and fastest.", Min: 1, Max: 5,
			field: func(c *Config) any { return &c.Translation.Beam }},
		{Name: "translation.cache_mb", Effect: "Memory for translations that come again, in MiB.", Min: 1, Max: 65536,
			field: func(c *Config) any { return &c.Translation.CacheMB }},
	}
}

func ttsKeys(devices []string) []Key {
	return []Key{
		{Name: "tts.model", Effect: "The voice engine.", Choices: []string{"koe", "espeak", "say", "xtts_v2"}, Today: "koe, espeak, say (macOS)",
			field: func(c *Config) any { return &c.TTS.Model },
			status: func(c *Config, m hardware.Machine) (State, string) {
				switch {
				case c.TTS.Model == "xtts_v2":
					return NotYet, "this version has no XTTS engine; fallback: true uses koe instead"
				case c.TTS.Model == "say" && m.OS != "darwin":
					return NoEffect, "say is macOS's; fallback: true uses koe instead"
				}
				return InEffect, ""
			}},
		{Name: "tts.device", Effect: "The processor that speaks.", Choices: devices, Today: "auto, cpu",
			field:  func(c *Config) any { return &c.TTS.Device },
			status: func(c *Config, m hardware.Machine) (State, string) { return device(c.TTS.Device, m) }},
		{Name: "tts.quality", Effect: "Quality of the voice, where an engine has more than one.", Choices: []string{"standard", "high"}, Today: "standard",
			field: func(c *Config) any { return &c.TTS.Quality },
			status: func(c *Config, _ hardware.Machine) (State, string) {
				return unless(c.TTS.Quality == "standard", NotYet, "the engines have one quality each")
			}},
		{Name: "tts.use_neural_engine", Effect: "Run the voice on Apple's Neural Engine.", Today: "false",
			field:  func(c *Config) any { return &c.TTS.UseNeuralEngine },
			status: func(c *Config, m hardware.Machine) (State, string) { return neuralEngine(c.TTS.UseNeuralEngine, m) }},
		{Name: "tts.sample_rate", Effect: "Samples a second that the voice makes.", Min: 8000, Max: 192000, Today: "24000",
			field: func(c *Config) any { return &c.TTS.SampleRate },
			status: func(c *Config, _ hardware.Machine) (State, string) {
				return unless(c.TTS.SampleRate == 24000, NotYet, "engines speak at their own rate (koe: 24000 Hz); the device gets its own by resampling")
			}},
		{Name: "tts.voice", Effect: "The voice, as `koe voices` names it; empty: the engine's default.", Pattern: "a voice's name",
			field: func(c *Config) any { return &c.TTS.Voice }},
		{Name: "tts.speed", Effect: "Speed of speech; 1 is natural.", Min: 0.5, Max: 3, field: func(c *Config) any { return &c.TTS.Speed }},
		{Name: "tts.pitch", Effect: "Pitch, in semitones above the voice's own.", Min: -12, Max: 12, field: func(c *Config) any { return &c.TTS.Pitch }},
		{Name: "tts.volume", Effect: "Loudness as a factor; 1 is the voice's own.", Min: 0.05, Max: 2, field: func(c *Config) any { return &c.TTS.Volume }},
		{Name: "tts.readings", Effect: "A file of readings and accents of your own (word, tab, reading).", path: true,
			Pattern: "relative to the configuration file; ~ is the home folder", field: func(c *Config) any { return &c.TTS.Readings },
			status: func(c *Config, _ hardware.Machine) (State, string) {
				return unless(c.TTS.Readings == "" || c.TTS.Model == "koe", NoEffect, "only the engine koe takes readings")
			}},
	}
}

func speechKeys() []Key {
	pause := func(name, effect string, field func(*Config) any) Key {
		return Key{Name: name, Effect: effect, Min: 0, Max: 5, field: field}
	}
	return []Key{
		{Name: "speech.speak_thinking", Effect: "Speak what the agent thinks aloud between its tools, too.", field: func(c *Config) any { return &c.Speech.SpeakThinking }},
		{Name: "speech.announce_code", Effect: "Say in a few words that a code block, a diff or a table was left out.", field: func(c *Config) any { return &c.Speech.AnnounceCode }},
		{Name: "speech.speculation", Effect: "Begin to work at a likely sentence end, before it is certain.", field: func(c *Config) any { return &c.Speech.Speculation },
			status: func(c *Config, _ hardware.Machine) (State, string) {
				return unless(!c.Speech.Speculation || c.Performance.UseAsyncStreams, NoEffect, "performance.use_async_streams is false")
			}},
		{Name: "speech.catch_up", Effect: "What happens when speech falls behind the agent: keep-all speaks everything, late.", Choices: []string{"keep-all"},
			field: func(c *Config) any { return &c.Speech.CatchUp }},
		pause("speech.pause_sentence", "Silence after a sentence, at speed 1.", func(c *Config) any { return &c.Speech.PauseSentence }),
		pause("speech.pause_item", "Silence after a list item.", func(c *Config) any { return &c.Speech.PauseItem }),
		pause("speech.pause_paragraph", "Silence after a paragraph or heading.", func(c *Config) any { return &c.Speech.PauseParagraph }),
	}
}

func audioKeys() []Key {
	return []Key{{Name: "audio.device", Effect: "The sound device, as `koe doctor` names it; empty: the system's default.", Pattern: "a device's name",
		field: func(c *Config) any { return &c.Audio.Device }}}
}

func performanceKeys() []Key {
	return []Key{
		{Name: "performance.enable_compilation", Effect: "Optimise graphs when they are loaded, and keep the packed result for the next start.", Today: "false; true in part",
			field: func(c *Config) any { return &c.Performance.EnableCompilation },
			status: func(c *Config, _ hardware.Machine) (State, string) {
				return unless(!c.Performance.EnableCompilation, NotYet, "graphs are optimised when loaded, but the result is not kept for the next start")
			}},
		{Name: "performance.use_async_streams", Effect: "Sentences are cut, translated, spoken and played at the same time; false: one stage after another.",
			field: func(c *Config) any { return &c.Performance.UseAsyncStreams }},
		{Name: "performance.memory_fraction", Effect: "Share of the memory that caches and loaded models may take together.", Min: 0.05, Max: 1, Today: "bounds caches",
			field: func(c *Config) any { return &c.Performance.MemoryFraction }},
		{Name: "performance.cache_models", Effect: "Keep models loaded; false: a model that has been idle for a minute is freed, and loaded again when it is needed.",
			field: func(c *Config) any { return &c.Performance.CacheModels }},
		{Name: "performance.translate_threads", Effect: "Threads of the translator; 0: chosen for the machine.", Min: 0, Max: 256,
			field: func(c *Config) any { return &c.Performance.TranslateThreads }},
		{Name: "performance.voice_threads", Effect: "Threads of the voice; 0: chosen for the engine.", Min: 0, Max: 256, Today: "0, 1",
			field: func(c *Config) any { return &c.Performance.VoiceThreads },
			status: func(c *Config, _ hardware.Machine) (State, string) {
				return unless(c.Performance.VoiceThreads <= 1, NotYet, "the voice runs on one thread, on which it is fastest")
			}},
	}
}

// defaults are the values below every preset.
func defaults() *Config {
	return &Config{
		Preset: DefaultPreset,
		Translation: Translation{Model: DefaultTranslationModel, Source: "eng_Latn", Target: "jpn_Jpan", Device: "auto", DType: "auto",
			BatchSize: 1, Beam: 1, CacheMB: 16},
		TTS: TTS{Model: DefaultVoiceModel, Device: "auto", Quality: "standard", SampleRate: 24000, Speed: 1, Volume: 1},
		Speech: Speech{AnnounceCode: true, Speculation: true, CatchUp: "keep-all", PauseSentence: 250 * time.Millisecond,
			PauseItem: 350 * time.Millisecond, PauseParagraph: 500 * time.Millisecond},
		Performance: Performance{EnableCompilation: true, UseAsyncStreams: true, MemoryFraction: 0.5, CacheModels: true},
		origins:     map[string]string{},
	}
}

const languagePattern = "a language code of NLLB-200, like eng_Latn or jpn_Jpan"

func languageCode(s string) bool {
	if len(s) != 8 || s[3] != '_' || s[4] < 'A' || s[4] > 'Z' {
		return false
	}
	return strings.Trim(s[:3]+s[5:], "abcdefghijklmnopqrstuvwxyz") == ""
}

func modelName(s string) bool {
	return s != "" && len(s) <= 200 && !strings.Contains(s, "..") && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == '\\' || r == 0x7F })
}

func unless(ok bool, s State, reason string) (State, string) {
	if ok {
		return InEffect, ""
	}
	return s, reason
}

func device(name string, m hardware.Machine) (State, string) {
	switch {
	case name == "auto" || name == "cpu":
		return InEffect, ""
	case name == "mps" && m.OS != "darwin":
		return NoEffect, "mps is Apple's graphics, this machine runs " + or(m.OS, "another system") + "; the CPU does the work"
	case name == "cuda" && m.OS == "darwin":
		return NoEffect, "cuda needs an NVIDIA card under Linux or Windows; the CPU does the work"
	}
	return NotYet, "the CPU does the work"
}

func neuralEngine(wanted bool, m hardware.Machine) (State, string) {
	switch {
	case !wanted:
		return InEffect, ""
	case !m.NeuralEngine:
		return NoEffect, "this machine has no Neural Engine; the CPU does the work"
	}
	return NotYet, "the CPU does the work"
}

func or(s, instead string) string {
	if s == "" {
		return instead
	}
	return s
}
