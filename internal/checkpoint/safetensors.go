package checkpoint

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"os"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxHeader is the longest header that a safetensors file may have, as the reference library sets it.
const maxHeader = 100_000_000

// file is one safetensors file.
type file struct {
	path     string
	f        io.Closer
	tensors  map[string]*Tensor
	metadata map[string]string
}

func openFile(path string) (*file, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	info, err := f.Stat()
	if err == nil {
		var r *file
		if r, err = parse(path, f, info.Size()); err == nil {
			r.f = f
			return r, nil
		}
	}
	_ = f.Close() // the first error is the one to tell
	return nil, fmt.Errorf("checkpoint: %s: %w", path, err)
}

// parse reads a file's header: 8 bytes of length, then JSON, then the data of the tensors without gaps.
func parse(path string, data io.ReaderAt, size int64) (*file, error) {
	var head [8]byte
	if size < 8 {
		return nil, fmt.Errorf("not a safetensors file: it has %d bytes", size)
	}
	if _, err := data.ReadAt(head[:], 0); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint64(head[:])
	if n > maxHeader {
		return nil, fmt.Errorf("not a safetensors file: its header would have %d bytes, more than %d", n, maxHeader)
	}
	if int64(n) > size-8 {
		return nil, fmt.Errorf("the header has %d bytes, the file %d: it is incomplete", n, size)
	}
	text := make([]byte, n)
	if _, err := data.ReadAt(text, 8); err != nil && n > 0 {
		return nil, err
	}
	if !bytes.HasPrefix(text, []byte("{")) {
		return nil, errors.New("not a safetensors file: its header is not JSON")
	}
	if !utf8.Valid(text) {
		return nil, errors.New("the header is not UTF-8")
	}
	f := &file{path: path, tensors: make(map[string]*Tensor)}
	if err := f.header(text); err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	return f, f.layout(data, 8+int64(n), size)
}

// header reads the JSON object name → tensor. Names that occur twice are an error, which encoding/json alone would hide.
func (f *file) header(text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	if _, err := d.Token(); err != nil {
		return err
	}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return err
		}
		name, ok := token.(string)
		if !ok {
			return fmt.Errorf("%v where a name was expected", token)
		}
		if name == "__metadata__" {
			if f.metadata != nil {
				return fmt.Errorf("%q occurs twice", name)
			}
			f.metadata = make(map[string]string)
			if err := d.Decode(&f.metadata); err != nil {
				return fmt.Errorf("%q: %w", name, err)
			}
			continue
		}
		if _, twice := f.tensors[name]; twice {
			return fmt.Errorf("tensor %q occurs twice", name)
		}
		t, err := readTensor(d, name)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", name, err)
		}
		t.File = f.path
		f.tensors[name] = t
	}
	if _, err := d.Token(); err != nil {
		return err
	}
	if rest := strings.Trim(string(text[d.InputOffset():]), " "); rest != "" {
		return fmt.Errorf("%.20q after its end", rest)
	}
	return nil
}

// readTensor reads one entry; its offsets are kept relative to the data's start until layout has checked them.
func readTensor(d *json.Decoder, name string) (*Tensor, error) {
	var entry struct {
		DType   *DType   `json:"dtype"`
		Shape   []uint64 `json:"shape"`
		Offsets []uint64 `json:"data_offsets"`
	}
	if err := d.Decode(&entry); err != nil {
		return nil, err
	}
	if entry.DType == nil || entry.Shape == nil || len(entry.Offsets) != 2 {
		return nil, errors.New("dtype, shape and two data_offsets are needed")
	}
	size := entry.DType.Size()
	if size == 0 {
		return nil, fmt.Errorf("dtype %q is not known", *entry.DType)
	}
	t := &Tensor{Name: name, DType: *entry.DType, Shape: make([]int, len(entry.Shape))}
	elements := uint64(1)
	for i, n := range entry.Shape {
		if n > math.MaxInt32 {
			return nil, fmt.Errorf("dimension %d has the size %d", i, n)
		}
		t.Shape[i] = int(n)
		hi, lo := bits.Mul64(elements, n)
		if hi != 0 || lo > math.MaxInt64/8 {
			return nil, fmt.Errorf("shape %v has more elements than can be counted", entry.Shape)
		}
		elements = lo
	}
	begin, end := entry.Offsets[0], entry.Offsets[1]
	if begin > end || end > math.MaxInt64 {
		return nil, fmt.Errorf("data_offsets [%d, %d]", begin, end)
	}
	if want := elements * uint64(size); end-begin != want {
		return nil, fmt.Errorf("shape %v of %s needs %d bytes, data_offsets give it %d", entry.Shape, *entry.DType, want, end-begin)
	}
	t.elements, t.offset = int(elements), int64(begin)
	return t, nil
}

// layout checks that the tensors cover the data, without overlaps, gaps or rest, and sets where each lies.
func (f *file) layout(data io.ReaderAt, start, size int64) error {
	order := make([]*Tensor, 0, len(f.tensors))
	for _, t := range f.tensors {
		order = append(order, t)
	}
	bytesOf := func(t *Tensor) int64 { return int64(t.elements) * int64(t.DType.Size()) }
	slices.SortFunc(order, func(a, b *Tensor) int {
		switch {
		case a.offset != b.offset:
			return int(max(-1, min(1, a.offset-b.offset)))
		case bytesOf(a) != bytesOf(b): // empty ones first
			return int(max(-1, min(1, bytesOf(a)-bytesOf(b))))
		}
		return strings.Compare(a.Name, b.Name)
	})
	end := int64(0)
	for i, t := range order {
		switch {
		case t.offset < end:
			return fmt.Errorf("tensors %q and %q overlap", order[i-1].Name, t.Name)
		case t.offset > end:
			return fmt.Errorf("%d bytes before tensor %q belong to none", t.offset-end, t.Name)
		}
		end += bytesOf(t)
		if end > size-start {
			return fmt.Errorf("tensor %q ends at byte %d of the data, the file at %d: it is incomplete", t.Name, end, size-start)
		}
		t.data = data
		t.offset += start
	}
	if end != size-start {
		return fmt.Errorf("%d bytes after the last tensor belong to none", size-start-end)
	}
	return nil
}

func (f *file) Names() []string {
	names := make([]string, 0, len(f.tensors))
	for name := range f.tensors {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (f *file) Tensor(name string) (*Tensor, error) {
	if t, ok := f.tensors[name]; ok {
		return t, nil
	}
	return nil, &MissingError{f.path, name}
}

func (f *file) Metadata() map[string]string { return f.metadata }

func (f *file) Files() []string { return []string{f.path} }

func (f *file) Close() error { return f.f.Close() }
