package jsonl

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/go-json-experiment/json"

	"koe/internal/agent"
)

func TestNext(t *testing.T) {
	long := strings.Repeat("x", 100<<10)
	src := "one\r\n\n" + long + "\n" + long + long + "\nlast"
	for name, r := range map[string]io.Reader{
		"whole": strings.NewReader(src), "halves": iotest.HalfReader(strings.NewReader(src)),
		"with EOF": iotest.DataErrReader(strings.NewReader(src)),
	} {
		t.Run(name, func(t *testing.T) {
			lines := NewReader(r, len(long))
			want := []Line{{Data: []byte("one")}, {}, {Data: []byte(long)}, {TooLong: true}, {Data: []byte("last"), Truncated: true}}
			before := time.Now()
			for i, w := range want {
				got, err := lines.Next()
				if err != nil || got.Number != i+1 || !bytes.Equal(got.Data, w.Data) || got.TooLong != w.TooLong || got.Truncated != w.Truncated {
					t.Fatalf("line %d: %d %.20q long %v truncated %v, %v", i+1, got.Number, got.Data, got.TooLong, got.Truncated, err)
				}
				if got.Read.Before(before) {
					t.Errorf("line %d was read at %v, before the test began", i+1, got.Read)
				}
			}
			if _, err := lines.Next(); !errors.Is(err, io.EOF) {
				t.Errorf("at the end: %v", err)
			}
		})
	}
}

// The time is that of the read that brought the last byte, not of the call of Next.
func TestReadTime(t *testing.T) {
	lines := NewReader(strings.NewReader("a\nb\n"), 0)
	a, _ := lines.Next()
	time.Sleep(2 * time.Millisecond)
	b, _ := lines.Next()
	if !a.Read.Equal(b.Read) {
		t.Errorf("two lines of one read: %v and %v", a.Read, b.Read)
	}
}

func TestRecover(t *testing.T) {
	a, b := `{"type":"a","x":{"y":[1,{"z":2}]}}`, `{"type":"b","s":"{\"q\":1}"}`
	for _, tt := range []struct {
		name, line string
		want       []string
		reason     string
	}{
		{"noise", "npm warn deprecated", nil, NotJSON},
		{"number", "42", nil, NotObject},
		{"string", `"{\"type\":1}"`, nil, NotObject},
		{"array", `[{"a":1}]`, nil, NotObject},
		{"cut", a[:20], nil, NotJSON},
		{"two", a + b, []string{a, b}, Spliced},
		{"two with space", a + "  " + b, []string{a, b}, Spliced},
		{"cut, then whole", a[:12] + b, []string{b}, Spliced},
		{"cut in a string, then whole", b[:16] + a, []string{a}, Spliced},
		{"noise, then whole", "warning: " + a, []string{a}, Spliced},
		{"whole, cut, whole", a + b[:9] + a, []string{a, a}, Spliced},
		{"whole, then noise", a + " done", []string{a}, Spliced},
		{"cut at every level", `{"a":{"b":{"c":` + a, []string{a}, Spliced},
	} {
		t.Run(tt.name, func(t *testing.T) {
			objects, reason := Recover([]byte(tt.line))
			var got []string
			for _, o := range objects {
				got = append(got, string(o))
			}
			if !slices.Equal(got, tt.want) || reason != tt.reason {
				t.Errorf("got %q, %q, want %q, %q", got, reason, tt.want, tt.reason)
			}
		})
	}
}

func walk(t testing.TB, src io.Reader, limit int) ([]string, agent.Report) {
	t.Helper()
	var report agent.Report
	var all []string
	var v struct {
		Type string `json:"type"`
	}
	err := Walk(context.Background(), src, limit, &report, func(o []byte) error {
		v.Type = ""
		return json.Unmarshal(o, &v, Options())
	}, func(Line) error {
		all = append(all, v.Type)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all, report
}

func TestWalk(t *testing.T) {
	src := strings.Join([]string{
		`{"type":"a"}`, "", "  ", "noise", `{"type":1}`, "\x00\x00\x00" + `{"type":"b"}`, `{"type":"c` + "\xff" + `"}`, "42",
		`{"type":"x{"type":"d"}`, `{"type":"` + strings.Repeat("x", 1000) + `"}`, "\uFEFF" + `{"type":"e","half":"\ud83d"}`, `{"type":"f","type":"g"}`, `{"type":"tru`,
	}, "\n")
	all, report := walk(t, strings.NewReader(src), 500)
	if want := []string{"a", "b", "c\uFFFD", "d", "e", "g"}; !slices.Equal(all, want) {
		t.Errorf("got %q, want %q", all, want)
	}
	want := `1 of 13 lines: not JSON (line 4)
1 of 13 lines: JSON of an unexpected shape (line 5)
1 of 13 lines: NUL bytes (the rest was read) (line 6)
1 of 13 lines: invalid UTF-8 (replaced) (line 7)
1 of 13 lines: not a JSON object (line 8)
1 of 13 lines: damaged or several objects on one line (what is whole was read) (line 9)
1 of 13 lines: longer than the limit (line 10)
1 of 13 lines: truncated last line (line 13)`
	if report.String() != want {
		t.Errorf("got\n%v\nwant\n%v", report, want)
	}
}

func FuzzWalk(f *testing.F) {
	f.Add([]byte(`{"type":"a"}{"type":"b"}` + "\n\x00{\"a\n" + `{"x":{"type":"c"}`))
	f.Add([]byte("42\n\xff\n[{\"a\":1}]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, report := walk(t, iotest.HalfReader(bytes.NewReader(data)), 200)
		if n := bytes.Count(data, []byte("\n")); report.Lines != n && report.Lines != n+1 {
			t.Errorf("%d lines, %d newlines", report.Lines, n)
		}
	})
}
