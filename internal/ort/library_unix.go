//go:build !windows

package ort

import "github.com/ebitengine/purego"

// openLibrary loads a shared library and returns the address of symbol in it. The library stays loaded.
func openLibrary(path, symbol string) (uintptr, error) {
	lib, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return 0, err
	}
	return purego.Dlsym(lib, symbol)
}

// ortPath encodes a path as ORTCHAR_T: bytes, NUL at the end.
func ortPath(path string) ([]byte, error) { return cString(path) }
