package agent

import (
	"fmt"
	"slices"
	"strings"
)

// maxReasons bounds a Report, for reasons quote their input; what exceeds it is counted under one last reason.
const maxReasons = 50

// Skip counts a line under a reason.
func (r *Report) Skip(reason string, line int) {
	i := slices.IndexFunc(r.Skipped, func(s Skipped) bool { return s.Reason == reason })
	if i < 0 && len(r.Skipped) >= maxReasons-1 {
		reason = "for other reasons"
		i = slices.IndexFunc(r.Skipped, func(s Skipped) bool { return s.Reason == reason })
	}
	if i < 0 {
		r.Skipped = append(r.Skipped, Skipped{Reason: reason})
		i = len(r.Skipped) - 1
	}
	s := &r.Skipped[i]
	s.Count++
	if len(s.Lines) < 10 {
		s.Lines = append(s.Lines, line)
	}
}

// String is the report for people, one line a reason; "" when nothing was skipped.
func (r Report) String() string {
	var b strings.Builder
	for _, s := range r.Skipped {
		lines := make([]string, len(s.Lines))
		for i, n := range s.Lines {
			lines[i] = fmt.Sprint(n)
		}
		more := ""
		if s.Count > len(s.Lines) {
			more = ", …"
		}
		fmt.Fprintf(&b, "%d of %d lines: %s (line %s%s)\n", s.Count, r.Lines, s.Reason, strings.Join(lines, ", "), more)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// UnknownType is the reason for lines of a type that a reader does not know.
func UnknownType(name string) string {
	if r := []rune(name); len(r) > 40 {
		name = string(r[:40]) + "…"
	}
	return fmt.Sprintf("unknown type %q", name)
}
