package streamgen

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Record writes the recording of a script. A script is text with headings of its own, lines that begin with "@":
//
//	@prompt                            the person's prompt is the text below
//	@thinking 1.2s                     the agent thinks it, after that time
//	@say 1.5s                          the agent says it (Markdown), after that time
//	@tool Bash 2s {"command":"ls"}     a tool call that takes that time; the text below is its result
//	@failing Bash 2s {"command":"ls"}  the same, and the tool fails
//	@permission Bash 2s {…}            the agent asks for permission, which takes the person that time
//	@subagent 4s Find all callers      a subagent does that; it says each paragraph below
//	@end 1s                            the turn ends, after that time
//
// What comes before the first heading is a comment. Pieces and ids come from a fixed seed.
func Record(w io.Writer, script io.Reader) (Stats, error) {
	data, err := io.ReadAll(script)
	if err != nil {
		return Stats{}, fmt.Errorf("reading the script: %w", err)
	}
	r := newRecorder(w, 1)
	r.init()
	last := ""
	for _, s := range sections(string(data)) {
		if err := s.play(r, &last); err != nil {
			return Stats{}, fmt.Errorf("script line %d: @%s: %w", s.line, s.heading, err)
		}
	}
	return r.finish()
}

type section struct {
	line    int
	heading string // without the "@"
	body    string
}

func sections(script string) []section {
	var all []section
	for i, line := range strings.Split(script, "\n") {
		switch heading, ok := strings.CutPrefix(line, "@"); {
		case ok:
			all = append(all, section{line: i + 1, heading: strings.TrimSpace(heading)})
		case len(all) > 0:
			all[len(all)-1].body += line + "\n"
		}
	}
	for i := range all {
		all[i].body = strings.TrimSpace(all[i].body)
	}
	return all
}

func (s section) play(r *recorder, last *string) error {
	name, rest, _ := strings.Cut(s.heading, " ")
	switch name {
	case "prompt":
		r.prompt(s.body, "")
		return nil
	case "thinking", "say":
		d, err := duration(rest)
		if err != nil {
			return err
		}
		kind := "text"
		if name == "thinking" {
			kind = "thinking"
		} else {
			*last = s.body
		}
		r.wait(d)
		r.text(kind, s.body)
		return nil
	case "tool", "failing", "permission":
		tool, rest, _ := strings.Cut(rest, " ")
		takes, input, _ := strings.Cut(rest, " ")
		d, err := duration(takes)
		if err != nil {
			return err
		}
		if !jsontext.Value(input).IsValid() {
			return fmt.Errorf("the input is not JSON: %s", input)
		}
		if name == "permission" {
			r.permission(tool, input, d)
			return nil
		}
		r.tool(tool, input, d, s.body, name == "failing")
		return nil
	case "subagent":
		takes, description, _ := strings.Cut(rest, " ")
		d, err := duration(takes)
		if err != nil {
			return err
		}
		r.subagent(description, d, strings.Split(s.body, "\n\n"))
		return nil
	case "end":
		d, err := duration(rest)
		if err != nil {
			return err
		}
		r.wait(d)
		r.turnEnd(*last)
		return nil
	default:
		return fmt.Errorf("no such heading: it is one of prompt, thinking, say, tool, failing, permission, subagent, end")
	}
}

// duration is a heading's time.
func duration(s string) (time.Duration, error) {
	d, err := time.ParseDuration(strings.TrimSpace(s))
	if err != nil {
		return 0, err
	}
	if d < 0 || d > time.Hour {
		return 0, fmt.Errorf("the time %v is not between 0 and an hour", d)
	}
	return d, nil
}
