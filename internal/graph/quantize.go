package graph

import (
	"fmt"
	"math"
	"runtime"
	"sync"
)

// Blocks is a matrix of rows × cols weights, quantised in blocks of consecutive columns of one row, in the layout of
// ONNX Runtime's MatMulNBits: unsigned values around a zero point of 2^(bits-1), and one scale a block.
//
// With 4 bits a byte holds two values, the first in its low half. The zero points are the operator's default and are
// not stored.
type Blocks struct {
	Rows, Cols, Block, Bits int
	Packed                  []byte    // Rows × Cols × Bits / 8
	Scales                  []float32 // Rows × Cols/Block
	Steps                   []float32 // with 4 bits: for each row what its scales are multiples of (-127 to 127)
}

// Quantize quantises a row-major matrix to 4 or 8 bits. cols must be a multiple of block, and block a power of two of
// at least 16.
//
// With 8 bits every scale is representable in half precision, so that it can be stored so. With 4 bits it is a whole
// multiple, -127 to 127, of its row's step, and searched: of several near the one that the largest weight
// asks for, the one with the least squared error.
func Quantize(w []float32, rows, cols, block, bits int) (Blocks, error) {
	if bits != 4 && bits != 8 {
		return Blocks{}, fmt.Errorf("graph: quantising to %d bits: only 4 and 8 are possible", bits)
	}
	if block < 16 || block&(block-1) != 0 || cols%block != 0 || len(w) != rows*cols {
		return Blocks{}, fmt.Errorf("graph: a matrix of %d × %d (%d values) has no blocks of %d", rows, cols, len(w), block)
	}
	q := Blocks{rows, cols, block, bits, make([]byte, rows*cols*bits/8), make([]float32, rows*cols/block), nil}
	if bits == 4 {
		q.Steps = make([]float32, rows)
	}
	blocks := cols / block
	Rows(rows, func(r int) {
		row, scales := w[r*cols:][:cols], q.Scales[r*blocks:][:blocks]
		if bits == 8 {
			for b := range blocks {
				scales[b] = block8(row[b*block:][:block], q.Packed[r*cols+b*block:])
			}
			return
		}
		var most float32
		for b := range blocks {
			scales[b] = scale4(row[b*block:][:block], 0)
			most = max(most, abs(scales[b]))
		}
		step := most / 127
		q.Steps[r] = step
		v := make([]byte, block)
		for b := range blocks {
			x := row[b*block:][:block]
			if step > 0 {
				scales[b] = scale4(x, step)
			}
			quantizeTo(x, v, scales[b], 4)
			out := q.Packed[(r*cols+b*block)/2:][:block/2]
			for i := range out {
				out[i] = v[2*i] | v[2*i+1]<<4
			}
		}
	})
	return q, nil
}

// Multiples gives the scales of 4-bit blocks as multiples of their rows' steps: a byte each.
func (q Blocks) Multiples() []int8 {
	out := make([]int8, len(q.Scales))
	blocks := q.Cols / q.Block
	for i, s := range q.Scales {
		if step := q.Steps[i/blocks]; step > 0 {
			out[i] = int8(round(s / step))
		}
	}
	return out
}

// FromMultiples gives the scales of which Multiples were written.
func FromMultiples(steps []float32, multiples []int8) []float32 {
	out := make([]float32, len(multiples))
	blocks := len(multiples) / max(1, len(steps))
	for i, m := range multiples {
		out[i] = float32(m) * steps[i/blocks]
	}
	return out
}

func block8(x []float32, v []byte) float32 {
	var most float32
	for _, f := range x {
		most = max(most, abs(f))
	}
	scale := roundHalf(most / 127)
	quantizeTo(x, v, scale, 8)
	return scale
}

// scale4 searches the scale of a block: a multiple of step if that is not 0.
func scale4(x []float32, step float32) float32 {
	var most float32 // the value with the largest magnitude, with its sign: it gets the code -8, the one without a mirror
	for _, f := range x {
		if abs(f) > abs(most) {
			most = f
		}
	}
	best, bestErr := float32(0), math.Inf(1)
	try := func(scale float32) {
		if step > 0 {
			scale = clamp(round(scale/step), -127, 127) * step
		}
		if scale == 0 {
			return
		}
		var e float32
		inv := 1 / scale
		for _, f := range x {
			d := f - scale*clamp(round(f*inv), -8, 7)
			e += d * d
		}
		if float64(e) < bestErr {
			best, bestErr = scale, float64(e)
		}
	}
	if most != 0 {
		for i := -4; i <= 6; i++ {
			try(-most / (8 + 0.15*float32(i)))
			try(most / (8 + 0.15*float32(i)))
		}
	}
	return best
}

func quantizeTo(x []float32, v []byte, scale float32, bits int) {
	zero := float32(int(1) << (bits - 1))
	var inv float32
	if scale != 0 {
		inv = 1 / scale
	}
	for i, f := range x {
		v[i] = byte(clamp(round(f*inv), -zero, zero-1) + zero)
	}
}

// Float32 writes the matrix back as numbers, row-major.
func (q Blocks) Float32() []float32 {
	out := make([]float32, q.Rows*q.Cols)
	Rows(q.Rows, func(r int) { q.Row(out[r*q.Cols:][:q.Cols], r) })
	return out
}

// Row writes one row into dst, which has q.Cols elements.
func (q Blocks) Row(dst []float32, r int) {
	blocks := q.Cols / q.Block
	for b := range blocks {
		scale := q.Scales[r*blocks+b]
		d := dst[b*q.Block:][:q.Block]
		if q.Bits == 8 {
			for i, v := range q.Packed[r*q.Cols+b*q.Block:][:q.Block] {
				d[i] = float32(int(v)-128) * scale
			}
			continue
		}
		for i, v := range q.Packed[(r*q.Cols+b*q.Block)/2:][:q.Block/2] {
			d[2*i] = float32(int(v&15)-8) * scale
			d[2*i+1] = float32(int(v>>4)-8) * scale
		}
	}
}

// Columns is a matrix in the layout of DynamicQuantizeMatMul: signed bytes, transposed (Cols × Rows of the original), with
// one scale for each column of the result.
type Columns struct {
	Values []int8    // Cols × Rows
	Scales []float32 // Rows
}

// Columns turns blocks into signed bytes with one scale a row of the original. From 4 bits this loses almost nothing:
// its step is at least 17 times finer than theirs for the largest block.
func (q Blocks) Columns() Columns {
	out := Columns{make([]int8, q.Rows*q.Cols), make([]float32, q.Rows)}
	blocks := q.Cols / q.Block
	zero := 1 << (q.Bits - 1)
	const tile = 64 // rows at once, so that the transposed writes fill whole cache lines
	Rows((q.Rows+tile-1)/tile, func(t int) {
		first := t * tile
		n := min(tile, q.Rows-first)
		buf := make([]int8, q.Block*tile)
		codes := make([]int8, 1<<q.Bits)
		inv := make([]float32, n)
		for r := range n {
			var most float32
			for b, s := range q.Scales[(first+r)*blocks:][:blocks] {
				most = max(most, abs(s)*q.reach(first+r, b))
			}
			out.Scales[first+r] = most / 127
			if most > 0 {
				inv[r] = 127 / most
			}
		}
		for b := range blocks {
			for r := range n {
				f := q.Scales[(first+r)*blocks+b] * inv[r]
				if q.Bits == 8 {
					for i, v := range q.Packed[(first+r)*q.Cols+b*q.Block:][:q.Block] {
						buf[i*tile+r] = int8(clamp(round(float32(int(v)-zero)*f), -127, 127))
					}
					continue
				}
				for c := range codes {
					codes[c] = int8(clamp(round(float32(c-zero)*f), -127, 127))
				}
				for i, v := range q.Packed[((first+r)*q.Cols+b*q.Block)/2:][:q.Block/2] {
					buf[2*i*tile+r] = codes[v&15]
					buf[(2*i+1)*tile+r] = codes[v>>4]
				}
			}
			for i := range q.Block {
				copy(out.Values[(b*q.Block+i)*q.Rows+first:][:n], buf[i*tile:][:n])
			}
		}
	})
	return out
}

// reach is the largest magnitude that block b of row r holds, in steps of its scale.
func (q Blocks) reach(r, b int) float32 {
	most := 0
	if q.Bits == 8 {
		for _, v := range q.Packed[r*q.Cols+b*q.Block:][:q.Block] {
			most = max(most, int(v)-128, 128-int(v))
		}
		return float32(most)
	}
	for _, v := range q.Packed[(r*q.Cols+b*q.Block)/2:][:q.Block/2] {
		lo, hi := int(v&15)-8, int(v>>4)-8
		most = max(most, lo, -lo, hi, -hi)
	}
	return float32(most)
}

// Transpose returns the transposed matrix of rows × cols.
func Transpose(w []float32, rows, cols int) []float32 {
	out := make([]float32, len(w))
	Rows(cols, func(c int) {
		for r := range rows {
			out[c*rows+r] = w[r*cols+c]
		}
	})
	return out
}

// Rows calls f for 0 … n-1, on all processors.
func Rows(n int, f func(int)) {
	var wg sync.WaitGroup
	workers := min(runtime.GOMAXPROCS(0), n)
	for w := range workers {
		wg.Go(func() {
			for i := n * w / workers; i < n*(w+1)/workers; i++ {
				f(i)
			}
		})
	}
	wg.Wait()
}

func abs(f float32) float32 { return math.Float32frombits(math.Float32bits(f) &^ (1 << 31)) }

func round(f float32) float32 {
	const big = 3 << 22           // adding it rounds to the nearest integer, ties to even
	return float32(f) + big - big // the conversion keeps the product before it from being fused
}

func clamp(f, lo, hi float32) float32 { return min(max(f, lo), hi) }
