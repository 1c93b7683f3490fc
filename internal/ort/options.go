package ort

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unsafe"
)

// configure applies opts, but for the initialisers, to an OrtSessionOptions.
func (rt *Runtime) configure(options uintptr, opts Options) error {
	if opts.IntraThreads < 0 {
		return fmt.Errorf("%d threads: must be 0 (one) or more", opts.IntraThreads)
	}
	if err := rt.call(fnSetIntraOpNumThreads, options, uintptr(max(1, opts.IntraThreads))); err != nil {
		return err
	}
	levels := []uintptr{99, 0, 1, 2} // GraphOptimizationLevel: all, none, basic, extended
	if opts.Optimization < 0 || opts.Optimization >= len(levels) {
		return fmt.Errorf("optimization level %d: must be 0 (all), 1 (none), 2 (basic) or 3 (extended)", opts.Optimization)
	}
	if err := rt.call(fnSetSessionGraphOptimizationLevel, options, levels[opts.Optimization]); err != nil {
		return err
	}
	if opts.NoArena {
		if err := rt.call(fnDisableCpuMemArena, options); err != nil {
			return err
		}
	}
	if opts.NoMemoryPattern {
		if err := rt.call(fnDisableMemPattern, options); err != nil {
			return err
		}
	}
	if opts.RecordNodes {
		if err := rt.setConfig(options, "session.record_ep_graph_assignment_info", "1"); err != nil {
			return err
		}
	}
	for _, key := range slices.Sorted(maps.Keys(opts.Config)) {
		if err := rt.setConfig(options, key, opts.Config[key]); err != nil {
			return err
		}
	}
	for _, p := range []struct {
		fn   int
		path string
	}{{fnSetOptimizedModelFilePath, opts.SaveOptimized}, {fnEnableProfiling, opts.ProfilePrefix}} {
		if p.path == "" {
			continue
		}
		name, err := ortPath(p.path)
		if err != nil {
			return err
		}
		if err := rt.call(p.fn, options, uintptr(unsafe.Pointer(&name[0]))); err != nil {
			return fmt.Errorf("%s: %w", p.path, err)
		}
	}
	return rt.appendProvider(options, opts.Provider, opts.ProviderOptions)
}

func (rt *Runtime) setConfig(options uintptr, key, value string) error {
	pair, err := cStrings([]string{key, value})
	if err == nil {
		err = rt.call(fnAddSessionConfigEntry, options, uintptr(unsafe.Pointer(pair[0])), uintptr(unsafe.Pointer(pair[1])))
	}
	if err != nil {
		return fmt.Errorf("session configuration %s=%s: %w", key, value, err)
	}
	return nil
}

// appendProvider asks for an execution provider; nodes that it cannot take run on the CPU.
func (rt *Runtime) appendProvider(options uintptr, name string, settings map[string]string) error {
	if name == "" || strings.EqualFold(name, "cpu") {
		if len(settings) > 0 {
			return fmt.Errorf("the CPU provider takes no options, got %v", slices.Sorted(maps.Keys(settings)))
		}
		return nil
	}
	i := slices.IndexFunc(rt.providers, func(p string) bool { return strings.EqualFold(p, name) })
	if i < 0 {
		return fmt.Errorf("execution provider %q is not in this ONNX Runtime (%s): it has %s", name, rt.path, strings.Join(rt.providers, ", "))
	}
	keys := slices.Sorted(maps.Keys(settings))
	values := make([]string, len(keys))
	for i, key := range keys {
		values[i] = settings[key]
	}
	cKeys, err := cStrings(append(keys, "")) // one more, so that there is an address
	if err != nil {
		return err
	}
	cValues, err := cStrings(append(values, ""))
	if err != nil {
		return err
	}
	if strings.EqualFold(name, "cuda") {
		return rt.appendCUDA(options, cKeys, cValues)
	}
	// The name that SessionOptionsAppendExecutionProvider wants is not always that of GetAvailableProviders.
	providerName := rt.providers[i]
	if strings.EqualFold(name, "webgpu") {
		providerName = "WebGPU"
	}
	cName, err := cString(providerName)
	if err != nil {
		return err
	}
	if err := rt.call(fnSessionOptionsAppendExecutionProvider, options, uintptr(unsafe.Pointer(&cName[0])),
		uintptr(unsafe.Pointer(&cKeys[0])), uintptr(unsafe.Pointer(&cValues[0])), uintptr(len(keys))); err != nil {
		return fmt.Errorf("execution provider %s: %w", providerName, err)
	}
	return nil
}

// appendCUDA is apart because CUDA is not among the names that the general function knows. keys and values end with an
// empty one.
func (rt *Runtime) appendCUDA(options uintptr, keys, values []*byte) error {
	var cuda uintptr
	err := rt.call(fnCreateCUDAProviderOptions, uintptr(unsafe.Pointer(&cuda)))
	if err == nil {
		defer rt.release(fnReleaseCUDAProviderOptions, cuda)
		err = rt.call(fnUpdateCUDAProviderOptions, cuda, uintptr(unsafe.Pointer(&keys[0])),
			uintptr(unsafe.Pointer(&values[0])), uintptr(len(keys)-1))
	}
	if err == nil {
		err = rt.call(fnSessionOptionsAppendExecutionProviderCUDAV2, options, cuda)
	}
	if err != nil {
		return fmt.Errorf("execution provider CUDA: %w", err)
	}
	return nil
}
