package ort

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

// openLibrary loads a DLL by its absolute path (a name alone might find the old onnxruntime.dll of System32), with the
// DLLs that it needs looked for beside it first, and returns the address of symbol in it. The library stays loaded.
func openLibrary(path, symbol string) (uintptr, error) {
	lib, err := windows.LoadLibraryEx(path, 0, windows.LOAD_WITH_ALTERED_SEARCH_PATH)
	if err != nil {
		return 0, err
	}
	return windows.GetProcAddress(lib, symbol)
}

// ortPath encodes a path as ORTCHAR_T: UTF-16, NUL at the end.
func ortPath(path string) ([]byte, error) {
	units, err := windows.UTF16FromString(path)
	if err != nil {
		return nil, err
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&units[0])), 2*len(units)), nil
}
