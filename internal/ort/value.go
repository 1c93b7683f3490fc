package ort

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync/atomic"
	"unsafe"
)

// Value is a tensor: over Go memory (NewTensor), or over memory of ONNX Runtime (AllocTensor, results of Run).
// Everything but Release may be called by several goroutines at once; Release may too, but not while someone still reads
// a slice that Data returned.
type Value struct {
	rt      *Runtime
	handle  uintptr
	data    unsafe.Pointer
	shape   []int
	count   int
	element ElementType

	pin      runtime.Pinner // Go memory only
	refs     atomic.Int32   // 1 until Release, and 1 for each Run or session that uses it
	released atomic.Bool
}

// NewTensor makes a tensor over data, without a copy. data is pinned and must not be changed while a Run reads it. The
// shape's product must be len(data); no shape at all means a scalar.
func NewTensor[T Element](rt *Runtime, data []T, shape ...int) (*Value, error) {
	count, err := elements(shape)
	if err != nil {
		return nil, err
	}
	if count != len(data) {
		return nil, fmt.Errorf("tensor of shape %v needs %d elements, got %d", shape, count, len(data))
	}
	if count == 0 {
		data = make([]T, 1) // ONNX Runtime wants an address even for no data
	}
	v := newValue(rt, elementOf[T](), slices.Clone(shape), count)
	v.data = unsafe.Pointer(&data[0])
	v.pin.Pin(&data[0])
	dims := dims64(shape)
	var zero T
	if err := rt.call(fnCreateTensorWithDataAsOrtValue, rt.memory, uintptr(v.data), uintptr(count)*unsafe.Sizeof(zero),
		uintptr(unsafe.Pointer(&dims[0])), uintptr(len(shape)), uintptr(v.element), uintptr(unsafe.Pointer(&v.handle))); err != nil {
		v.pin.Unpin()
		return nil, fmt.Errorf("make %s tensor of shape %v: %w", v.element, shape, err)
	}
	// A value that nobody releases must only leak: without this it would be collected, and a collected Pinner panics.
	rt.pinned.Store(v, nil)
	rt.live.Add(1)
	return v, nil
}

// AllocTensor makes a tensor in memory of ONNX Runtime, to be filled through Data. Its content is undefined until then.
func AllocTensor[T Element](rt *Runtime, shape ...int) (*Value, error) {
	count, err := elements(shape)
	if err != nil {
		return nil, err
	}
	v := newValue(rt, elementOf[T](), slices.Clone(shape), count)
	dims := dims64(shape)
	err = rt.call(fnCreateTensorAsOrtValue, rt.allocator, uintptr(unsafe.Pointer(&dims[0])), uintptr(len(shape)),
		uintptr(v.element), uintptr(unsafe.Pointer(&v.handle)))
	if err == nil {
		err = v.readAddress()
	}
	if err != nil {
		rt.release(fnReleaseValue, v.handle)
		return nil, fmt.Errorf("make %s tensor of shape %v: %w", v.element, shape, err)
	}
	rt.live.Add(1)
	return v, nil
}

// adopt makes a Value of a handle that ONNX Runtime returned, and owns it from then on, also when it fails.
func adopt(rt *Runtime, handle uintptr) (*Value, error) {
	var element int32
	var dims uintptr
	var rank int
	err := rt.call(fnGetTensorElementTypeAndShapeDataReference, handle, uintptr(unsafe.Pointer(&element)),
		uintptr(unsafe.Pointer(&dims)), uintptr(unsafe.Pointer(&rank)))
	if err != nil {
		rt.release(fnReleaseValue, handle)
		return nil, err
	}
	shape := make([]int, rank)
	count := 1
	if rank > 0 {
		for i, d := range unsafe.Slice((*int64)(address(dims)), rank) {
			shape[i] = int(d)
			count *= int(d)
		}
	}
	v := newValue(rt, ElementType(element), shape, count)
	v.handle = handle
	if err := v.readAddress(); err != nil {
		rt.release(fnReleaseValue, handle)
		return nil, err
	}
	rt.live.Add(1)
	return v, nil
}

func newValue(rt *Runtime, element ElementType, shape []int, count int) *Value {
	v := &Value{rt: rt, element: element, shape: shape, count: count}
	v.refs.Store(1)
	return v
}

func (v *Value) readAddress() error {
	var p uintptr
	if err := v.rt.call(fnGetTensorMutableData, v.handle, uintptr(unsafe.Pointer(&p))); err != nil {
		return err
	}
	v.data = address(p)
	return nil
}

// Shape returns the dimensions; empty for a scalar. The slice is the value's own: don't change it.
func (v *Value) Shape() []int { return v.shape }

// Len returns the number of elements.
func (v *Value) Len() int { return v.count }

// Type returns the element type.
func (v *Value) Type() ElementType { return v.element }

// Data returns the tensor's elements in row-major order, without a copy. The slice is valid until Release.
func Data[T Element](v *Value) ([]T, error) {
	if want := elementOf[T](); v.element != want {
		return nil, fmt.Errorf("tensor holds %s, not %s", v.element, want)
	}
	if v.released.Load() {
		return nil, errReleased
	}
	if v.count == 0 {
		return []T{}, nil
	}
	return unsafe.Slice((*T)(v.data), v.count), nil
}

// Copy returns a copy of the tensor's elements in row-major order, which outlives the value.
func Copy[T Element](v *Value) ([]T, error) {
	data, err := Data[T](v)
	return slices.Clone(data), err
}

// Release gives the memory back, as soon as no Run and no session uses it any more. Only the first call has an effect;
// a nil value is ignored.
func (v *Value) Release() {
	if v != nil && v.released.CompareAndSwap(false, true) {
		v.drop()
	}
}

// acquire keeps the value's memory until drop; false when it is gone already.
func (v *Value) acquire() bool {
	if v == nil || v.released.Load() {
		return false
	}
	for {
		n := v.refs.Load()
		if n == 0 {
			return false
		}
		if v.refs.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

func (v *Value) drop() {
	if v.refs.Add(-1) > 0 {
		return
	}
	v.rt.release(fnReleaseValue, v.handle)
	if _, ok := v.rt.pinned.LoadAndDelete(v); ok {
		v.pin.Unpin()
	}
	v.rt.live.Add(-1)
}

// elements returns the product of the dimensions.
func elements(shape []int) (int, error) {
	count := 1
	for _, d := range shape {
		if d < 0 {
			return 0, fmt.Errorf("tensor shape %v has a negative dimension", shape)
		}
		if d > 0 && count > math.MaxInt/8/d {
			return 0, fmt.Errorf("tensor shape %v is too large", shape)
		}
		count *= d
	}
	return count, nil
}

// dims64 returns the dimensions as ONNX Runtime wants them, in a slice that has an address even for a scalar.
func dims64(shape []int) []int64 {
	dims := make([]int64, max(1, len(shape)))
	for i, d := range shape {
		dims[i] = int64(d)
	}
	return dims
}
