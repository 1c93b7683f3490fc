package m2m

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestStore(t *testing.T) {
	for _, r := range []Recipe{exact, {Int8, Int8, Int8}, {Int4, Int4, Int4}} {
		f, err := build(t.Context(), filepath.Join("testdata", "uneven"), r, func(int, int) {})
		if err != nil {
			t.Fatal(err)
		}
		c, err := parseConfig(f.Config)
		if err != nil {
			t.Fatal(err)
		}
		s, err := readStore(f.Weights)
		if err != nil {
			t.Fatal(err)
		}
		w, err := s.load(&c)
		if err != nil {
			t.Fatal(err)
		}
		// Written again it is the same file.
		out := &store{}
		if err := w.visit(&c, func(l *linear, _ part, name string, _, _ int, _ []string) error {
			out.addLinear(l, name)
			return nil
		}, func(n *norm, name, _ string) error {
			out.addNumbers(name+".gain", n.gain, c.Width)
			out.addNumbers(name+".bias", n.bias, c.Width)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		again, err := out.bytes(nil)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(again, f.Weights) {
			t.Errorf("%v: weights differ after reading and writing", r)
		}
	}
}

func TestConfigErrors(t *testing.T) {
	good, err := os.ReadFile(filepath.Join("testdata", "even", ConfigFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ from, to, want string }{
		{`"m2m_100"`, `"t5"`, "model_type"},
		{`"relu"`, `"gelu"`, "activation_function"},
		{`"d_model": 32`, `"d_model": 33`, "heads"},
		{`"encoder_layers": 2`, `"encoder_layers": 0`, "encoder_layers"},
		{`"eos_token_id": 2`, `"eos_token_id": 999`, "special token"},
		{`"eng_Latn": 73`, `"eng_Latn": 99999`, "eng_Latn"},
		{`"language_codes"`, `"languages"`, "language_codes"},
		{`{`, `[`, "config.json"},
	} {
		bad := strings.Replace(string(good), c.from, c.to, 1)
		if bad == string(good) {
			t.Fatalf("%s is not in the config", c.from)
		}
		if _, err := parseConfig([]byte(bad)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.to, err)
		}
	}
}

// FuzzStore reads weights that nobody wrote: an error or sound weights, never a crash.
func FuzzStore(f *testing.F) {
	files, err := build(f.Context(), filepath.Join("testdata", "even"), Recipe{Int4, Int8, FP32}, func(int, int) {})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(files.Config, files.Weights[:4096])
	f.Add(files.Config, files.Weights)
	f.Add([]byte(`{"model_type":"m2m_100"}`), []byte("\x02\x00\x00\x00\x00\x00\x00\x00{}"))
	f.Fuzz(func(t *testing.T, config, weights []byte) {
		c, err := parseConfig(config)
		if err != nil {
			return
		}
		// A small file may ask for a large model; that is an error too, but a slow one.
		if c.Width > 256 || c.Vocabulary > 4096 || c.EncoderLayers > 8 || c.DecoderLayers > 8 {
			return
		}
		s, err := readStore(weights)
		if err != nil {
			return
		}
		w, err := s.load(&c)
		if err != nil {
			return
		}
		w.embed(&c, []int32{0, int32(c.Vocabulary - 1)}, 0)
	})
}
