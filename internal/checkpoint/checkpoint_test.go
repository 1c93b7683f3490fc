package checkpoint

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"koe/internal/testenv"
)

// The golden file comes from the reference library: tools/reference/safetensors_golden.py.
func TestGolden(t *testing.T) {
	r, err := Open(filepath.Join("testdata", "golden.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}()
	text, err := os.ReadFile(filepath.Join("testdata", "golden.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]struct {
		DType  DType
		Shape  []int
		Values []float64
	}
	if err := json.Unmarshal(objects(text), &want); err != nil {
		t.Fatal(err)
	}
	if got := r.Names(); len(got) != len(want) || !slices.IsSorted(got) {
		t.Errorf("names %q", got)
	}
	if m := r.Metadata(); m["format"] != "pt" || m["title"] != "kö" {
		t.Errorf("metadata %v", m)
	}
	for name, w := range want {
		x, err := r.Tensor(name)
		if err != nil {
			t.Error(err)
			continue
		}
		if x.DType != w.DType || !slices.Equal(x.Shape, w.Shape) || x.Len() != len(w.Values) {
			t.Errorf("%s: %s %v of %d, want %s %v of %d", name, x.DType, x.Shape, x.Len(), w.DType, w.Shape, len(w.Values))
			continue
		}
		got := make([]float64, x.Len())
		if strings.Contains(string(w.DType), "F") {
			v, err := x.Float32s()
			if err != nil {
				t.Error(err)
			}
			for i := range v {
				got[i] = float64(v[i])
			}
			checkRows(t, x, v)
		} else {
			v, err := x.Int64s()
			if err != nil {
				t.Error(err)
			}
			for i := range v {
				got[i] = float64(v[i])
			}
			if _, err := x.Float32s(); err == nil {
				t.Errorf("%s: %s read as floating point", name, x.DType)
			}
		}
		for i := range got {
			if got[i] != w.Values[i] || math.Signbit(got[i]) != math.Signbit(w.Values[i]) {
				t.Errorf("%s[%d] = %v, want %v", name, i, got[i], w.Values[i])
			}
		}
		if b, err := io.ReadAll(x.Bytes()); err != nil || len(b) != x.Len()*x.DType.Size() {
			t.Errorf("%s: %d bytes, %v", name, len(b), err)
		}
	}
	_, err = r.Tensor("nothing")
	var missing *MissingError
	if !errors.As(err, &missing) || missing.Name != "nothing" {
		t.Errorf("a tensor that is not there: %v", err)
	}
}

// objects turns the script's lists [dtype, shape, values] into objects.
func objects(text []byte) []byte {
	var lists map[string][3]json.RawMessage
	if err := json.Unmarshal(text, &lists); err != nil {
		return text
	}
	out := make(map[string]map[string]json.RawMessage)
	for name, l := range lists {
		out[name] = map[string]json.RawMessage{"DType": l[0], "Shape": l[1], "Values": l[2]}
	}
	b, err := json.Marshal(out)
	if err != nil {
		return text
	}
	return b
}

func checkRows(t *testing.T, x *Tensor, whole []float32) {
	t.Helper()
	n := x.RowLen()
	for first := range x.Rows() {
		row := make([]float32, n)
		if err := x.ReadRows(row, first); err != nil {
			t.Error(err)
		}
		if !slices.Equal(row, whole[first*n:(first+1)*n]) {
			t.Errorf("%s: row %d is %v", x.Name, first, row)
		}
	}
	if n == 0 {
		return
	}
	for _, first := range []int{-1, x.Rows(), math.MaxInt / 2, math.MinInt} {
		if err := x.ReadRows(make([]float32, n), first); err == nil || !strings.Contains(err.Error(), x.Name) {
			t.Errorf("%s: row %d: %v", x.Name, first, err)
		}
	}
	if n > 1 {
		if err := x.ReadRows(make([]float32, n-1), 0); err == nil {
			t.Error("half a row was read")
		}
	}
	if err := x.ReadFloat32s(make([]float32, 2), x.Len()-1); err == nil {
		t.Error("read beyond the end")
	}
}

// TestFloat16 compares all half-precision numbers with their definition.
func TestFloat16(t *testing.T) {
	for h := range 1 << 16 {
		exp, frac := h>>10&31, float64(h&1023)
		var want float64
		switch {
		case exp == 31 && frac != 0:
			if v := float16(uint16(h)); v == v {
				t.Fatalf("%#04x is %v, want NaN", h, v)
			}
			continue
		case exp == 31:
			want = math.Inf(1)
		case exp == 0:
			want = math.Ldexp(frac, -24)
		default:
			want = math.Ldexp(1024+frac, exp-25)
		}
		if h>>15 == 1 {
			want = -want
		}
		if v := float64(float16(uint16(h))); v != want || math.Signbit(v) != math.Signbit(want) {
			t.Fatalf("%#04x is %v, want %v", h, v, want)
		}
	}
}

func container(header string, data int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	b = append(b, header...)
	return append(b, make([]byte, data)...)
}

func TestErrors(t *testing.T) {
	entry := func(name, dtype, shape, offsets string) string {
		return `"` + name + `":{"dtype":"` + dtype + `","shape":` + shape + `,"data_offsets":` + offsets + `}`
	}
	a := entry("a", "F32", "[2]", "[0,8]")
	for _, c := range []struct {
		name, want string
		data       []byte
	}{
		{"empty", "it has 0 bytes", nil},
		{"text", "its header would have", []byte("version https://git-lfs")},
		{"short", "incomplete", container("{}", 0)[:9]},
		{"not json", "not JSON", container(" {}", 0)},
		{"broken json", "header: ", container(`{"a":`, 0)},
		{"rest", "after its end", container(`{} x`, 0)},
		{"utf8", "not UTF-8", container("{\"\xff\":1}", 0)},
		{"twice", `tensor "a" occurs twice`, container("{"+a+","+a+"}", 8)},
		{"metadata twice", "occurs twice", container(`{"__metadata__":{},"__metadata__":{}}`, 0)},
		{"metadata", "__metadata__", container(`{"__metadata__":{"a":1}}`, 0)},
		{"dtype", `tensor "a": dtype "F12" is not known`, container("{"+entry("a", "F12", "[2]", "[0,8]")+"}", 8)},
		{"no shape", "are needed", container(`{"a":{"dtype":"F32","data_offsets":[0,8]}}`, 8)},
		{"null", "are needed", container(`{"a":null}`, 0)},
		{"offsets", "are needed", container("{"+entry("a", "F32", "[2]", "[0]")+"}", 8)},
		{"backwards", "data_offsets [8, 0]", container("{"+entry("a", "F32", "[2]", "[8,0]")+"}", 8)},
		{"size", "needs 8 bytes, data_offsets give it 4", container("{"+entry("a", "F32", "[2]", "[0,4]")+"}", 4)},
		{"negative", `tensor "a"`, container("{"+entry("a", "F32", "[-2]", "[0,8]")+"}", 8)},
		{"huge dimension", "dimension 0", container("{"+entry("a", "F32", "[99999999999]", "[0,8]")+"}", 8)},
		{"overflow", "more elements", container("{"+entry("a", "F32", "[2147483647,2147483647,2147483647]", "[0,8]")+"}", 8)},
		{"wraps to 0", "more elements", container("{"+entry("a", "U8", "[1073741824,1073741824,16]", "[0,0]")+"}", 0)},
		{"overlap", `"a" and "b" overlap`, container("{"+a+","+entry("b", "F32", "[1]", "[4,8]")+"}", 8)},
		{"same place", "overlap", container("{"+a+","+entry("b", "F32", "[2]", "[0,8]")+"}", 8)},
		{"gap", "4 bytes before tensor \"b\"", container("{"+a+","+entry("b", "F32", "[1]", "[12,16]")+"}", 16)},
		{"cut off", `tensor "a" ends at byte 8 of the data, the file at 7`, container("{"+a+"}", 7)},
		{"too long", "1 bytes after the last tensor", container("{"+a+"}", 9)},
	} {
		path := filepath.Join(t.TempDir(), "m.safetensors")
		if err := os.WriteFile(path, c.data, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Open(path)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v, want %q and the path", c.name, err, c.want)
		}
	}
	for _, ok := range [][]byte{container("{}", 0), container(`{}   `, 0), container("{"+a+","+entry("e", "F32", "[0,3]", "[8,8]")+"}", 8)} {
		if _, err := parse("x", bytes.NewReader(ok), int64(len(ok))); err != nil {
			t.Errorf("%q: %v", ok, err)
		}
	}
}

func TestSharded(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, data []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "holds neither") {
		t.Errorf("an empty folder: %v", err)
	}
	write("pytorch_model.bin", nil)
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "PyTorch") {
		t.Errorf("a PyTorch folder: %v", err)
	}
	write("1.safetensors", container(`{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 8))
	write("2.safetensors", container(`{"b":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}}`, 3))
	index := func(s string) { t.Helper(); write("model.safetensors.index.json", []byte(s)) }
	index(`{"metadata":{"total_size":11},"weight_map":{"a":"1.safetensors","b":"2.safetensors"}}`)
	r, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Names(); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("names %q", got)
	}
	if len(r.Files()) != 3 || r.Metadata()["format"] != "pt" {
		t.Errorf("files %q, metadata %v", r.Files(), r.Metadata())
	}
	b, err := r.Tensor("b")
	if err != nil {
		t.Fatal(err)
	}
	if v, err := b.Int64s(); err != nil || len(v) != 3 {
		t.Errorf("b: %v, %v", v, err)
	}
	var missing *MissingError
	if _, err := r.Tensor("c"); !errors.As(err, &missing) {
		t.Errorf("c: %v", err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if _, err := b.Int64s(); err == nil {
		t.Error("read after Close")
	}
	for text, want := range map[string]string{
		`{`:  "index.json",
		`{}`: "no weight_map",
		`{"weight_map":{"a":"../1.safetensors"}}`:                  "leads out",
		`{"weight_map":{"a":"/etc/passwd"}}`:                       "leads out",
		`{"weight_map":{"a":"3.safetensors"}}`:                     "3.safetensors",
		`{"weight_map":{"a":"1.safetensors","c":"2.safetensors"}}`: `no tensor "c"`,
	} {
		index(text)
		if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	if _, err := Open(filepath.Join(dir, "nothing")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a path that is not there: %v", err)
	}
}

// TestEnja reads the translator's checkpoint, row by row and whole.
func TestEnja(t *testing.T) {
	r, err := Open(filepath.Join(testenv.Shared(t), "models", "enja-v2"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	x, err := r.Tensor("model.shared.weight")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(x.Shape, []int{20008, 512}) || x.DType != F16 {
		t.Fatalf("%s %v", x.DType, x.Shape)
	}
	whole, err := x.Float32s()
	if err != nil {
		t.Fatal(err)
	}
	rows := make([]float32, 3*512)
	if err := x.ReadRows(rows, 20005); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(rows, whole[20005*512:]) {
		t.Error("the last rows differ")
	}
}

func FuzzSafetensors(f *testing.F) {
	golden, err := os.ReadFile(filepath.Join("testdata", "golden.safetensors"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(golden)
	f.Add(container(`{"a":{"dtype":"F16","shape":[2,2],"data_offsets":[0,8]}}`, 8))
	f.Add(container(`{"__metadata__":{"a":"b"}}`, 0))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := parse("fuzz", bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		for _, name := range r.Names() {
			x, err := r.Tensor(name)
			if err != nil {
				t.Fatal(err)
			}
			// What was accepted lies in the file, so reading it must work and stay as small as the file.
			if x.Len()*x.DType.Size() > len(data) {
				t.Fatalf("%q has %d elements in a file of %d bytes", name, x.Len(), len(data))
			}
			_, errF := x.Float32s()
			_, errI := x.Int64s()
			if errF != nil && errI != nil && x.DType != F8E4M3 && x.DType != F8E5M2 && x.DType != U64 {
				t.Fatalf("%q: %v, %v", name, errF, errI)
			}
		}
	})
}

func BenchmarkFloat16(b *testing.B) {
	const n = 1 << 20
	x := &Tensor{DType: F16, Shape: []int{n}, elements: n, data: bytes.NewReader(make([]byte, 2*n))}
	dst := make([]float32, n)
	b.SetBytes(2 * n)
	for b.Loop() {
		if err := x.ReadFloat32s(dst, 0); err != nil {
			b.Fatal(err)
		}
	}
}
