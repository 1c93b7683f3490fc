package ort

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/ebitengine/purego"
)

// Runtime is a loaded ONNX Runtime library. It is never unloaded, and safe for concurrent use.
type Runtime struct {
	path, version string
	api           [apiLen]uintptr
	env           uintptr
	memory        uintptr // OrtMemoryInfo of CPU memory
	allocator     uintptr // the default CPU allocator
	providers     []string

	live   atomic.Int64
	pinned sync.Map // *Value → nil, of values over Go memory: see NewTensor
}

// opened holds one Runtime per path: a library cannot be loaded twice, and ONNX Runtime itself has one environment per
// process. It is state of the process, not of a caller, hence the package variable.
var opened struct {
	sync.Mutex
	byPath map[string]*Runtime
}

// Open loads the library at path and checks that it is ONNX Runtime 1.30 or later. Opening a path again returns the
// same Runtime.
func Open(path string) (*Runtime, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open ONNX Runtime %s: %w", path, err)
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		abs = real
	}
	opened.Lock()
	defer opened.Unlock()
	if rt := opened.byPath[abs]; rt != nil {
		return rt, nil
	}
	rt, err := load(abs)
	if err != nil {
		return nil, fmt.Errorf("open ONNX Runtime %s: %w", path, err)
	}
	if opened.byPath == nil {
		opened.byPath = map[string]*Runtime{}
	}
	opened.byPath[abs] = rt
	return rt, nil
}

func load(path string) (*Runtime, error) {
	entry, err := openLibrary(path, "OrtGetApiBase")
	if err != nil {
		return nil, err
	}
	base, _, _ := purego.SyscallN(entry)
	if base == 0 {
		return nil, errors.New("OrtGetApiBase returned nothing")
	}
	// struct OrtApiBase { const OrtApi* (*GetApi)(uint32_t); const char* (*GetVersionString)(void); }
	functions := unsafe.Slice((*uintptr)(address(base)), 2)
	v, _, _ := purego.SyscallN(functions[1])
	version := goString(v)
	if !versionServes(version) {
		return nil, fmt.Errorf("version %s is too old: Koe needs 1.%d or later; run ./demo, which fetches one", version, apiVersion)
	}
	api, _, _ := purego.SyscallN(functions[0], apiVersion)
	if api == 0 {
		return nil, fmt.Errorf("version %s does not offer API version %d", version, apiVersion)
	}
	rt := &Runtime{path: path, version: version}
	copy(rt.api[:], unsafe.Slice((*uintptr)(address(api)), apiLen))

	logID, _ := cString("koe") // no NUL in it
	if err := rt.call(fnCreateEnvWithCustomLogger, logCallback(), 0, logWarning,
		uintptr(unsafe.Pointer(&logID[0])), uintptr(unsafe.Pointer(&rt.env))); err != nil {
		return nil, err
	}
	if err := rt.call(fnDisableTelemetryEvents, rt.env); err != nil {
		return nil, err
	}
	const arenaAllocator, memTypeDefault = 1, 0
	if err := rt.call(fnCreateCpuMemoryInfo, arenaAllocator, memTypeDefault, uintptr(unsafe.Pointer(&rt.memory))); err != nil {
		return nil, err
	}
	if err := rt.call(fnGetAllocatorWithDefaultOptions, uintptr(unsafe.Pointer(&rt.allocator))); err != nil {
		return nil, err
	}
	return rt, rt.readProviders()
}

// versionServes tells whether a version ("1.30.0") is one whose API we use.
func versionServes(version string) bool {
	parts := strings.SplitN(version, ".", 3)
	if len(parts) < 2 {
		return false
	}
	major, err1 := strconv.Atoi(parts[0])
	minor, err2 := strconv.Atoi(parts[1])
	return err1 == nil && err2 == nil && major == 1 && minor >= apiVersion
}

func (rt *Runtime) readProviders() error {
	var list uintptr
	var n int32
	if err := rt.call(fnGetAvailableProviders, uintptr(unsafe.Pointer(&list)), uintptr(unsafe.Pointer(&n))); err != nil {
		return err
	}
	for _, p := range unsafe.Slice((*uintptr)(address(list)), n) {
		rt.providers = append(rt.providers, strings.TrimSuffix(goString(p), "ExecutionProvider"))
	}
	return rt.call(fnReleaseAvailableProviders, list, uintptr(n))
}

// Path returns the file that the library was loaded from.
func (rt *Runtime) Path() string { return rt.path }

// Version returns the library's version ("1.30.0").
func (rt *Runtime) Version() string { return rt.version }

// BuildInfo returns what the library says of its build: commit, flags, compiler.
func (rt *Runtime) BuildInfo() string {
	p, _, _ := purego.SyscallN(rt.api[fnGetBuildInfoString])
	return goString(p)
}

// Providers returns the execution providers that the library was built with ("CPU", "WebGpu", "CoreML", "CUDA"), best
// first. That one is listed does not say that this machine has the device for it.
func (rt *Runtime) Providers() []string { return append([]string(nil), rt.providers...) }

// LiveValues returns how many values have been made (by NewTensor, AllocTensor or Run) and not been released yet.
func (rt *Runtime) LiveValues() int { return int(rt.live.Load()) }

// call calls a function of the OrtApi that returns an OrtStatus*.
//
//go:uintptrescapes
func (rt *Runtime) call(fn int, args ...uintptr) error {
	status, _, _ := purego.SyscallN(rt.api[fn], args...)
	if status == 0 {
		return nil
	}
	code, _, _ := purego.SyscallN(rt.api[fnGetErrorCode], status)
	message, _, _ := purego.SyscallN(rt.api[fnGetErrorMessage], status)
	err := &Error{Code: ErrorCode(int32(code)), Message: strings.TrimSpace(goString(message))}
	purego.SyscallN(rt.api[fnReleaseStatus], status)
	return err
}

// release calls a Release function of the OrtApi.
func (rt *Runtime) release(fn int, handle uintptr) {
	if handle != 0 {
		purego.SyscallN(rt.api[fn], handle)
	}
}

// OrtLoggingLevel.
const (
	logWarning = 2
	logError   = 3
)

// failedNode begins the log line of a node that fails or is terminated. Run returns the same text as its error, and a
// cancelled Run is no error at all: logging it would say it twice, or for nothing.
const failedNode = "Non-zero status code returned while running "

// logCallback is the one C function that ONNX Runtime logs to: purego never frees a callback. It may be called on
// threads that Go did not start.
var logCallback = sync.OnceValue(func() uintptr {
	// void (void* param, OrtLoggingLevel, const char* category, const char* logid, const char* location, const char* message)
	return purego.NewCallback(func(_, severity, _, _, location, message uintptr) uintptr {
		text := goString(message)
		if strings.HasPrefix(text, failedNode) {
			return 0
		}
		level := slog.LevelWarn
		if int32(severity) >= logError {
			level = slog.LevelError
		}
		slog.Default().LogAttrs(context.Background(), level, "onnxruntime: "+text, slog.String("at", goString(location)))
		return 0
	})
})
