package m2m

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"go.uber.org/goleak"

	"koe/internal/ort"
	"koe/internal/ort/orttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shapes are the models that tools/reference/m2m_golden.py made.
var shapes = []string{"even", "uneven", "narrow"}

// golden is a case of golden.json.
type golden struct {
	Text    string    `json:"text"`
	IDs     []int32   `json:"ids"`
	Steps   int       `json:"steps"`
	Encoder []float32 `json:"encoder"`
	Beam1   []int32   `json:"beam1"`
	Beam2   []int32   `json:"beam2"`
	Beam4   []int32   `json:"beam4"`
	Beam5   []int32   `json:"beam5"`
}

func (g *golden) beam(width int) []int32 {
	return map[int][]int32{1: g.Beam1, 2: g.Beam2, 4: g.Beam4, 5: g.Beam5}[width]
}

func openTiny(t testing.TB, shape string, r Recipe) (*Engine, []golden) {
	t.Helper()
	rt := orttest.Open(t)
	src := filepath.Join("testdata", shape)
	f, err := build(t.Context(), src, r, func(int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	e, err := Open(rt, f, Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	data, err := os.ReadFile(filepath.Join(src, "golden.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []golden
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	return e, cases
}

var exact = Recipe{FP32, FP32, FP32}

// states runs the encoder for its result.
func (e *Engine) states(t testing.TB, ids []int32) []float32 {
	t.Helper()
	x, err := ort.NewTensor(e.rt, e.weights.embed(&e.config, ids, 0), 1, len(ids), e.config.Width)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Release()
	out, err := e.encoder.Run(t.Context(), map[string]*ort.Value{"x": x}, "states")
	if err != nil {
		t.Fatal(err)
	}
	defer out[0].Release()
	v, err := ort.Copy[float32](out[0])
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestGolden(t *testing.T) {
	for _, shape := range shapes {
		t.Run(shape, func(t *testing.T) {
			e, cases := openTiny(t, shape, exact)
			target := e.config.LanguageCodes["jpn_Jpan"]
			for _, c := range cases {
				if got := e.encodeText(c.Text, e.config.LanguageCodes["eng_Latn"]); !slices.Equal(got, c.IDs) {
					t.Fatalf("%q: tokens %v, want %v", c.Text, got, c.IDs)
				}
				var far float64
				for i, v := range e.states(t, c.IDs) {
					far = max(far, math.Abs(float64(v-c.Encoder[i])))
				}
				if far > 1e-4 {
					t.Errorf("%q: encoder differs by %g", c.Text, far)
				}
				cross, err := e.encode(t.Context(), c.IDs)
				if err != nil {
					t.Fatal(err)
				}
				for _, width := range []int{1, 2, 4, 5} {
					var got []int32
					if width == 1 {
						got, err = e.greedy(t.Context(), cross, target, c.Steps)
					} else {
						got, err = e.beam(t.Context(), cross, target, width, c.Steps)
					}
					if err != nil {
						t.Fatal(err)
					}
					if want := c.beam(width); !slices.Equal(got, want) {
						t.Errorf("%q: beam %d\n got %v\nwant %v", c.Text, width, got, want)
					}
				}
				release(cross)
			}
			if n := e.rt.LiveValues(); n != 0 {
				t.Errorf("%d tensors were not released", n)
			}
		})
	}
}
