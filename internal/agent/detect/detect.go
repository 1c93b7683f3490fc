// Package detect owns the choice of a reader: by the name of a format, or by what the input looks like.
package detect

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json"

	"koe/internal/agent"
	"koe/internal/agent/claude"
	"koe/internal/agent/jsonl"
	"koe/internal/agent/plain"
	"koe/internal/agent/transcript"
)

// Format is one kind of input.
type Format struct {
	Name   string // as in --format
	About  string // one line for people
	Reader agent.Reader
	// is reports whether a JSON line is of this format; nil for plain text.
	is func(probe) bool
}

// probe holds what tells the formats apart. To add one, add its marks here and a line to Formats.
type probe struct {
	Type      string `json:"type"`
	Session   any    `json:"session_id"` // Claude Code's live stream
	Message   any    `json:"message"`
	SessionID any    `json:"sessionId"` // transcripts
	Parent    any    `json:"parentUuid"`
	Sidechain any    `json:"isSidechain"`
	MessageID any    `json:"messageId"`
	Leaf      any    `json:"leafUuid"`
}

// Formats are all formats that Koe reads, in the order in which they are tried.
func Formats() []Format {
	return []Format{
		{Name: "transcript", About: "a Claude Code transcript (~/.claude/projects/…/*.jsonl)", Reader: transcript.Reader{}, is: func(p probe) bool {
			return p.SessionID != nil || p.Parent != nil || p.Sidechain != nil || p.Leaf != nil || (p.MessageID != nil && p.Type == "file-history-snapshot")
		}},
		{Name: "claude", About: "Claude Code's stream (claude -p … --output-format stream-json --verbose --include-partial-messages)", Reader: claude.Reader{}, is: func(p probe) bool {
			switch p.Type {
			case "system", "assistant", "user", "stream_event", "result", "rate_limit_event":
				return true
			}
			return strings.HasPrefix(p.Type, "control_")
		}},
		{Name: "text", About: "plain text or Markdown", Reader: plain.Reader{}},
	}
}

// ByName returns the format of that name.
func ByName(name string) (Format, error) {
	var names []string
	for _, f := range Formats() {
		if f.Name == name {
			return f, nil
		}
		names = append(names, f.Name)
	}
	return Format{}, fmt.Errorf("unknown input format %q: it is one of %s", name, strings.Join(names, ", "))
}

// UnreadableError says that the input is JSON of an agent that Koe cannot read.
type UnreadableError struct {
	Type string // the first line's "type"
}

func (e *UnreadableError) Error() string {
	agentName := "an unknown program"
	switch {
	case strings.HasPrefix(e.Type, "thread.") || strings.HasPrefix(e.Type, "turn.") || strings.HasPrefix(e.Type, "item."):
		agentName = "codex exec --json"
	case e.Type == "init" || e.Type == "message":
		agentName = "gemini -o stream-json"
	}
	return fmt.Sprintf("the input is JSON lines of %s (type %q), which cannot be read yet: use Claude Code's stream-json, or --format text to have it read as it is", agentName, e.Type)
}

// ErrBinary says that the input is neither an agent's stream nor text.
var ErrBinary = errors.New("the input is neither an agent's JSON stream nor text, but binary data; --format text has it read all the same")

// binary reports whether more than a tenth of the input's beginning cannot be text.
func binary(head []byte) bool {
	bad := 0
	for rest := head; len(rest) > 0; {
		r, n := utf8.DecodeRune(rest)
		if r == utf8.RuneError && n == 1 && utf8.FullRune(rest) || r < ' ' && !unicode.IsSpace(r) && r != 0x1B {
			bad++
		}
		rest = rest[n:]
	}
	return bad > 16 && bad*10 > len(head) // a few broken bytes make no binary file
}

const (
	maxNoise  = 3                  // lines before the first JSON line that may be noise, as warnings of npm are
	maxText   = 4 << 10            // bytes of a line without its newline that is surely text
	maxObject = jsonl.DefaultLimit // bytes of a line without its newline that begins like an object
)

// Reader reads input of any format: it looks at the first lines and hands them, and the rest, to the format's reader.
type Reader struct {
	// Chosen, if not nil, is told the format before the first event.
	Chosen func(Format)
}

// Read implements agent.Reader. Its error is an *UnreadableError for JSON that no reader knows, ErrBinary
// for what is no text.
func (r Reader) Read(ctx context.Context, src io.Reader, emit func(agent.Event) error) (agent.Report, error) {
	rest, format, err := Sniff(src)
	if err != nil {
		return agent.Report{}, err
	}
	if r.Chosen != nil {
		r.Chosen(format)
	}
	if err := ctx.Err(); err != nil {
		return agent.Report{}, err
	}
	return format.Reader.Read(ctx, rest, emit)
}

// Sniff reads as much of src as it needs to tell the format: up to the first JSON object with a known mark, or a few
// lines that are none. rest is all of the input, what was read for it included.
func Sniff(src io.Reader) (rest io.Reader, format Format, err error) {
	formats := Formats()
	g := guess{formats: formats}
	var head []byte
	buf := make([]byte, 32<<10)
	for {
		n, readErr := src.Read(buf)
		head = append(head, buf[:n]...)
		done := g.look(head, readErr != nil)
		rest = io.MultiReader(bytes.NewReader(head), src)
		if readErr != nil {
			rest = io.MultiReader(bytes.NewReader(head), failed{readErr})
		}
		switch {
		case done:
			return rest, g.found, nil
		case g.noise < maxNoise && readErr == nil && !g.tooLong(head):
			continue
		case g.damaged(head):
			return rest, g.found, nil
		case g.unknown != "":
			return rest, Format{}, &UnreadableError{Type: g.unknown}
		case binary(head):
			return rest, Format{}, ErrBinary
		default:
			return rest, formats[len(formats)-1], nil
		}
	}
}

// failed returns the error that a source has ended with.
type failed struct{ err error }

func (f failed) Read([]byte) (int, error) { return 0, f.err }

// guess is what the lines so far say.
type guess struct {
	formats []Format
	start   int // of the line that comes next
	noise   int // lines that told nothing
	unknown string
	found   Format
}

// look takes the lines in that have come, and the unfinished one at the input's end; true if the format is found.
func (g *guess) look(head []byte, atEnd bool) bool {
	for g.start < len(head) && g.noise < maxNoise {
		line := head[g.start:]
		if i := bytes.IndexByte(line, '\n'); i >= 0 {
			line = line[:i]
		} else if !atEnd {
			return false
		}
		g.start += len(line) + 1
		line = bytes.Trim(line, " \t\r\x00\uFEFF")
		if len(line) == 0 {
			continue
		}
		var p probe
		if line[0] == '{' && json.Unmarshal(line, &p, jsonl.Options()) == nil && p.Type != "" {
			for _, f := range g.formats {
				if f.is != nil && f.is(p) {
					g.found = f
					return true
				}
			}
			if g.unknown == "" {
				g.unknown = p.Type
			}
		}
		g.noise++
	}
	return false
}

// damaged looks for what is left of JSON lines, for an input that begins with a line cut short.
func (g *guess) damaged(head []byte) bool {
	for line := range bytes.Lines(head) {
		line = bytes.Trim(line, " \t\r\n\x00\uFEFF")
		p := probe{}
		if bytes.HasPrefix(line, []byte(`{"parentUuid":`)) {
			p.Parent = true
		} else if rest, ok := bytes.CutPrefix(line, []byte(`{"type":"`)); ok {
			if i := bytes.IndexByte(rest[:min(len(rest), 64)], '"'); i >= 0 {
				p.Type = string(rest[:i])
			}
		}
		for _, f := range g.formats {
			if f.is != nil && f.is(p) {
				g.found = f
				return true
			}
		}
	}
	return false
}

// tooLong reports whether the unfinished line need not be waited for.
func (g *guess) tooLong(head []byte) bool {
	line := head[min(g.start, len(head)):]
	if bytes.HasPrefix(bytes.TrimLeft(line, " \t\x00\uFEFF"), []byte("{")) {
		return len(line) > maxObject
	}
	return len(line) > maxText
}
