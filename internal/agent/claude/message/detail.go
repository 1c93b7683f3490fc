package message

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"koe/internal/agent/jsonl"
)

// maxDetail is the length of a tool call's detail in characters.
const maxDetail = 120

// telling are the tools' parameters that say best what a call works on, the best first.
var telling = [...]string{
	"description", "file_path", "notebook_path", "command", "pattern", "query", "url", "path", "skill", "subject", "title", "question",
}

// Detail is one short line of what a tool call works on; "" if its input does not say.
func Detail(input jsontext.Value) string {
	best, detail := len(telling), ""
	strs(input, func(name, value string) {
		if i := slices.Index(telling[:], name); i >= 0 && i < best && strings.TrimSpace(value) != "" {
			best, detail = i, value
		}
	})
	return oneLine(detail)
}

// strs calls f for each member of an object that is a string. It skips over the others without decoding them: the input
// of a Write holds a whole file.
func strs(object jsontext.Value, f func(name, value string)) {
	dec := jsontext.NewDecoder(bytes.NewBuffer(object), jsonl.Options())
	if t, err := dec.ReadToken(); err != nil || t.Kind() != '{' {
		return
	}
	for dec.PeekKind() == '"' {
		t, err := dec.ReadToken()
		if err != nil {
			return
		}
		name := t.String()
		if dec.PeekKind() != '"' || !slices.Contains(telling[:], name) {
			if dec.SkipValue() != nil {
				return
			}
			continue
		}
		if t, err = dec.ReadToken(); err != nil {
			return
		}
		f(name, t.String())
	}
}

// Questions are the questions that a call of AskUserQuestion puts to the person, joined by spaces.
func Questions(input jsontext.Value) string {
	var in struct {
		Questions []struct {
			Question string `json:"question"`
		} `json:"questions"`
	}
	if json.Unmarshal(input, &in, jsonl.Options()) != nil {
		return ""
	}
	var all []string
	for _, q := range in.Questions {
		all = append(all, q.Question)
	}
	return strings.TrimSpace(strings.Join(all, " "))
}

// oneLine collapses white space and cuts the text to maxDetail characters.
func oneLine(s string) string {
	if len(s) > 8*maxDetail { // enough for maxDetail characters; a command may be a whole script
		s = strings.ToValidUTF8(s[:8*maxDetail], "")
	}
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) <= maxDetail {
		return s
	}
	return strings.TrimSpace(string([]rune(s)[:maxDetail-1])) + "…"
}
