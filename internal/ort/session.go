package ort

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"unsafe"
)

var (
	errReleased = errors.New("tensor was released already")
	errClosed   = errors.New("session was closed already")
)

// Session is a loaded model. Run may be called by several goroutines at once.
type Session struct {
	rt              *Runtime
	inputs, outputs []Info
	inputIndex      map[string]int
	outputIndex     map[string]int
	inputNames      []*byte // C strings
	outputNames     []*byte
	held            []*Value // Options.Initializers

	// mu is held for reading by every Run, so that Close waits for them.
	mu     sync.RWMutex
	handle uintptr // 0 once closed
}

// NewSession makes a session from a model's protobuf bytes, which are not kept. External data is looked for in the
// folder of the configuration entry "session.model_external_initializers_file_folder_path".
func (rt *Runtime) NewSession(model []byte, opts Options) (*Session, error) {
	if len(model) == 0 {
		return nil, errors.New("make session: the model is empty")
	}
	s, err := rt.newSession(opts, func(options uintptr, handle *uintptr) error {
		return rt.call(fnCreateSessionFromArray, rt.env, uintptr(unsafe.Pointer(&model[0])), uintptr(len(model)),
			options, uintptr(unsafe.Pointer(handle)))
	})
	if err != nil {
		return nil, fmt.Errorf("make session: %w", err)
	}
	return s, nil
}

// NewSessionFile makes a session from a model file. External data is looked for beside it.
func (rt *Runtime) NewSessionFile(path string, opts Options) (*Session, error) {
	name, err := ortPath(path)
	if err != nil {
		return nil, fmt.Errorf("make session from %s: %w", path, err)
	}
	s, err := rt.newSession(opts, func(options uintptr, handle *uintptr) error {
		return rt.call(fnCreateSession, rt.env, uintptr(unsafe.Pointer(&name[0])), options, uintptr(unsafe.Pointer(handle)))
	})
	if err != nil {
		return nil, fmt.Errorf("make session from %s: %w", path, err)
	}
	return s, nil
}

func (rt *Runtime) newSession(opts Options, create func(options uintptr, handle *uintptr) error) (*Session, error) {
	var options uintptr
	if err := rt.call(fnCreateSessionOptions, uintptr(unsafe.Pointer(&options))); err != nil {
		return nil, err
	}
	defer rt.release(fnReleaseSessionOptions, options)
	s := &Session{rt: rt}
	err := rt.configure(options, opts)
	if err == nil {
		err = s.holdInitializers(options, opts.Initializers)
	}
	if err == nil {
		err = create(options, &s.handle)
	}
	if err == nil {
		err = s.describe()
	}
	if err != nil {
		_ = s.Close() // err says more
		return nil, err
	}
	return s, nil
}

// holdInitializers hands the values to the session and keeps them until it is closed.
func (s *Session) holdInitializers(options uintptr, values map[string]*Value) error {
	if len(values) == 0 {
		return nil
	}
	names := slices.Sorted(maps.Keys(values))
	handles := make([]uintptr, len(names))
	for i, name := range names {
		v := values[name]
		if !v.acquire() {
			return fmt.Errorf("initialiser %q: %w", name, errReleased)
		}
		s.held = append(s.held, v)
		handles[i] = v.handle
	}
	cNames, err := cStrings(names)
	if err != nil {
		return err
	}
	return s.rt.call(fnAddExternalInitializers, options, uintptr(unsafe.Pointer(&cNames[0])),
		uintptr(unsafe.Pointer(&handles[0])), uintptr(len(names)))
}

// Inputs describes the model's inputs, in its order.
func (s *Session) Inputs() []Info { return s.inputs }

// Outputs describes the model's outputs, in its order.
func (s *Session) Outputs() []Info { return s.outputs }

// EndProfiling ends the profile that Options.ProfilePrefix began and returns its file's name.
func (s *Session) EndProfiling() (string, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.handle == 0 {
		return "", errClosed
	}
	var name uintptr
	if err := s.rt.call(fnSessionEndProfiling, s.handle, s.rt.allocator, uintptr(unsafe.Pointer(&name))); err != nil {
		return "", err
	}
	return s.rt.takeString(name)
}

// NodesPerProvider returns how many nodes of the optimised main graph each execution provider got ("CPU": 12); the
// nodes inside a Loop are counted too. It needs Options.RecordNodes.
func (s *Session) NodesPerProvider() (map[string]int, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.handle == 0 {
		return nil, errClosed
	}
	var list uintptr // belongs to the session, as all below
	var n int
	if err := s.rt.call(fnSessionGetEpGraphAssignmentInfo, s.handle, uintptr(unsafe.Pointer(&list)), uintptr(unsafe.Pointer(&n))); err != nil {
		return nil, err
	}
	nodes := map[string]int{}
	if n == 0 {
		return nodes, nil
	}
	for _, subgraph := range unsafe.Slice((*uintptr)(address(list)), n) {
		var name, members uintptr
		var count int
		if err := s.rt.call(fnEpAssignedSubgraphGetEpName, subgraph, uintptr(unsafe.Pointer(&name))); err != nil {
			return nil, err
		}
		if err := s.rt.call(fnEpAssignedSubgraphGetNodes, subgraph, uintptr(unsafe.Pointer(&members)), uintptr(unsafe.Pointer(&count))); err != nil {
			return nil, err
		}
		nodes[strings.TrimSuffix(goString(name), "ExecutionProvider")] += count
	}
	return nodes, nil
}

// Close frees the session once the Runs in progress have returned. Only the first call has an effect.
func (s *Session) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rt.release(fnReleaseSession, s.handle)
	s.handle = 0
	for _, v := range s.held {
		v.drop()
	}
	s.held = nil
	return nil
}

// describe reads names, types and shapes of inputs and outputs.
func (s *Session) describe() (err error) {
	s.inputs, err = s.rt.infos(s.handle, fnSessionGetInputCount, fnSessionGetInputName, fnSessionGetInputTypeInfo)
	if err != nil {
		return fmt.Errorf("read the model's inputs: %w", err)
	}
	s.outputs, err = s.rt.infos(s.handle, fnSessionGetOutputCount, fnSessionGetOutputName, fnSessionGetOutputTypeInfo)
	if err != nil {
		return fmt.Errorf("read the model's outputs: %w", err)
	}
	if s.inputIndex, s.inputNames, err = index(s.inputs); err != nil {
		return err
	}
	s.outputIndex, s.outputNames, err = index(s.outputs)
	return err
}

func index(infos []Info) (map[string]int, []*byte, error) {
	byName := make(map[string]int, len(infos))
	for i, info := range infos {
		byName[info.Name] = i
	}
	names, err := cStrings(namesOf(infos))
	return byName, names, err
}

func namesOf(infos []Info) []string {
	names := make([]string, len(infos))
	for i, info := range infos {
		names[i] = info.Name
	}
	return names
}

func listNames(infos []Info) string { return strings.Join(namesOf(infos), ", ") }

func (rt *Runtime) infos(session uintptr, fnCount, fnName, fnType int) ([]Info, error) {
	var n int
	if err := rt.call(fnCount, session, uintptr(unsafe.Pointer(&n))); err != nil {
		return nil, err
	}
	infos := make([]Info, n)
	for i := range infos {
		var name uintptr
		err := rt.call(fnName, session, uintptr(i), rt.allocator, uintptr(unsafe.Pointer(&name)))
		if err != nil {
			return nil, err
		}
		if infos[i].Name, err = rt.takeString(name); err != nil {
			return nil, err
		}
		var info uintptr
		if err := rt.call(fnType, session, uintptr(i), uintptr(unsafe.Pointer(&info))); err != nil {
			return nil, err
		}
		err = rt.readTensorInfo(info, &infos[i])
		rt.release(fnReleaseTypeInfo, info)
		if err != nil {
			return nil, err
		}
	}
	return infos, nil
}

// readTensorInfo fills type and shape; it leaves them empty when it is not a tensor.
func (rt *Runtime) readTensorInfo(typeInfo uintptr, info *Info) error {
	var tensor uintptr // belongs to typeInfo
	if err := rt.call(fnCastTypeInfoToTensorInfo, typeInfo, uintptr(unsafe.Pointer(&tensor))); err != nil || tensor == 0 {
		return err
	}
	var rank int
	if err := rt.call(fnGetTensorElementType, tensor, uintptr(unsafe.Pointer(&info.Type))); err != nil {
		return err
	}
	if err := rt.call(fnGetDimensionsCount, tensor, uintptr(unsafe.Pointer(&rank))); err != nil {
		return err
	}
	info.Shape, info.Symbols = make([]int, rank), make([]string, rank)
	if rank == 0 {
		return nil
	}
	dims, symbols := make([]int64, rank), make([]uintptr, rank)
	if err := rt.call(fnGetDimensions, tensor, uintptr(unsafe.Pointer(&dims[0])), uintptr(rank)); err != nil {
		return err
	}
	if err := rt.call(fnGetSymbolicDimensions, tensor, uintptr(unsafe.Pointer(&symbols[0])), uintptr(rank)); err != nil {
		return err
	}
	for i := range dims {
		info.Shape[i], info.Symbols[i] = int(dims[i]), goString(symbols[i])
	}
	return nil
}

// takeString copies a C string that ONNX Runtime allocated, and frees it.
func (rt *Runtime) takeString(p uintptr) (string, error) {
	s := goString(p)
	return s, rt.call(fnAllocatorFree, rt.allocator, p)
}
