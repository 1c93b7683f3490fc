package jsonl

import (
	"bytes"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Options is how agents' JSON is decoded: half surrogate pairs become U+FFFD, the last of equal names counts.
func Options() jsontext.Options {
	return json.JoinOptions(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
}

// budget bounds, in bytes parsed, what the search for a restart may cost on one line.
const budget = 32 << 20

// The reasons that Recover gives.
const (
	NotJSON   = "not JSON"
	NotObject = "not a JSON object"
	Spliced   = "damaged or several objects on one line (what is whole was read)"
	NULs      = "NUL bytes (the rest was read)"
	BadUTF8   = "invalid UTF-8 (replaced)"
	TooLong   = "longer than the limit"
	Truncated = "truncated last line"
	Shape     = "JSON of an unexpected shape"
)

// Recover returns the whole JSON objects of a line that is not one JSON object: of a line whose writer was interrupted
// and that goes on with the next object, of two objects without a newline between them, of an object after noise.
// reason says what was wrong; objects is empty if nothing is left.
func Recover(line []byte) (objects [][]byte, reason string) {
	line = bytes.TrimSpace(line)
	if len(line) > 0 && line[0] != '{' && jsontext.Value(line).IsValid(Options()) {
		return nil, NotObject
	}
	left := budget
	for len(line) > 0 && line[0] == '{' {
		n, ok := object(line)
		left -= n
		if !ok {
			break
		}
		objects = append(objects, line[:n])
		line = bytes.TrimSpace(line[n:])
	}
	// The last start that parses to the very end of the line is the outermost whole object there.
	for end := len(line); end > 0 && left > 0; {
		i := bytes.LastIndex(line[:end], []byte(`{"`))
		if i < 0 {
			break
		}
		n, ok := object(line[i:])
		left -= n
		if ok && i+n == len(line) {
			objects = append(objects, line[i:])
			break
		}
		end = i + 1
	}
	if len(objects) == 0 {
		return nil, NotJSON
	}
	return objects, Spliced
}

// object reports how many bytes of b were parsed, and whether they are one whole JSON object.
func object(b []byte) (int, bool) {
	dec := jsontext.NewDecoder(bytes.NewBuffer(b), Options())
	v, err := dec.ReadValue()
	if err != nil {
		return len(b), false
	}
	return len(v), v.Kind() == '{'
}
