package m2m

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unsafe"

	"koe/internal/graph"
)

// A built model's weights lie in one safetensors file. A projection "x" of quantised weights is three tensors: x.weight
// (U8 [rows, cols·bits/8]: the packed values of graph.Blocks), x.scale (F16 [rows, blocks]; or I8 multiples of x.step
// [rows]) and x.bias. Exact weights
// are x.weight alone, F32 or F16, and x.bias. Normalisations are x.gain and x.bias.

// stored is one tensor of the file.
type stored struct {
	Dtype   string `json:"dtype"`
	Shape   []int  `json:"shape"`
	Offsets [2]int `json:"data_offsets"`
	data    []byte
}

// store is a weights file being read or written.
type store struct {
	names   []string
	tensors map[string]stored
}

const maxHeader = 100 << 20

var errShort = errors.New("weights: the file ends too early")

// readStore reads a safetensors file from memory. The tensors refer to data.
func readStore(data []byte) (*store, error) {
	if len(data) < 8 {
		return nil, errShort
	}
	n := binary.LittleEndian.Uint64(data)
	if n > maxHeader || n > uint64(len(data)-8) {
		return nil, errShort
	}
	var header map[string]json.RawMessage
	if err := json.Unmarshal(data[8:8+n], &header); err != nil {
		return nil, fmt.Errorf("weights: header: %w", err)
	}
	body := data[8+n:]
	s := &store{tensors: map[string]stored{}}
	for name, raw := range header {
		if name == "__metadata__" {
			continue
		}
		var t stored
		if err := json.Unmarshal(raw, &t); err != nil {
			return nil, fmt.Errorf("weights: tensor %s: %w", name, err)
		}
		size := dtypeSize(t.Dtype)
		if size == 0 {
			return nil, fmt.Errorf("weights: tensor %s has the unknown type %q", name, t.Dtype)
		}
		for _, d := range t.Shape {
			if d < 0 || d > 1<<40 || (d > 0 && size > (1<<50)/d) {
				return nil, fmt.Errorf("weights: tensor %s has the impossible shape %v", name, t.Shape)
			}
			size *= d
		}
		if t.Offsets[0] < 0 || t.Offsets[1] < t.Offsets[0] || t.Offsets[1] > len(body) || t.Offsets[1]-t.Offsets[0] != size {
			return nil, fmt.Errorf("weights: tensor %s: %v bytes of type %s and shape %v do not lie in the file", name, t.Offsets, t.Dtype, t.Shape)
		}
		t.data = body[t.Offsets[0]:t.Offsets[1]:t.Offsets[1]]
		s.tensors[name] = t
	}
	return s, nil
}

func dtypeSize(t string) int {
	switch t {
	case "U8", "I8":
		return 1
	case "F16":
		return 2
	case "F32":
		return 4
	}
	return 0
}

func (s *store) add(name, dtype string, shape []int, data []byte) {
	if s.tensors == nil {
		s.tensors = map[string]stored{}
	}
	s.names = append(s.names, name)
	s.tensors[name] = stored{Dtype: dtype, Shape: shape, data: data}
}

// addNumbers adds numbers in half precision if that loses nothing.
func (s *store) addNumbers(name string, v []float32, shape ...int) {
	half := make([]uint16, len(v))
	for i, f := range v {
		half[i] = graph.Half(f)
		if graph.FromHalf(half[i]) != f {
			s.add(name, "F32", shape, graph.Bytes(v))
			return
		}
	}
	s.add(name, "F16", shape, graph.Bytes(half))
}

// writeTo writes the file: tensors in the order they were added, each at a multiple of 64 bytes.
func (s *store) writeTo(w io.Writer, metadata map[string]string) error {
	header := map[string]any{}
	if metadata != nil {
		header["__metadata__"] = metadata
	}
	at := 0
	for _, name := range s.names {
		t := s.tensors[name]
		at = (at + 63) &^ 63
		t.Offsets = [2]int{at, at + len(t.data)}
		at += len(t.data)
		header[name] = t
		s.tensors[name] = t
	}
	h, err := json.Marshal(header)
	if err != nil {
		return err
	}
	for (8+len(h))%64 != 0 {
		h = append(h, ' ')
	}
	if _, err := w.Write(append(binary.LittleEndian.AppendUint64(nil, uint64(len(h))), h...)); err != nil {
		return err
	}
	at = 0
	for _, name := range s.names {
		t := s.tensors[name]
		if _, err := w.Write(make([]byte, t.Offsets[0]-at)); err != nil {
			return err
		}
		if _, err := w.Write(t.data); err != nil {
			return err
		}
		at = t.Offsets[1]
	}
	return nil
}

// numbers returns a tensor of floating-point numbers with n elements.
func (s *store) numbers(name string, n int) ([]float32, error) {
	t, ok := s.tensors[name]
	if !ok {
		return nil, fmt.Errorf("weights: no tensor %s", name)
	}
	size := dtypeSize(t.Dtype)
	if size < 2 || len(t.data) != n*size {
		return nil, fmt.Errorf("weights: tensor %s is %s %v; want %d numbers", name, t.Dtype, t.Shape, n)
	}
	out := make([]float32, n)
	if t.Dtype == "F32" {
		copy(graph.Bytes(out), t.data)
		return out, nil
	}
	for i := range out {
		out[i] = graph.FromHalf(binary.LittleEndian.Uint16(t.data[2*i:]))
	}
	return out, nil
}

// load reads all weights of a built model.
func (s *store) load(c *Config) (*weights, error) {
	w := &weights{}
	err := w.visit(c, func(l *linear, _ part, name string, rows, cols int, _ []string) error {
		return s.loadLinear(l, name, rows, cols)
	}, func(n *norm, name, _ string) (err error) {
		if n.gain, err = s.numbers(name+".gain", c.Width); err != nil {
			return err
		}
		n.bias, err = s.numbers(name+".bias", c.Width)
		return err
	})
	if err != nil {
		return nil, err
	}
	w.positions = c.positionTable(c.rows())
	return w, nil
}

func (s *store) loadLinear(l *linear, name string, rows, cols int) (err error) {
	l.rows, l.cols = rows, cols
	if _, ok := s.tensors[name+".bias"]; ok {
		if l.bias, err = s.numbers(name+".bias", rows); err != nil {
			return err
		}
	}
	t, ok := s.tensors[name+".weight"]
	if !ok || t.Dtype != "U8" {
		l.exact, err = s.numbers(name+".weight", rows*cols)
		return err
	}
	scale := s.tensors[name+".scale"]
	if len(scale.Shape) != 2 || scale.Shape[0] != rows || scale.Shape[1] < 1 || cols%scale.Shape[1] != 0 {
		return fmt.Errorf("weights: tensor %s.scale has shape %v, which fits no matrix of %d × %d", name, scale.Shape, rows, cols)
	}
	bits := 0
	for _, b := range []int{4, 8} {
		if len(t.data) == rows*cols*b/8 {
			bits = b
		}
	}
	if bits == 0 {
		return fmt.Errorf("weights: tensor %s.weight has shape %v; want %d × %d values of 4 or 8 bits", name, t.Shape, rows, cols)
	}
	l.blocks = graph.Blocks{Rows: rows, Cols: cols, Block: cols / scale.Shape[1], Bits: bits, Packed: t.data}
	if scale.Dtype != "I8" {
		l.blocks.Scales, err = s.numbers(name+".scale", rows*scale.Shape[1])
		return err
	}
	steps, err := s.numbers(name+".step", rows)
	if err != nil {
		return err
	}
	l.blocks.Steps = steps
	l.blocks.Scales = graph.FromMultiples(steps, unsafe.Slice((*int8)(unsafe.Pointer(unsafe.SliceData(scale.data))), len(scale.data)))
	return nil
}

func (s *store) addLinear(l *linear, name string) {
	if l.exact != nil {
		s.addNumbers(name+".weight", l.exact, l.rows, l.cols)
	} else {
		q := &l.blocks
		s.add(name+".weight", "U8", []int{q.Rows, q.Cols * q.Bits / 8}, q.Packed)
		if q.Bits == 4 {
			s.addNumbers(name+".step", q.Steps, q.Rows)
			s.add(name+".scale", "I8", []int{q.Rows, q.Cols / q.Block}, graph.Bytes(q.Multiples()))
		} else {
			s.addNumbers(name+".scale", q.Scales, q.Rows, q.Cols/q.Block)
		}
	}
	if l.bias != nil {
		s.addNumbers(name+".bias", l.bias, len(l.bias))
	}
}

// bytes writes the file into memory.
func (s *store) bytes(metadata map[string]string) ([]byte, error) {
	var b bytes.Buffer
	err := s.writeTo(&b, metadata)
	return b.Bytes(), err
}
