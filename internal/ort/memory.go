package ort

import (
	"fmt"
	"strings"
	"unsafe"
)

// address turns an address that C gave into a pointer. C memory never moves and is not Go's: the conversion through
// memory says so to vet, which can only see that an integer becomes a pointer.
func address(p uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&p)) }

// goString copies a C string.
func goString(p uintptr) string {
	if p == 0 {
		return ""
	}
	start := address(p)
	n := 0
	for *(*byte)(unsafe.Add(start, n)) != 0 {
		n++
	}
	return string(unsafe.Slice((*byte)(start), n))
}

// cString returns s with a NUL at its end. Strings with a NUL inside are refused: C would cut them there.
func cString(s string) ([]byte, error) {
	if i := strings.IndexByte(s, 0); i >= 0 {
		return nil, fmt.Errorf("NUL byte at offset %d of %q", i, s)
	}
	b := make([]byte, len(s)+1)
	copy(b, s)
	return b, nil
}

// cStrings returns pointers to C copies of ss, which live as long as the pointers do.
func cStrings(ss []string) ([]*byte, error) {
	ps := make([]*byte, len(ss))
	for i, s := range ss {
		b, err := cString(s)
		if err != nil {
			return nil, err
		}
		ps[i] = &b[0]
	}
	return ps, nil
}
