// Command testlist reads `go test -json` and prints what a person wants to see: a line for each package, the output of
// what failed, and at the end what was skipped and why. It exits with 1 if anything failed, no test ran, or, with CI=true,
// a test was skipped.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
)

type event struct {
	Action     string
	Package    string
	ImportPath string // of build output
	Test       string
	Elapsed    float64
	Output     string
}

type list struct {
	output                  map[string][]string // by package and test
	passed, failed, skipped int
	reasons                 map[string][]string // why → tests
}

func main() {
	l := list{output: map[string][]string{}, reasons: map[string][]string{}}
	if err := l.read(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "testlist:", err)
		os.Exit(1)
	}
	l.end(os.Stdout)
	if os.Getenv("CI") == "true" && l.skipped > 0 {
		fmt.Println("CI skips nothing: what is missing must be installed")
		os.Exit(1)
	}
	if l.failed > 0 || l.passed == 0 {
		os.Exit(1)
	}
}

func (l *list) read(r io.Reader, w io.Writer) error {
	in := bufio.NewScanner(r)
	in.Buffer(nil, 64<<20)
	for in.Scan() {
		var ev event
		if err := json.Unmarshal(in.Bytes(), &ev); err != nil {
			fmt.Fprintln(w, in.Text())
			continue
		}
		l.take(ev, w)
	}
	return in.Err()
}

func (l *list) take(ev event, w io.Writer) {
	key := ev.Package + " " + ev.Test
	switch ev.Action {
	case "output":
		l.output[key] = append(l.output[key], ev.Output)
	case "build-output":
		fmt.Fprint(w, ev.Output)
	case "build-fail":
		l.failed++
	case "pass", "fail", "skip":
		l.result(ev, key, w)
	}
}

func (l *list) result(ev event, key string, w io.Writer) {
	lines := l.output[key]
	delete(l.output, key)
	if ev.Test == "" {
		switch ev.Action {
		case "pass":
			fmt.Fprintf(w, "ok  \t%s\t%.3fs\n", ev.Package, ev.Elapsed)
		case "fail":
			l.failed++
			fmt.Fprint(w, strings.Join(lines, ""))
			fmt.Fprintf(w, "FAIL\t%s\t%.3fs\n", ev.Package, ev.Elapsed)
		}
		return
	}
	switch ev.Action {
	case "pass":
		l.passed++
	case "fail":
		l.failed++
		fmt.Fprint(w, strings.Join(lines, ""))
	case "skip":
		l.skipped++
		why := reason(lines)
		l.reasons[why] = append(l.reasons[why], strings.TrimPrefix(ev.Package, "koe/")+" "+ev.Test)
	}
}

// reason is the text of t.Skip: the last line of the test's output that is indented and has a place.
func reason(lines []string) string {
	why := "no reason given"
	for _, line := range lines {
		if _, text, ok := strings.Cut(strings.TrimSpace(line), ".go:"); ok {
			if _, text, ok = strings.Cut(text, ": "); ok {
				why = text
			}
		}
	}
	return why
}

func (l *list) end(w io.Writer) {
	var whys []string
	for why := range l.reasons {
		whys = append(whys, why)
	}
	sort.Strings(whys)
	if len(whys) > 0 {
		fmt.Fprintln(w, "\nskipped:")
	}
	for _, why := range whys {
		fmt.Fprintf(w, "  %s\n", why)
		for _, t := range l.reasons[why] {
			fmt.Fprintf(w, "      %s\n", t)
		}
	}
	fmt.Fprintf(w, "\n%d passed, %d failed, %d skipped\n", l.passed, l.failed, l.skipped)
}
