package checkpoint

import (
	"errors"
	"fmt"
	"io"
)

// Tensor is one tensor of a checkpoint. Its data stays in the file until it is read.
type Tensor struct {
	Name  string
	DType DType
	Shape []int // outermost dimension first; empty for a scalar
	File  string

	elements int
	data     io.ReaderAt
	offset   int64 // of its first byte in the file
}

// Len returns the number of elements.
func (t *Tensor) Len() int { return t.elements }

// Rows returns the size of the outermost dimension, 1 for a scalar.
func (t *Tensor) Rows() int {
	if len(t.Shape) == 0 {
		return 1
	}
	return t.Shape[0]
}

// RowLen returns the number of elements of one row (one index of the outermost dimension).
func (t *Tensor) RowLen() int {
	if t.Rows() == 0 {
		return 0
	}
	return t.elements / t.Rows()
}

// Bytes returns a reader of the tensor's bytes as they are in the file (little-endian, row after row).
func (t *Tensor) Bytes() *io.SectionReader {
	return io.NewSectionReader(t.data, t.offset, int64(t.elements)*int64(t.DType.Size()))
}

// Float32s reads the whole tensor of floating-point numbers and converts it.
func (t *Tensor) Float32s() ([]float32, error) {
	dst := make([]float32, t.elements)
	if err := t.ReadFloat32s(dst, 0); err != nil {
		return nil, err
	}
	return dst, nil
}

// ReadRows fills dst, whose length must be a whole number of rows, with the rows from first on.
func (t *Tensor) ReadRows(dst []float32, first int) error {
	n := t.RowLen()
	if n == 0 || len(dst)%n != 0 {
		if len(dst) == 0 {
			return nil
		}
		return t.fail(fmt.Errorf("%d elements asked for are not whole rows of %d", len(dst), n))
	}
	if first < 0 || first > t.Rows()-len(dst)/n {
		return t.fail(fmt.Errorf("rows %d to %d asked for, it has %d", first, first+len(dst)/n, t.Rows()))
	}
	return t.ReadFloat32s(dst, first*n)
}

// ReadFloat32s fills dst with the elements from first on, converted.
func (t *Tensor) ReadFloat32s(dst []float32, first int) error {
	return t.read(len(dst), first, func(at, n int, src []byte) error {
		return t.DType.toFloat32(dst[at:at+n], src)
	})
}

// Int64s reads the whole tensor of integers.
func (t *Tensor) Int64s() ([]int64, error) {
	dst := make([]int64, t.elements)
	err := t.read(len(dst), 0, func(at, n int, src []byte) error {
		return t.DType.toInt64(dst[at:at+n], src)
	})
	if err != nil {
		return nil, err
	}
	return dst, nil
}

// chunk is how many bytes are read at a time: enough for the disk, little beside what they become.
const chunk = 1 << 18

// read hands the elements first to first+n to take, in chunks.
func (t *Tensor) read(n, first int, take func(at, n int, src []byte) error) error {
	if first < 0 || n > t.elements-first {
		return t.fail(fmt.Errorf("elements %d to %d asked for, it has %d", first, first+n, t.elements))
	}
	size := t.DType.Size()
	buf := make([]byte, min(chunk, n*size))
	for at := 0; at < n; {
		k := min(n-at, chunk/size)
		part := buf[:k*size]
		if _, err := t.data.ReadAt(part, t.offset+int64(first+at)*int64(size)); err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return t.fail(err)
		}
		if err := take(at, k, part); err != nil {
			return t.fail(err)
		}
		at += k
	}
	return nil
}

func (t *Tensor) fail(err error) error {
	return fmt.Errorf("checkpoint: %s: tensor %q: %w", t.File, t.Name, err)
}
