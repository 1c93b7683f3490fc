package config

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Entry is a key's effective value, as `koe config show` lists it.
type Entry struct {
	Key    string `json:"key"`
	Value  any    `json:"value"`
	Origin string `json:"origin"`
	State  State  `json:"state"`
	Reason string `json:"reason,omitempty"`

	text string
}

// Entries returns all keys with their effective values, in the order of documentation.
func (c *Config) Entries() []Entry {
	var out []Entry
	for _, k := range Keys() {
		e := Entry{Key: k.Name, Origin: c.Origin(k.Name), text: k.format(c)}
		e.State, e.Reason = k.Status(c, c.machine)
		switch p := k.field(c).(type) {
		case *bool:
			e.Value = *p
		case *int:
			e.Value = *p
		case *float64:
			e.Value = *p
		case *string:
			e.Value = *p
		default:
			e.Value = e.text
		}
		out = append(out, e)
	}
	return out
}

// Notices says in sentences what a user has set and does not get: keys set by file, environment or flags that have no
// effect, and values lowered to what the machine allows.
func (c *Config) Notices() []string {
	out := append([]string(nil), c.limits...)
	for _, e := range c.Entries() {
		if e.State != InEffect && e.Origin != "default" && !strings.HasPrefix(e.Origin, "preset ") {
			out = append(out, fmt.Sprintf("%s: %s: %s: %s (%s)", e.Key, e.text, e.State, e.Reason, e.Origin))
		}
	}
	return out
}

// WriteText writes the effective configuration as a table for people.
func (c *Config) WriteText(w io.Writer) error {
	rows := [][4]string{{"KEY", "VALUE", "FROM", "STATUS"}}
	var widths [3]int
	for _, e := range c.Entries() {
		status := string(e.State)
		if e.Reason != "" {
			status += ": " + e.Reason
		}
		rows = append(rows, [4]string{e.Key, e.text, e.Origin, status})
	}
	for _, r := range rows {
		for i := range widths {
			widths[i] = max(widths[i], min(utf8.RuneCountInString(r[i]), 48))
		}
	}
	var b strings.Builder
	file := c.file
	if file == "" {
		file = "none (" + UserFile() + " would be read)"
	}
	fmt.Fprintf(&b, "file: %s\n\n", file)
	for _, r := range rows {
		for i := range widths {
			b.WriteString(r[i] + strings.Repeat(" ", max(0, widths[i]-utf8.RuneCountInString(r[i]))+2))
		}
		b.WriteString(r[3] + "\n")
	}
	for _, l := range c.limits {
		fmt.Fprintf(&b, "\n%s\n", l)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteJSON writes the effective configuration as one JSON object: file, keys, limits.
func (c *Config) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(struct {
		File   string   `json:"file"`
		Keys   []Entry  `json:"keys"`
		Limits []string `json:"limits,omitempty"`
	}{c.file, c.Entries(), c.limits})
}
