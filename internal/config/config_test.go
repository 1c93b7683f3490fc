package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"koe/internal/hardware"
	"koe/internal/testenv"
)

var update = flag.Bool("update", false, "write docs/CONFIG.md")

var (
	linux = hardware.Machine{OS: "linux", Arch: "amd64", Chip: "Intel Xeon", Memory: hardware.Memory{Total: 16e9}}
	mac   = hardware.Machine{OS: "darwin", Arch: "arm64", Chip: "Apple M4 Max", NeuralEngine: true, Memory: hardware.Memory{Total: 137e9}}
)

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func load(t *testing.T, o Options) *Config {
	t.Helper()
	if o.Path == "" {
		o.Path = write(t, "")
	}
	if o.Machine.OS == "" {
		o.Machine = linux
	}
	c, err := Load(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestDefaults(t *testing.T) {
	c := load(t, Options{})
	if c.Preset != "balanced" || c.Translation.Model != "enja" || c.TTS.Model != "koe" || c.TTS.Speed != 1 || c.VoiceLang() != "ja" {
		t.Errorf("%+v", c)
	}
	if c.Pauses().Sentence != 250*time.Millisecond {
		t.Errorf("pauses %+v", c.Pauses())
	}
	for _, e := range c.Entries() {
		if e.State != InEffect && e.Key != "performance.enable_compilation" {
			t.Errorf("default of %s: %s: %s", e.Key, e.State, e.Reason)
		}
	}
}

// TestDefaultsAreValid stores every default through the checks that files go through.
func TestDefaultsAreValid(t *testing.T) {
	d := defaults()
	for _, k := range Keys() {
		value := strings.Trim(k.format(d), `"`)
		if err := d.set(setting{key: k.Name, value: value, text: true, origin: "test"}); err != nil {
			t.Error(err)
		}
		if k.Effect == "" || !strings.HasSuffix(k.Effect, ".") {
			t.Errorf("%s has no effect described: %q", k.Name, k.Effect)
		}
	}
}

func TestPrecedence(t *testing.T) {
	path := write(t, "preset: fast\ntts:\n  speed: 1.1\n  pitch: 2\n  volume: 0.5\n")
	c := load(t, Options{
		Path:    path,
		Environ: []string{"KOE_TTS_SPEED=1.2", "KOE_TTS_PITCH=3", "HOME=/x", "KOE_ONNXRUNTIME=/lib.so", "KOE_TTS_VOICE="},
		Flags:   []Setting{{Key: "tts.speed", Value: "1.3", Origin: "flag --speed"}},
	})
	if c.TTS.Speed != 1.3 || c.TTS.Pitch != 3 || c.TTS.Volume != 0.5 || c.Speech.AnnounceCode {
		t.Errorf("%+v %+v", c.TTS, c.Speech)
	}
	for key, want := range map[string]string{
		"tts.speed": "flag --speed", "tts.pitch": "env KOE_TTS_PITCH", "tts.volume": path + ":5", "speech.announce_code": "preset fast",
		"tts.voice": "default", "preset": path + ":1",
	} {
		if got := c.Origin(key); got != want {
			t.Errorf("origin of %s: %q, want %q", key, got, want)
		}
	}
	if c.File() != path {
		t.Errorf("file %q", c.File())
	}
}

func TestPresetChoice(t *testing.T) {
	path := write(t, "preset: fast\nspeech: {pause_item: 1s}\n")
	for _, test := range []struct {
		o    Options
		want string
	}{
		{Options{Path: path}, "fast"},
		{Options{Path: path, Environ: []string{"KOE_PRESET=quality"}}, "quality"},
		{Options{Path: path, Environ: []string{"KOE_PRESET=quality"}, Preset: "balanced"}, "balanced"},
		{Options{}, "balanced"},
	} {
		c := load(t, test.o)
		if c.Preset != test.want {
			t.Errorf("preset %q, want %q", c.Preset, test.want)
		}
		if test.o.Path != "" && c.Speech.PauseItem != time.Second {
			t.Errorf("%s: the file does not override the preset", test.want)
		}
	}
	if c := load(t, Options{Preset: "quality"}); c.Speech.PauseParagraph != 700*time.Millisecond {
		t.Errorf("quality: %+v", c.Speech)
	}
}

func TestFileSearch(t *testing.T) {
	path := write(t, "tts: {speed: 2}\n")
	c, err := Load(Options{Environ: []string{"KOE_CONFIG=" + path}})
	if err != nil || c.TTS.Speed != 2 {
		t.Errorf("KOE_CONFIG: %v", err)
	}
	_, err = Load(Options{Path: filepath.Join(t.TempDir(), "none.yaml")})
	var e *Error
	if !errors.As(err, &e) || !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "--config") {
		t.Errorf("missing file: %v", err)
	}
	if _, err = Load(Options{Path: t.TempDir()}); !errors.As(err, &e) {
		t.Errorf("a folder: %v", err)
	}
	if !strings.HasSuffix(UserFile(), filepath.Join("koe", "config.yaml")) {
		t.Errorf("user's file %q", UserFile())
	}
}

func TestM4Max(t *testing.T) {
	path := filepath.Join(testenv.Root(t), "config", "m4_max.yaml")
	c := load(t, Options{Path: path})
	if c.Translation.Model != "facebook/nllb-200-3.3B" || c.Translation.BatchSize != 32 || c.Translation.DType != "bfloat16" ||
		c.TTS.Model != "xtts_v2" || c.Performance.MemoryFraction != 0.9 || c.Hardware.MemoryGB != 128 || !c.Hardware.NeuralEngine {
		t.Errorf("%+v", c)
	}
	// All that it sets and does not get is listed, and nothing else.
	states := func(c *Config) map[string]State {
		m := map[string]State{}
		for _, e := range c.Entries() {
			if strings.HasPrefix(e.Origin, path) && e.State != InEffect {
				m[e.Key] = e.State
				if e.Reason == "" {
					t.Errorf("%s: no reason", e.Key)
				}
			}
		}
		return m
	}
	onLinux := map[string]State{
		"hardware.chip": NoEffect, "hardware.gpu_cores": NotYet, "hardware.memory_gb": NoEffect, "hardware.neural_engine": NoEffect,
		"translation.device": NoEffect, "translation.dtype": NotYet, "translation.use_neural_engine": NoEffect, "translation.batch_size": NotYet,
		"tts.model": NotYet, "tts.device": NoEffect, "tts.quality": NotYet, "performance.enable_compilation": NotYet,
	}
	if diff := cmp.Diff(onLinux, states(c)); diff != "" {
		t.Errorf("on Linux (-want +got):\n%s", diff)
	}
	if got := len(c.Notices()); got != len(onLinux) {
		t.Errorf("%d notices: %q", got, c.Notices())
	}
	onMac := map[string]State{
		"hardware.gpu_cores": NotYet, "hardware.neural_engine": NotYet,
		"translation.device": NotYet, "translation.dtype": NotYet, "translation.use_neural_engine": NotYet, "translation.batch_size": NotYet,
		"tts.model": NotYet, "tts.device": NotYet, "tts.quality": NotYet, "performance.enable_compilation": NotYet,
	}
	if diff := cmp.Diff(onMac, states(load(t, Options{Path: path, Machine: mac}))); diff != "" {
		t.Errorf("on the Mac (-want +got):\n%s", diff)
	}
}

func TestErrors(t *testing.T) {
	for _, test := range []struct{ file, want string }{
		{"tts: {sped: 1.2}", "1:7: tts.sped: no such key; did you mean tts.speed?"},
		{"tts:\n  voice: a\n  sped: 1\n", "3:3: tts.sped: no such key; did you mean tts.speed?"},
		{"speed: 1.2", "1:1: speed: no such key; did you mean tts.speed?"},
		{"translatoin: {beam: 2}", "1:1: translatoin: no such key; did you mean translation?"},
		{"tts: {beam: 2}", "1:7: tts.beam: no such key; did you mean translation.beam?"},
		{"tts: {xyzzyxyzzy: 2}", "1:7: tts.xyzzyxyzzy: no such key; tts has: model, device,"},
		{"xyzzyxyzzy: 2", "1:1: xyzzyxyzzy: no such key; koe config show lists the keys"},
		{"tts: {speed: 5}", "1:14: tts.speed: must be a number, 0.5 to 3, not 5"},
		{"tts: {speed: fast}", `1:14: tts.speed: must be a number, 0.5 to 3, not "fast"`},
		{"tts: {speed: \"1.2\"}", `tts.speed: must be a number, 0.5 to 3, not "1.2"`},
		{"tts: {speed: .nan}", "tts.speed: must be"},
		{"tts: {speed: .inf}", "tts.speed: must be"},
		{"tts: {speed:}", "tts.speed: has no value; give one, or take the line out"},
		{"tts: {speed: [1]}", "tts.speed: must be a single value"},
		{"tts: {model: xtts}", "1:14: tts.model: must be one of koe, espeak, say, xtts_v2, not \"xtts\""},
		{"preset: fastest", "1:9: preset: must be one of fast, balanced, quality, not \"fastest\""},
		{"translation: {batch_size: 1.5}", "translation.batch_size: must be a whole number, 1 to 256, not 1.5"},
		{"translation: {batch_size: 99999999999999999999}", "translation.batch_size: must be a whole number"},
		{"translation: {target: japanese}", "translation.target: must be a language code of NLLB-200, like eng_Latn or jpn_Jpan"},
		{"translation: {model: ../x}", "translation.model: must be a model's name"},
		{"speech: {pause_item: 10}", "speech.pause_item: must be a duration like 250ms, 0s to 5s, not 10"},
		{"speech: {pause_item: 9s}", "speech.pause_item: must be a duration"},
		{"speech: {speculation: yes please}", "speech.speculation: must be true or false"},
		{"tts: {voice: 3}", "tts.voice: must be a text (in quotes), not 3"},
		{"tts: {voice: \"a\\nb\"}", "tts.voice: must be a text without control characters"},
		{"tts: {speed: 1}\ntts: {pitch: 1}", "2:1: tts: is set twice, first in line 1"},
		{"tts: {speed: 1, speed: 2}", "tts.speed: is set twice, first in line 1"},
		{"- a\n", "1:1: the file must hold keys and values"},
		{"tts: 3\n", "1:6: tts must hold keys and values"},
		{"a: b: c\n", "is not YAML"},
		{"tts: {speed: 1\n", "is not YAML"},
		{"tts: {speed: 1}\n---\ntts: {speed: 2}\n", "a second document"},
		{"x: &a {speed: 1}\ntts: *a\n", "no such key"},
		{"tts: {<<: {speed: 1}}\n", "a key must be a plain word"},
	} {
		path := write(t, test.file)
		_, err := Load(Options{Path: path, Machine: linux})
		if err == nil {
			t.Errorf("%q: no error, want %q", test.file, test.want)
			continue
		}
		if got := strings.ReplaceAll(err.Error(), path+":", ""); !strings.Contains(got, test.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%q:\n got %s\nwant %s", test.file, got, test.want)
		}
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%q: %T", test.file, err)
		}
	}
}

func TestHostileFiles(t *testing.T) {
	for _, test := range []struct{ file, want string }{
		{strings.Repeat("[", 60_000), "nested too deeply"},
		{strings.Repeat("{a: ", 10_000), "nested too deeply"},
		{strings.Repeat("# comment\n", 10_000), "longer than 64 KiB"},
		{strings.Repeat("x: 1\n", 2_000), "more mistakes follow"},
		{"\x00\xff\xfe", ":"},
	} {
		if _, err := Load(Options{Path: write(t, test.file)}); err == nil || !strings.Contains(err.Error(), test.want) || len(err.Error()) > 10_000 {
			t.Errorf("%.20q: %v", test.file, err)
		}
	}
}

func TestAllErrorsAtOnce(t *testing.T) {
	_, err := Load(Options{Path: write(t, "tts: {speed: 9}\naudio: {device: 3}\n"), Machine: linux})
	if err == nil || strings.Count(err.Error(), "\n") != 1 {
		t.Errorf("want two errors: %v", err)
	}
}

func TestOutsideErrors(t *testing.T) {
	path := write(t, "")
	for _, test := range []struct {
		o    Options
		want string
	}{
		{Options{Environ: []string{"KOE_TTS_SPEED=5"}}, "env KOE_TTS_SPEED: tts.speed: must be a number, 0.5 to 3, not 5"},
		{Options{Environ: []string{"KOE_TTS_SPED=1"}}, "env KOE_TTS_SPED: sets no key; did you mean KOE_TTS_SPEED?"},
		{Options{Environ: []string{"KOE_PRESET=x"}}, "env KOE_PRESET: preset: must be one of fast, balanced, quality"},
		{Options{Preset: "x"}, "flag --preset: preset: must be one of"},
		{Options{Flags: []Setting{{"tts.speed", "x", "flag --speed"}}}, "flag --speed: tts.speed: must be a number"},
		{Options{Flags: []Setting{{"tts.spede", "1", "flag --set"}}}, "flag --set: tts.spede: no such key; did you mean tts.speed?"},
	} {
		test.o.Path = path
		if _, err := Load(test.o); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("got %v, want %s", err, test.want)
		}
	}
}

func TestPaths(t *testing.T) {
	path := write(t, "tts: {readings: my/readings.tsv}\n")
	if c := load(t, Options{Path: path}); c.TTS.Readings != filepath.Join(filepath.Dir(path), "my", "readings.tsv") {
		t.Errorf("relative to the file: %q", c.TTS.Readings)
	}
	home, err := os.UserHomeDir()
	if err != nil {
		t.Skip(err)
	}
	if c := load(t, Options{Environ: []string{"KOE_TTS_READINGS=~/r.tsv"}}); c.TTS.Readings != filepath.Join(home, "r.tsv") {
		t.Errorf("~: %q", c.TTS.Readings)
	}
}

func TestMemory(t *testing.T) {
	c := load(t, Options{Path: write(t, "translation: {cache_mb: 60000}\nperformance: {memory_fraction: 0.1}\nhardware: {memory_gb: 8}\n")})
	if want := int64(8e8); c.MemoryBytes() != want {
		t.Errorf("MemoryBytes %d, want %d", c.MemoryBytes(), want)
	}
	if want := int((int64(8e8) - 400<<20) >> 20); c.Translation.CacheMB != want {
		t.Errorf("cache %d MB, want %d", c.Translation.CacheMB, want)
	}
	if n := c.Notices(); len(n) != 1 || !strings.Contains(n[0], "translation.cache_mb: 60000 lowered") {
		t.Errorf("%q", n)
	}
	c, err := Load(Options{Path: write(t, "")}) // an unknown machine sets no limit
	if err != nil || c.MemoryBytes() != 0 || c.Translation.CacheMB != 16 {
		t.Errorf("%v, %d", err, c.MemoryBytes())
	}
}

func TestResolveModels(t *testing.T) {
	path := write(t, "translation: {model: facebook/nllb-200-3.3B}\ntts: {model: xtts_v2}\n")
	none := func(key, _ string) (bool, string) {
		return false, map[string]string{"translation.model": "koe models import X"}[key]
	}
	c := load(t, Options{Path: path})
	_, err := c.ResolveModels(none)
	var missing *MissingModelError
	if !errors.As(err, &missing) || missing.Key != "translation.model" || !strings.Contains(err.Error(), "koe models import X") ||
		!strings.Contains(err.Error(), path+":1") || !strings.Contains(err.Error(), "--fallback") {
		t.Errorf("%v", err)
	}
	c = load(t, Options{Path: path, Flags: []Setting{{"fallback", "true", "flag --fallback"}}})
	notices, err := c.ResolveModels(none)
	if err != nil || len(notices) != 2 || c.Translation.Model != DefaultTranslationModel || c.TTS.Model != DefaultVoiceModel {
		t.Errorf("%v %q %+v", err, notices, c.Translation)
	}
	if o := c.Origin("tts.model"); !strings.HasPrefix(o, "fallback, for xtts_v2") {
		t.Errorf("origin %q", o)
	}
	c = load(t, Options{Path: path})
	if _, err := c.ResolveModels(func(string, string) (bool, string) { return true, "" }); err != nil || c.TTS.Model != "xtts_v2" {
		t.Errorf("%v", err)
	}
}

func TestVoiceLang(t *testing.T) {
	for target, want := range map[string]string{"jpn_Jpan": "ja", "eng_Latn": "en", "zho_Hans": "zh", "zho_Hant": "zh-Hant", "arb_Arab": "arb", "deu_Latn": "de"} {
		c := Config{Translation: Translation{Target: target}}
		if got := c.VoiceLang(); got != want {
			t.Errorf("%s: %q, want %q", target, got, want)
		}
	}
}

func TestShow(t *testing.T) {
	path := write(t, "tts: {speed: 1.5, device: mps}\n")
	c := load(t, Options{Path: path})
	var text, data bytes.Buffer
	if err := c.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"file: " + path, "tts.speed", "1.5", path + ":1", "no effect here: mps is Apple's graphics", "preset balanced", "in effect"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in:\n%s", want, &text)
		}
	}
	if err := c.WriteJSON(&data); err != nil {
		t.Fatal(err)
	}
	var got struct{ Keys []Entry }
	if err := json.Unmarshal(data.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Keys) != len(Keys()) || got.Keys[0].Key != "preset" || got.Keys[0].Value != "balanced" {
		t.Errorf("%+v", got.Keys[0])
	}
}

func TestReference(t *testing.T) {
	path := filepath.Join(testenv.Root(t), "docs", "CONFIG.md")
	if *update {
		if err := os.WriteFile(path, []byte(Reference()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Reference(), strings.ReplaceAll(string(data), "\r\n", "\n")); diff != "" {
		t.Errorf("docs/CONFIG.md is not what the declarations say; run this test with -update (-want +got):\n%s", diff)
	}
	for _, p := range Presets() {
		if _, err := loadPreset(p); err != nil {
			t.Error(err)
		}
	}
}

func FuzzLoad(f *testing.F) {
	m4, err := os.ReadFile(filepath.Join("..", "..", "config", "m4_max.yaml"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(m4)
	for _, s := range []string{"", "tts:\n  speed: 1.2\n", "a: &x 1\nb: *x", "? a\n: b", "%YAML 1.2\n---\n", "tts: !!str 3", "\"\\u0000\": 1", "tts: |\n  x"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		settings, err := parse("f.yaml", data)
		if err != nil {
			if e := new(Error); !errors.As(err, &e) {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		c := defaults()
		c.machine = linux
		for _, s := range settings {
			if err := c.set(s); err != nil && !strings.HasPrefix(err.Error(), "f.yaml:") {
				t.Fatalf("%v does not say where", err)
			}
		}
		for _, k := range Keys() { // whatever was accepted is valid and can be shown
			k.format(c)
			k.Status(c, linux)
		}
	})
}
