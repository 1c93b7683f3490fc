//go:build !race

package jsonl

import (
	"strings"
	"testing"
)

// A hostile line must not cost more than the budget.
func TestRecoverIsBounded(t *testing.T) {
	line := []byte(strings.Repeat(`{"a":`, 1<<20))
	if objects, reason := Recover(line); len(objects) > 0 || reason != NotJSON {
		t.Errorf("%d objects, %s", len(objects), reason)
	}
}
