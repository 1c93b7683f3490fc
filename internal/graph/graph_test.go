package graph_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"koe/internal/graph"
	"koe/internal/ort"
	"koe/internal/ort/orttest"
)

func TestHalf(t *testing.T) {
	for h := range 1 << 16 {
		f := graph.FromHalf(uint16(h))
		if math.IsNaN(float64(f)) {
			if g := graph.Half(f); g&0x7c00 != 0x7c00 || g&0x3ff == 0 {
				t.Fatalf("NaN %#x became %#x", h, g)
			}
			continue
		}
		if g := graph.Half(f); g != uint16(h) {
			t.Fatalf("%#x is %g, and back %#x", h, f, g)
		}
		// Halfway to the next number is rounded to the even one, and just beside it to the nearer one.
		if h&0x7fff < 0x7bff {
			next := graph.FromHalf(uint16(h + 1))
			middle := f + (next-f)/2
			even := uint16(h + h&1)
			if g := graph.Half(middle); g != even {
				t.Fatalf("between %#x and the next: %#x", h, g)
			}
			if g := graph.Half(math.Nextafter32(middle, f)); g != uint16(h) {
				t.Fatalf("just before the middle after %#x: %#x", h, g)
			}
		}
	}
}

func TestQuantize(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bits := rapid.SampledFrom([]int{4, 8}).Draw(t, "bits")
		block := rapid.SampledFrom([]int{16, 32, 128}).Draw(t, "block")
		rows := rapid.IntRange(1, 70).Draw(t, "rows")
		cols := block * rapid.IntRange(1, 5).Draw(t, "blocks")
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		w := make([]float32, rows*cols)
		for i := range w {
			w[i] = float32(random.NormFloat64() * math.Exp(random.NormFloat64()))
			if random.IntN(20) == 0 {
				w[i] = 0
			}
		}
		q, err := graph.Quantize(w, rows, cols, block, bits)
		if err != nil {
			t.Fatal(err)
		}
		if bits == 4 {
			for i, s := range graph.FromMultiples(q.Steps, q.Multiples()) {
				if s != q.Scales[i] {
					t.Fatalf("scale %g comes back as %g", q.Scales[i], s)
				}
			}
		} else {
			for _, s := range q.Scales {
				if graph.FromHalf(graph.Half(s)) != s {
					t.Fatalf("scale %g does not fit in half precision", s)
				}
			}
		}
		back := q.Float32()
		columns := q.Columns()
		for r := range rows {
			row := w[r*cols:][:cols]
			for b := 0; b < cols; b += block {
				var most, rowMost float64
				for _, v := range row {
					rowMost = max(rowMost, math.Abs(float64(v)))
				}
				for _, v := range row[b:][:block] {
					most = max(most, math.Abs(float64(v)))
				}
				// Half a step; for 4 bits the search may cut the largest values down, by 7/8.9 at most.
				limit := most/127*0.51 + rowMost*1e-3
				if bits == 4 {
					limit = most*(1-7/8.9) + rowMost/64
				}
				for i, v := range row[b:][:block] {
					if d := math.Abs(float64(v - back[r*cols+b+i])); d > limit {
						t.Fatalf("row %d: %g became %g; the block's largest is %g", r, v, back[r*cols+b+i], most)
					}
				}
			}
			for c := range cols {
				v := float64(columns.Values[c*rows+r]) * float64(columns.Scales[r])
				if d := math.Abs(v - float64(back[r*cols+c])); d > float64(columns.Scales[r])*0.501 {
					t.Fatalf("row %d column %d: %g became %g", r, c, back[r*cols+c], v)
				}
			}
		}
	})
}

func TestQuantizeErrors(t *testing.T) {
	w := make([]float32, 64)
	for _, c := range []struct{ rows, cols, block, bits int }{{2, 32, 32, 5}, {2, 32, 24, 4}, {2, 32, 8, 4}, {4, 16, 32, 4}, {3, 32, 32, 4}} {
		if _, err := graph.Quantize(w, c.rows, c.cols, c.block, c.bits); err == nil {
			t.Errorf("%+v: no error", c)
		}
	}
}

// TestRun has ONNX Runtime compute a graph with a Loop, attributes of all kinds, and a quantised product.
func TestRun(t *testing.T) {
	rt := orttest.Open(t)
	const n, k = 8, 32
	random := rand.New(rand.NewPCG(1, 2))
	w := make([]float32, n*k)
	for i := range w {
		w[i] = random.Float32() - 0.5
	}
	q, err := graph.Quantize(w, n, k, 16, 8)
	if err != nil {
		t.Fatal(err)
	}

	body := graph.New("body")
	body.Input("i", graph.Int64)
	body.Input("go", graph.Bool)
	sum := body.Input("sum", graph.Float, 1, n)
	next := body.Op("Add", []string{sum, "y"})
	body.Output("go", graph.Bool)
	body.Output(next, graph.Float, 1, n)
	body.Output(body.Op("ReduceSum", []string{next, body.Ints(1)}, graph.I("keepdims", 0)), graph.Float, 1)

	g := graph.New("main")
	x := g.Input("x", graph.Float, 1, k)
	g.Input("times", graph.Int64)
	g.NodeNamed(graph.Microsoft, "MatMulNBits", []string{
		x,
		g.Const("w", graph.Tensor{Type: graph.Uint8, Dims: []int{n, k / 16, 16}, Raw: q.Packed}),
		g.Const("scales", graph.Tensor{Type: graph.Float, Dims: []int{n, k / 16}, Raw: graph.Bytes(q.Scales)}),
	}, []string{"product"}, graph.I("K", k), graph.I("N", n), graph.I("bits", 8), graph.I("block_size", 16))
	g.NodeNamed("", "LeakyRelu", []string{"product"}, []string{"y"}, graph.F("alpha", 0.5))
	zero := g.Const("zero", graph.Tensor{Type: graph.Float, Dims: []int{1, n}, Raw: graph.Bytes(make([]float32, n))})
	g.NodeNamed("", "Loop", []string{"times", "", zero}, []string{"total", "sums"}, graph.G("body", body))
	g.Output("total", graph.Float, 1, n)
	g.Output("sums", graph.Float, "t", 1)
	g.As(g.Op("Transpose", []string{"total"}, graph.Is("perm", 1, 0)), "turned")
	g.Output("turned", graph.Float, n, 1)

	s, err := rt.NewSession(g.Model(), ort.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	in := make([]float32, k)
	for i := range in {
		in[i] = random.Float32() - 0.5
	}
	xv, err := ort.NewTensor(rt, in, 1, k)
	if err != nil {
		t.Fatal(err)
	}
	defer xv.Release()
	times, err := ort.NewTensor(rt, []int64{3})
	if err != nil {
		t.Fatal(err)
	}
	defer times.Release()
	out, err := s.Run(t.Context(), map[string]*ort.Value{"x": xv, "times": times})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range out {
		defer v.Release()
	}
	total, err := ort.Data[float32](out[0])
	if err != nil {
		t.Fatal(err)
	}
	sums, err := ort.Data[float32](out[1])
	if err != nil {
		t.Fatal(err)
	}
	back := q.Float32()
	var all float64
	for r := range n {
		var y float64
		for c := range k {
			y += float64(back[r*k+c]) * float64(in[c])
		}
		if y < 0 {
			y /= 2
		}
		all += y
		if d := math.Abs(3*y - float64(total[r])); d > 1e-3 {
			t.Errorf("row %d: %g, want %g", r, total[r], 3*y)
		}
	}
	for i, v := range sums {
		if d := math.Abs(all*float64(i+1) - float64(v)); d > 1e-3 {
			t.Errorf("after step %d: %g, want %g", i, v, all*float64(i+1))
		}
	}
}
