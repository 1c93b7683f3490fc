package agent

import (
	"fmt"
	"testing"
)

func TestReport(t *testing.T) {
	r := Report{Lines: 100}
	for i := range 12 {
		r.Skip("not JSON", i+1)
	}
	r.Skip("truncated last line", 100)
	want := `12 of 100 lines: not JSON (line 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, …)
1 of 100 lines: truncated last line (line 100)`
	if r.String() != want {
		t.Errorf("got\n%v\nwant\n%v", r, want)
	}
}

func TestReportIsBounded(t *testing.T) {
	var r Report
	for i := range 1000 {
		r.Skip(UnknownType(fmt.Sprint("type ", i)), i+1)
	}
	if len(r.Skipped) != maxReasons {
		t.Errorf("%d reasons", len(r.Skipped))
	}
	if got := r.Skipped[maxReasons-1].Count; got != 1000-maxReasons+1 {
		t.Errorf("%d under the last reason", got)
	}
}
