package ort_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"koe/internal/ort"
	"koe/internal/ort/orttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func session(t testing.TB, rt *ort.Runtime, model []byte, opts ort.Options) *ort.Session {
	t.Helper()
	s, err := rt.NewSession(model, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func tensor[T ort.Element](t testing.TB, rt *ort.Runtime, data []T, shape ...int) *ort.Value {
	t.Helper()
	v, err := ort.NewTensor(rt, data, shape...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Release)
	return v
}

func data[T ort.Element](t testing.TB, v *ort.Value) []T {
	t.Helper()
	x, err := ort.Data[T](v)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// noLeak fails the test when it ends with values unreleased.
func noLeak(t testing.TB, rt *ort.Runtime) {
	t.Helper()
	before := rt.LiveValues()
	t.Cleanup(func() {
		if n := rt.LiveValues() - before; n != 0 {
			t.Errorf("%d values were not released", n)
		}
	})
}

func TestRuntime(t *testing.T) {
	rt := orttest.Open(t)
	again, err := ort.Open(rt.Path())
	if err != nil || again != rt {
		t.Errorf("opened again: %p, %v; want %p", again, err, rt)
	}
	if !strings.HasPrefix(rt.Version(), "1.") {
		t.Errorf("version %q", rt.Version())
	}
	if got := rt.Providers(); len(got) == 0 || got[len(got)-1] != "CPU" {
		t.Errorf("providers %q: want CPU last", got)
	}
	if !strings.Contains(rt.BuildInfo(), "Build Info") {
		t.Errorf("build info %q", rt.BuildInfo())
	}
}

func TestOpenWrongFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "libonnxruntime.so.1")
	if err := os.WriteFile(path, []byte("no library"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ort.Open(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v does not name the file", err)
	}
}

func TestFind(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(ort.EnvLibrary, dir)
	_, err := ort.Find()
	if !errors.Is(err, ort.ErrNotFound) || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "./demo") {
		t.Errorf("error %v must name the folder and the remedy", err)
	}
	// A file is taken as it is, a folder is searched.
	rt := orttestPath(t)
	for _, place := range []string{rt, filepath.Dir(rt)} {
		t.Setenv(ort.EnvLibrary, place)
		if got, err := ort.Find(); err != nil || filepath.Dir(got) != filepath.Dir(rt) {
			t.Errorf("with %s: %s, %v", place, got, err)
		}
	}
	t.Setenv(ort.EnvLibrary, "")
	if got, err := ort.Find(); err != nil && !strings.Contains(err.Error(), "bin") {
		t.Errorf("%s, %v", got, err)
	}
}

func orttestPath(t *testing.T) string {
	t.Setenv(ort.EnvLibrary, "")
	return orttest.Open(t).Path()
}

func TestDescription(t *testing.T) {
	s := session(t, orttest.Open(t), matMulModel(), ort.Options{})
	wantIn := []ort.Info{{Name: "x", Type: ort.Float, Shape: []int{-1, 3}, Symbols: []string{"rows", ""}}}
	wantOut := []ort.Info{{Name: "y", Type: ort.Float, Shape: []int{-1, 2}, Symbols: []string{"rows", ""}},
		{Name: "z", Type: ort.Float, Shape: []int{-1, 2}, Symbols: []string{"rows", ""}}}
	if d := cmp.Diff(wantIn, s.Inputs()); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(wantOut, s.Outputs()); d != "" {
		t.Error(d)
	}
}

func TestRunMaths(t *testing.T) {
	rt := orttest.Open(t)
	noLeak(t, rt)
	for name, opts := range map[string]ort.Options{
		"default": {},
		"threads": {IntraThreads: 2, Config: map[string]string{"session.intra_op.allow_spinning": "0"}},
		"plain":   {Optimization: 1, NoArena: true, NoMemoryPattern: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := session(t, rt, matMulModel(), opts)
			x := tensor(t, rt, []float32{1, 2, 3, -1, 0, 0.5}, 2, 3)
			outs, err := s.Run(t.Context(), map[string]*ort.Value{"x": x}, "z", "y")
			if err != nil {
				t.Fatal(err)
			}
			// y = x·[[1,2],[3,4],[5,6]], z = y + [10, 20]
			want := [][]float32{{32, 48, 11.5, 21}, {22, 28, 1.5, 1}}
			for i, v := range outs {
				if d := cmp.Diff(want[i], data[float32](t, v)); d != "" {
					t.Error(d)
				}
				if d := cmp.Diff([]int{2, 2}, v.Shape()); d != "" {
					t.Error(d)
				}
				v.Release()
				v.Release() // has no effect
			}
		})
	}
}

func TestNoRows(t *testing.T) {
	rt := orttest.Open(t)
	noLeak(t, rt)
	s := session(t, rt, matMulModel(), ort.Options{})
	x := tensor(t, rt, []float32(nil), 0, 3)
	outs, err := s.Run(t.Context(), map[string]*ort.Value{"x": x}, "y")
	if err != nil {
		t.Fatal(err)
	}
	defer outs[0].Release()
	if d := cmp.Diff([]int{0, 2}, outs[0].Shape()); d != "" || len(data[float32](t, outs[0])) != 0 {
		t.Error(d)
	}
}

func TestElementTypes(t *testing.T) {
	rt := orttest.Open(t)
	noLeak(t, rt)
	testElement(t, rt, ort.Float, []float32{1.5, -2})
	testElement(t, rt, ort.Double, []float64{1.5, -2})
	testElement(t, rt, ort.Float16, []ort.Half{0x3c00, 0xc000})
	testElement(t, rt, ort.Int8, []int8{1, -2})
	testElement(t, rt, ort.Int16, []int16{1, -2})
	testElement(t, rt, ort.Int32, []int32{1, -2})
	testElement(t, rt, ort.Int64, []int64{1, -2})
	testElement(t, rt, ort.Uint8, []uint8{1, 254})
	testElement(t, rt, ort.Uint16, []uint16{1, 65534})
	testElement(t, rt, ort.Uint32, []uint32{1, 2})
	testElement(t, rt, ort.Uint64, []uint64{1, 2})
	testElement(t, rt, ort.Bool, []bool{true, false})
}

// testElement sends data through an Identity, from Go memory and from memory of ONNX Runtime.
func testElement[T ort.Element](t *testing.T, rt *ort.Runtime, element ort.ElementType, want []T) {
	t.Run(element.String(), func(t *testing.T) {
		s := session(t, rt, identityModel(int64(element)), ort.Options{})
		ours := tensor(t, rt, want, len(want))
		theirs, err := ort.AllocTensor[T](rt, len(want))
		if err != nil {
			t.Fatal(err)
		}
		defer theirs.Release()
		copy(data[T](t, theirs), want)
		for _, v := range []*ort.Value{ours, theirs} {
			if v.Type() != element || v.Len() != len(want) {
				t.Errorf("%s of %d", v.Type(), v.Len())
			}
			outs, err := s.Run(t.Context(), map[string]*ort.Value{"x": v})
			if err != nil {
				t.Fatal(err)
			}
			got, err := ort.Copy[T](outs[0])
			outs[0].Release()
			if d := cmp.Diff(want, got); d != "" || err != nil {
				t.Error(d, err)
			}
		}
	})
}

func TestScalar(t *testing.T) {
	rt := orttest.Open(t)
	noLeak(t, rt)
	s := session(t, rt, loopModel(), ort.Options{})
	outs, err := s.Run(t.Context(), map[string]*ort.Value{"trip": tensor(t, rt, []int64{5}), "x": tensor(t, rt, []float32{1})})
	if err != nil {
		t.Fatal(err)
	}
	defer outs[0].Release()
	if got := data[float32](t, outs[0]); len(got) != 1 || got[0] != 6 || len(outs[0].Shape()) != 0 {
		t.Errorf("%v of shape %v, want the scalar 6", got, outs[0].Shape())
	}
}

func TestErrors(t *testing.T) {
	rt := orttest.Open(t)
	noLeak(t, rt)
	s := session(t, rt, addModel(), ort.Options{})
	a := tensor(t, rt, []float32{1, 2, 3}, 1, 3)
	wide := tensor(t, rt, []float32{1, 2, 3, 4}, 1, 4)
	whole := tensor(t, rt, []int64{1, 2, 3}, 1, 3)
	gone, err := ort.NewTensor(rt, []float32{1, 2, 3}, 1, 3)
	if err != nil {
		t.Fatal(err)
	}
	gone.Release()
	type m = map[string]*ort.Value
	for _, c := range []struct {
		name    string
		inputs  m
		outputs []string
		want    []string // parts of the message
	}{
		{"missing input", m{"a": a}, nil, []string{`input "b" is missing`, "takes a, b"}},
		{"unknown input", m{"a": a, "b": a, "c": a}, nil, []string{`no input "c"`, "takes a, b"}},
		{"unknown output", m{"a": a, "b": a}, []string{"product"}, []string{`no output "product"`, "gives sum"}},
		{"element type", m{"a": a, "b": whole}, nil, []string{`input "b" must be float, got int64`}},
		{"shape", m{"a": a, "b": wide}, nil, []string{"invalid dimensions for input: b", "Got: 4 Expected: 3", "invalid argument"}},
		{"released", m{"a": a, "b": gone}, nil, []string{`input "b"`, "released already"}},
		{"nil", m{"a": a, "b": nil}, nil, []string{`input "b"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			outs, err := s.Run(t.Context(), c.inputs, c.outputs...)
			if err == nil {
				t.Fatalf("no error, but %d outputs", len(outs))
			}
			for _, part := range c.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q lacks %q", err, part)
				}
			}
		})
	}
	_, err = s.Run(t.Context(), m{"a": a, "b": wide})
	if e := (*ort.Error)(nil); !errors.As(err, &e) || e.Code != 2 {
		t.Errorf("%v is no *ort.Error with the code for an invalid argument", err)
	}
	if _, err := ort.Data[int64](a); err == nil || err.Error() != "tensor holds float, not int64" {
		t.Errorf("data of the wrong type: %v", err)
	}
	if _, err := ort.Data[float32](gone); err == nil {
		t.Error("data of a released tensor")
	}
	for _, shape := range [][]int{{2}, {}, {-3}, {3, 1 << 40, 1 << 40}} {
		if v, err := ort.NewTensor(rt, []float32{1, 2, 3}, shape...); err == nil {
			v.Release()
			t.Errorf("three elements in shape %v", shape)
		}
	}
	if v, err := ort.AllocTensor[float32](rt, -1); err == nil {
		v.Release()
		t.Error("negative shape")
	}
}

func TestSessionErrors(t *testing.T) {
	rt := orttest.Open(t)
	missing := filepath.Join(t.TempDir(), "missing.onnx")
	for name, c := range map[string]struct {
		open func() (*ort.Session, error)
		want string
	}{
		"empty":    {func() (*ort.Session, error) { return rt.NewSession(nil, ort.Options{}) }, "empty"},
		"garbage":  {func() (*ort.Session, error) { return rt.NewSession([]byte("no model"), ort.Options{}) }, "protobuf"},
		"no file":  {func() (*ort.Session, error) { return rt.NewSessionFile(missing, ort.Options{}) }, missing},
		"NUL":      {func() (*ort.Session, error) { return rt.NewSessionFile("a\x00b", ort.Options{}) }, "NUL"},
		"threads":  {func() (*ort.Session, error) { return rt.NewSession(addModel(), ort.Options{IntraThreads: -1}) }, "threads"},
		"level":    {func() (*ort.Session, error) { return rt.NewSession(addModel(), ort.Options{Optimization: 7}) }, "optimization level 7"},
		"provider": {func() (*ort.Session, error) { return rt.NewSession(addModel(), ort.Options{Provider: "abacus"}) }, `"abacus" is not in this ONNX Runtime`},
		"settings": {func() (*ort.Session, error) {
			return rt.NewSession(addModel(), ort.Options{ProviderOptions: map[string]string{"a": "b"}})
		}, "takes no options"},
		"config": {func() (*ort.Session, error) {
			return rt.NewSession(addModel(), ort.Options{Config: map[string]string{"": "1"}})
		}, "session configuration"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := c.open()
			if err == nil {
				_ = s.Close()
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v lacks %q", err, c.want)
			}
		})
	}
}

func TestClosedSession(t *testing.T) {
	rt := orttest.Open(t)
	s := session(t, rt, addModel(), ort.Options{})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	a := tensor(t, rt, []float32{1, 2, 3}, 1, 3)
	if _, err := s.Run(t.Context(), map[string]*ort.Value{"a": a, "b": a}); err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("run after close: %v", err)
	}
	if _, err := s.EndProfiling(); err == nil {
		t.Error("profile of a closed session")
	}
}

func TestFilesAndProfile(t *testing.T) {
	rt := orttest.Open(t)
	dir := filepath.Join(t.TempDir(), "日本語")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	first, optimised := filepath.Join(dir, "model.onnx"), filepath.Join(dir, "optimised.onnx")
	if err := os.WriteFile(first, matMulModel(), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := rt.NewSessionFile(first, ort.Options{SaveOptimized: optimised, ProfilePrefix: filepath.Join(dir, "profile")})
	if err != nil {
		t.Fatal(err)
	}
	x := tensor(t, rt, []float32{1, 2, 3}, 1, 3)
	outs, err := s.Run(t.Context(), map[string]*ort.Value{"x": x}, "y")
	if err != nil {
		t.Fatal(err)
	}
	outs[0].Release()
	name, err := s.EndProfiling()
	if err != nil {
		t.Fatal(err)
	}
	profile, err := os.ReadFile(name)
	if err != nil || !bytes.Contains(profile, []byte("CPUExecutionProvider")) {
		t.Errorf("profile %s: %v; does not name the provider of each node:\n%s", name, err, profile)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := rt.NewSessionFile(optimised, ort.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = again.Close() }()
	outs, err = again.Run(t.Context(), map[string]*ort.Value{"x": x}, "y")
	if err != nil {
		t.Fatal(err)
	}
	defer outs[0].Release()
	if d := cmp.Diff([]float32{22, 28}, data[float32](t, outs[0])); d != "" {
		t.Error(d)
	}
}

// External initialisers from memory: the session holds them although the caller lets go at once.
func TestInitializers(t *testing.T) {
	rt := orttest.Open(t)
	noLeak(t, rt)
	w, err := ort.NewTensor(rt, []float32{1, 2, 3, 4, 5, 6}, 3, 2)
	if err != nil {
		t.Fatal(err)
	}
	s, err := rt.NewSession(externalModel(), ort.Options{Initializers: map[string]*ort.Value{"w": w}})
	if err != nil {
		t.Fatal(err)
	}
	w.Release()
	outs, err := s.Run(t.Context(), map[string]*ort.Value{"x": tensor(t, rt, []float32{1, 2, 3}, 1, 3)})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]float32{22, 28}, data[float32](t, outs[0])); d != "" {
		t.Error(d)
	}
	outs[0].Release()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := rt.NewSession(externalModel(), ort.Options{Initializers: map[string]*ort.Value{"w": w}}); err == nil {
		t.Error("a released initialiser was taken")
	}
}

// captureLog makes slog write to a buffer until the test ends.
func captureLog(t *testing.T) *bytes.Buffer {
	t.Helper()
	log := new(bytes.Buffer)
	old := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(log, nil)))
	t.Cleanup(func() { slog.SetDefault(old) })
	return log
}

// What ONNX Runtime has to say reaches slog: an unknown provider option is an error to it, a model with an unused
// initialiser a warning.
func TestLog(t *testing.T) {
	rt := orttest.Open(t)
	log := captureLog(t)
	session(t, rt, unusedModel(), ort.Options{})
	if got := log.String(); !strings.Contains(got, "level=WARN") || !strings.Contains(got, "idle") {
		t.Errorf("log %q does not warn of the unused initialiser", got)
	}
}

func TestAlreadyCancelled(t *testing.T) {
	rt := orttest.Open(t)
	s := session(t, rt, addModel(), ort.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Run(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestNodesPerProvider(t *testing.T) {
	rt := orttest.Open(t)
	for name, c := range map[string]struct {
		model []byte
		want  map[string]int
	}{
		"two nodes": {matMulModel(), map[string]int{"CPU": 2}},
		"loop":      {loopModel(), map[string]int{"CPU": 3}},
	} {
		got, err := session(t, rt, c.model, ort.Options{RecordNodes: true, Optimization: 1}).NodesPerProvider()
		if d := cmp.Diff(c.want, got); d != "" || err != nil {
			t.Error(name, d, err)
		}
	}
	if _, err := session(t, rt, matMulModel(), ort.Options{}).NodesPerProvider(); err == nil {
		t.Error("nodes of a session that recorded none")
	}
}

// A provider that is built in but cannot work here is an error, not a silent fallback.
func TestProviderWithoutDevice(t *testing.T) {
	rt := orttest.Open(t)
	if !slices.Contains(rt.Providers(), "CUDA") {
		t.Skip("no CUDA in this build")
	}
	s, err := rt.NewSession(addModel(), ort.Options{Provider: "cuda", ProviderOptions: map[string]string{"no_such_option": "1"}})
	if err == nil {
		_ = s.Close()
	}
	if e := (*ort.Error)(nil); !errors.As(err, &e) || !strings.Contains(err.Error(), "CUDA") {
		t.Errorf("got %v", err)
	}
}
