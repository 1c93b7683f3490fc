// Package orttest owns what tests need of ONNX Runtime: the library, found where a test runs.
package orttest

import (
	"os"
	"path/filepath"
	"testing"

	"koe/internal/ort"
	"koe/internal/testenv"
)

// Open opens ONNX Runtime from KOE_ONNXRUNTIME, the module's bin/, or the system, or skips the test.
func Open(t testing.TB) *ort.Runtime {
	t.Helper()
	find := func() (string, error) { return ort.FindIn(filepath.Join(testenv.Root(t), "bin")) }
	if os.Getenv(ort.EnvLibrary) != "" {
		find = ort.Find
	}
	path, err := find()
	if err != nil {
		path, err = ort.Find()
	}
	if err != nil {
		testenv.Skip(t, "ONNX Runtime (run ./demo or set "+ort.EnvLibrary+")")
	}
	rt, err := ort.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return rt
}
