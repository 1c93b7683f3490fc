package ort

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// EnvLibrary is the environment variable that names the library, or the folder it lies in.
const EnvLibrary = "KOE_ONNXRUNTIME"

// ErrNotFound is what Find's error is when no library lies in any of the places.
var ErrNotFound = errors.New("ONNX Runtime not found")

// Find returns the path of the ONNX Runtime library. KOE_ONNXRUNTIME is decisive when it is set; otherwise it looks
// beside the executable, in bin/ there and in bin/ of the folder above, then where systems keep libraries. The error
// names all places.
func Find() (string, error) {
	if path := os.Getenv(EnvLibrary); path != "" {
		return FindIn(path)
	}
	var places []string
	if exe, err := os.Executable(); err == nil {
		if real, err := filepath.EvalSymlinks(exe); err == nil {
			exe = real
		}
		dir := filepath.Dir(exe)
		places = append(places, dir, filepath.Join(dir, "bin"), filepath.Join(filepath.Dir(dir), "bin"))
	}
	places = append(places, systemPlaces()...)
	return FindIn(places...)
}

// FindIn looks for the library in the places given, each a folder or the library itself.
func FindIn(places ...string) (string, error) {
	for _, place := range places {
		info, err := os.Stat(place)
		if err != nil {
			continue
		}
		if !info.IsDir() {
			return place, nil
		}
		for _, name := range libraryNames() {
			path := filepath.Join(place, name)
			if info, err := os.Stat(path); err == nil && !info.IsDir() {
				return path, nil
			}
		}
	}
	hint := ""
	if path := os.Getenv(EnvLibrary); path != "" && len(places) == 1 && places[0] == path {
		hint = " (" + EnvLibrary + ")"
	}
	return "", fmt.Errorf("%w: no %s in %s%s; run ./demo, which fetches it, or set %s to the library's path", ErrNotFound,
		strings.Join(libraryNames(), " or "), strings.Join(places, ", "), hint, EnvLibrary)
}

// libraryNames returns the names that the library goes by here, most specific first.
func libraryNames() []string {
	switch runtime.GOOS {
	case "windows":
		return []string{"onnxruntime.dll"}
	case "darwin":
		return []string{"libonnxruntime.1.dylib", "libonnxruntime.dylib"}
	default:
		return []string{"libonnxruntime.so.1", "libonnxruntime.so"}
	}
}

// systemPlaces returns where libraries lie on this system. None on Windows: System32 has an old onnxruntime.dll.
func systemPlaces() []string {
	switch runtime.GOOS {
	case "windows":
		return nil
	case "darwin":
		return []string{"/opt/homebrew/lib", "/usr/local/lib"}
	default:
		places := filepath.SplitList(os.Getenv("LD_LIBRARY_PATH"))
		triple := map[string]string{"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}[runtime.GOARCH]
		return append(places, "/usr/local/lib", "/usr/lib/"+triple, "/usr/lib64", "/usr/lib")
	}
}
