package ort

import (
	"context"
	"fmt"
	"unsafe"
)

// Run computes the named outputs, or all in the model's order when none is named, from the inputs by name. The values
// returned are the caller's to release. When ctx is cancelled the computation ends at the next operator and Run returns
// ctx.Err(); it never returns before ONNX Runtime has let go of the inputs.
func (s *Session) Run(ctx context.Context, inputs map[string]*Value, outputs ...string) ([]*Value, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.handle == 0 {
		return nil, errClosed
	}
	var a arguments
	defer a.drop()
	if err := a.set(s, inputs, outputs); err != nil {
		return nil, err
	}
	if err := s.run(ctx, &a); err != nil {
		if cancelled := ctx.Err(); cancelled != nil {
			return nil, cancelled
		}
		return nil, fmt.Errorf("run model: %w", err)
	}
	values := make([]*Value, len(a.results))
	var failed error
	for i, handle := range a.results {
		v, err := adopt(s.rt, handle)
		if err != nil && failed == nil {
			failed = fmt.Errorf("output %q: %w", s.resultName(i, outputs), err)
		}
		values[i] = v
	}
	if failed != nil {
		for _, v := range values {
			v.Release()
		}
		return nil, failed
	}
	return values, nil
}

func (s *Session) resultName(i int, outputs []string) string {
	if len(outputs) > 0 {
		return outputs[i]
	}
	return s.outputs[i].Name
}

// arguments is what OrtApi.Run takes, in the order it wants, and the values held meanwhile.
type arguments struct {
	held        []*Value
	inputNames  []*byte
	inputs      []uintptr
	outputNames []*byte
	results     []uintptr
}

// set checks names and types before ONNX Runtime does, for its messages name neither what there is nor what was meant.
func (a *arguments) set(s *Session, inputs map[string]*Value, outputs []string) error {
	a.held = make([]*Value, 0, len(s.inputs))
	a.inputNames = s.inputNames
	a.inputs = make([]uintptr, len(s.inputs))
	for i := range s.inputs {
		info := &s.inputs[i]
		v, ok := inputs[info.Name]
		if !ok {
			return fmt.Errorf("input %q is missing: the model takes %s", info.Name, listNames(s.inputs))
		}
		if !v.acquire() {
			return fmt.Errorf("input %q: %w", info.Name, errReleased)
		}
		a.held = append(a.held, v)
		if v.element != info.Type {
			return fmt.Errorf("input %q must be %s, got %s", info.Name, info.Type, v.element)
		}
		a.inputs[i] = v.handle
	}
	if len(inputs) > len(s.inputs) {
		for name := range inputs {
			if _, ok := s.inputIndex[name]; !ok {
				return fmt.Errorf("there is no input %q: the model takes %s", name, listNames(s.inputs))
			}
		}
	}
	a.outputNames = s.outputNames
	if len(outputs) > 0 {
		a.outputNames = make([]*byte, len(outputs))
		for i, name := range outputs {
			j, ok := s.outputIndex[name]
			if !ok {
				return fmt.Errorf("there is no output %q: the model gives %s", name, listNames(s.outputs))
			}
			a.outputNames[i] = s.outputNames[j]
		}
	}
	a.results = make([]uintptr, len(a.outputNames))
	return nil
}

func (a *arguments) drop() {
	for _, v := range a.held {
		v.drop()
	}
}

// run calls OrtApi.Run, with a watcher that terminates it when ctx is cancelled.
func (s *Session) run(ctx context.Context, a *arguments) error {
	if ctx.Done() == nil {
		return s.call(0, a)
	}
	var options uintptr
	if err := s.rt.call(fnCreateRunOptions, uintptr(unsafe.Pointer(&options))); err != nil {
		return err
	}
	defer s.rt.release(fnReleaseRunOptions, options)
	// AfterFunc starts no goroutine before ctx is cancelled, which keeps a Run cheap.
	watched := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(watched)
		_ = s.rt.call(fnRunOptionsSetTerminate, options) // fails only for a nil argument
	})
	err := s.call(options, a)
	if !stop() {
		<-watched // it reads the options
	}
	return err
}

func (s *Session) call(options uintptr, a *arguments) error {
	return s.rt.call(fnRun, s.handle, options,
		uintptr(unsafe.Pointer(unsafe.SliceData(a.inputNames))), uintptr(unsafe.Pointer(unsafe.SliceData(a.inputs))), uintptr(len(a.inputs)),
		uintptr(unsafe.Pointer(unsafe.SliceData(a.outputNames))), uintptr(len(a.outputNames)),
		uintptr(unsafe.Pointer(unsafe.SliceData(a.results))))
}
