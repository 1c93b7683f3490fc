package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"

	"koe/internal/config"
)

type doctorCmd struct{}

// The states of a part.
const (
	stateOK      = "ok"
	stateNote    = "note"    // works, and there is something to know
	stateUnused  = "unused"  // there or not, nothing needs it
	stateMissing = "missing" // not there
	stateFailed  = "failed"  // there and broken
)

// part is a line of the report.
type part struct {
	Name    string         `json:"part"`
	State   string         `json:"state"`
	Found   string         `json:"found"`             // what, in words
	Details []string       `json:"details,omitempty"` // more of it
	Remedy  string         `json:"remedy,omitempty"`
	Data    map[string]any `json:"data,omitempty"`

	exit int // what the part's state makes of the exit code
}

func (p part) detail(format string, args ...any) part {
	p.Details = append(p.Details, fmt.Sprintf(format, args...))
	return p
}

// failed is a part that is missing or broken.
func failed(name string, err error) part {
	p := part{Name: name, State: stateFailed, Found: err.Error(), exit: exitFailure}
	if isMissing(err) {
		p.State, p.exit = stateMissing, exitMissing
	} else if errors.As(err, new(usageError)) {
		p.exit = exitUsage
	}
	return p
}

// report is what doctor found.
type report struct {
	Parts   []part `json:"parts"`
	Verdict string `json:"verdict"`
	Exit    int    `json:"exit_code"`

	show func(part) error
}

// add runs a check, which must not end the report whatever happens, and takes its parts.
func (r *report) add(ctx context.Context, name string, check func(context.Context) []part) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, p := range guarded(ctx, name, check) {
		r.Parts = append(r.Parts, p)
		if err := r.show(p); err != nil {
			return err
		}
	}
	return nil
}

func guarded(ctx context.Context, name string, check func(context.Context) []part) (parts []part) {
	defer func() {
		if p := recover(); p != nil {
			parts = []part{{Name: name, State: stateFailed, Found: fmt.Sprintf("this is a defect in koe: %v", p),
				Details: strings.Split(strings.TrimSpace(string(debug.Stack())), "\n"), exit: exitFailure}}
		}
	}()
	return check(ctx)
}

// conclude finds the exit code: a wrong configuration first, for nothing starts with it, then what is missing, then what
// is broken, and the sound device last, for all else works without.
func (r *report) conclude() {
	found := map[int]string{}
	for _, p := range r.Parts {
		if p.exit != exitOK && found[p.exit] == "" {
			found[p.exit] = p.Name
		}
	}
	for _, code := range []int{exitUsage, exitMissing, exitFailure, exitSound} {
		if name := found[code]; name != "" {
			r.Exit = code
			switch code {
			case exitUsage:
				r.Verdict = "not ready: the configuration is wrong"
			case exitMissing:
				r.Verdict = "not ready: " + name + " is missing"
			case exitFailure:
				r.Verdict = "not ready: " + name + " failed"
			case exitSound:
				r.Verdict = "all works, but there is no sound device to hear it; --wav FILE writes the sound to a file"
			}
			return
		}
	}
	r.Verdict = "ready"
}

// Run checks every part. What goes wrong with one is that part's line and ends nothing.
func (doctorCmd) Run(ctx context.Context, s streams, c *common) error {
	r := &report{Exit: exitOK, show: func(part) error { return nil }}
	if !c.JSON {
		r.show = func(p part) error { return showPart(s.out, p) }
	}
	cfg, cfgErr := c.load()
	d := &doctor{cfg: cfg, cfgErr: cfgErr}
	for _, check := range []struct {
		name string
		run  func(context.Context) []part
	}{
		{"koe", d.program}, {"machine", d.machine}, {"configuration", d.configuration}, {"ONNX Runtime", d.runtime},
		{"models", d.models}, {"graphs", d.graphs}, {"voice engines", d.engines}, {"sound", d.sound}, {"self-test", d.selfTest},
	} {
		if err := r.add(ctx, check.name, check.run); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	r.conclude()
	if c.JSON {
		enc := json.NewEncoder(s.out)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		if err := enc.Encode(r); err != nil {
			return err
		}
	}
	if r.Exit != exitOK {
		return codedError{r.Exit, errors.New(r.Verdict)}
	}
	if c.JSON {
		return nil
	}
	_, err := fmt.Fprintf(s.out, "\n%s\n", r.Verdict)
	return err
}

// showPart prints a part for people.
func showPart(w io.Writer, p part) error {
	var b strings.Builder
	const indent = "                             "
	fmt.Fprintf(&b, "%-8s%-20s %s\n", p.State, p.Name, p.Found)
	for _, d := range p.Details {
		fmt.Fprintf(&b, "%s%s\n", indent, d)
	}
	if p.Remedy != "" {
		fmt.Fprintf(&b, "%sto do: %s\n", indent, p.Remedy)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// doctor knows what the checks share.
type doctor struct {
	cfg    *config.Config // nil if it is wrong
	cfgErr error
}
