// Package testenv owns what tests need of their machine: where the module's root is, and skips that name what is
// missing (and fail in CI, where everything must be there).
package testenv

import (
	"os"
	"path/filepath"
	"testing"
)

// Skip skips the test because something is missing ("PulseAudio"). With CI=true it fails instead.
func Skip(t testing.TB, missing string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("missing: %s (CI must have it)", missing)
	}
	t.Skipf("missing: %s", missing)
}

// Root returns the module's root folder.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("no go.mod above the test")
		}
		dir = up
	}
}

// Shared returns the folder of samples and corpora beside the checkout, or skips.
func Shared(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(Root(t), "..", "shared")
	if _, err := os.Stat(filepath.Join(dir, "README.md")); err != nil {
		Skip(t, "../shared")
	}
	return dir
}
