package main

import (
	"fmt"
	"os"
	"strings"

	"koe/internal/config"
	"koe/internal/hardware"
)

// common are the flags of every command. Those that set a key of the configuration override the environment, the file
// and the preset; docs/CONFIG.md lists the keys.
type common struct {
	Config   string   `placeholder:"FILE" type:"path" help:"Configuration file (also KOE_CONFIG; otherwise the user's own)."`
	Preset   string   `placeholder:"NAME" help:"Preset: fast, balanced or quality."`
	Set      []string `placeholder:"KEY=VALUE" sep:"none" help:"Set any key of the configuration, such as speech.pause_sentence=100ms."`
	Fallback bool     `help:"Use the default model where the configured one is not installed."`

	Engine  string   `placeholder:"NAME" help:"Voice engine: koe, espeak or say."`
	Voice   string   `placeholder:"NAME" help:"Voice of the engine; see koe voices."`
	Speed   *float64 `placeholder:"X" help:"Speed of speech, 0.5 to 3."`
	Pitch   *float64 `placeholder:"N" help:"Pitch in semitones, -12 to 12."`
	Volume  *float64 `placeholder:"X" help:"Loudness as a factor, up to 2."`
	From    string   `placeholder:"CODE" help:"The agent's language, as eng_Latn."`
	To      string   `placeholder:"CODE" help:"The language to speak, as jpn_Jpan."`
	Model   string   `placeholder:"NAME" help:"Translation model; see koe models list."`
	Device  string   `placeholder:"NAME" help:"Sound device; koe doctor lists them."`
	Wav     string   `placeholder:"FILE" help:"Write the sound to FILE (- for standard output) instead of the sound device."`
	JSON    bool     `name:"json" help:"Print JSON instead of text."`
	Stats   bool     `help:"Print the latency figures at the end."`
	Verbose bool     `short:"v" help:"Say which settings have no effect here."`
}

// load finds the effective configuration.
func (c *common) load() (*config.Config, error) {
	machine, _ := hardware.Detect() // what could not be found is empty, and is reported by doctor
	opts := config.Options{Path: c.Config, Preset: c.Preset, Environ: os.Environ(), Machine: machine}
	set := func(key, flag, value string) {
		opts.Flags = append(opts.Flags, config.Setting{Key: key, Value: value, Origin: "flag --" + flag})
	}
	for _, f := range []struct{ key, flag, value string }{
		{"tts.model", "engine", c.Engine}, {"tts.voice", "voice", c.Voice}, {"translation.source", "from", c.From},
		{"translation.target", "to", c.To}, {"translation.model", "model", c.Model}, {"audio.device", "device", c.Device},
	} {
		if f.value != "" {
			set(f.key, f.flag, f.value)
		}
	}
	for _, f := range []struct {
		key, flag string
		value     *float64
	}{{"tts.speed", "speed", c.Speed}, {"tts.pitch", "pitch", c.Pitch}, {"tts.volume", "volume", c.Volume}} {
		if f.value != nil {
			set(f.key, f.flag, fmt.Sprint(*f.value))
		}
	}
	if c.Fallback {
		set("fallback", "fallback", "true")
	}
	for _, s := range c.Set {
		key, value, ok := strings.Cut(s, "=")
		if !ok {
			return nil, usage("--set %s: KEY=VALUE is needed, such as tts.speed=1.2", s)
		}
		set(strings.TrimSpace(key), "set", value)
	}
	cfg, err := config.Load(opts)
	if err != nil {
		return nil, usageError{err}
	}
	return cfg, nil
}

// begin loads the configuration for a command that uses engines: settings without effect are named with -v, and models
// that are not installed end it, or are replaced with --fallback.
func (c *common) begin(s streams) (*config.Config, error) {
	cfg, err := c.load()
	if err != nil {
		return nil, err
	}
	notices, err := resolveModels(cfg)
	if err != nil {
		return nil, missingError{err}
	}
	if c.Verbose {
		notices = append(notices, cfg.Notices()...)
	}
	for _, n := range notices {
		fmt.Fprintln(s.err, "koe:", n)
	}
	return cfg, nil
}
