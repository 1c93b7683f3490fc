package config

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Error is a mistake in a configuration: where, what, and what to do.
type Error struct {
	Where   string // "config.yaml:3:8", "env KOE_TTS_SPEED", "flag --speed"
	Key     string // "tts.speed"; "" if it is not about a key
	Problem string
	Remedy  string // "" if the problem says it
	Err     error  // the cause; may be nil
}

func (e *Error) Error() string {
	s := e.Where + ": "
	if e.Key != "" {
		s += e.Key + ": "
	}
	s += e.Problem
	if e.Remedy != "" {
		s += "; " + e.Remedy
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// setting is a key with its value from anywhere.
type setting struct {
	key    string
	value  any  // bool, int64, float64, string; or a string to be parsed
	text   bool // value is text to be parsed as the key's type
	origin string
	where  string // for errors, if more exact than origin
	dir    string // folder that paths are relative to, "": the current one
}

func (c *Config) set(s setting) error {
	where := s.where
	if where == "" {
		where = s.origin
	}
	keys := Keys()
	i := slices.IndexFunc(keys, func(k Key) bool { return k.Name == s.key })
	if i < 0 {
		return &Error{Where: where, Key: s.key, Problem: "no such key", Remedy: didYouMean(s.key, names(keys), "koe config show lists the keys")}
	}
	k := &keys[i]
	if err := k.store(c, s); err != nil {
		return &Error{Where: where, Key: s.key, Problem: err.Error()}
	}
	c.origins[k.Name] = s.origin
	return nil
}

// store checks the value and puts it into c's field.
func (k *Key) store(c *Config, s setting) error {
	given := s.value
	text, isText := given.(string)
	text = strings.TrimSpace(text)
	bad := func(want string) error {
		return fmt.Errorf("must be %s, not %s", want, quote(given))
	}
	switch p := k.field(c).(type) {
	case *bool:
		if s.text {
			switch strings.ToLower(text) {
			case "true", "yes", "on", "1":
				given = true
			case "false", "no", "off", "0":
				given = false
			}
		}
		b, ok := given.(bool)
		if !ok {
			return bad("true or false")
		}
		*p = b
	case *int:
		if s.text {
			if n, err := strconv.ParseInt(text, 10, 64); err == nil {
				given = n
			}
		}
		n, ok := given.(int64)
		if !ok {
			return bad("a whole number, " + k.Range())
		}
		if float64(n) < k.Min || float64(n) > k.Max {
			return bad("a whole number, " + k.Range())
		}
		*p = int(n)
	case *float64:
		if s.text {
			if f, err := strconv.ParseFloat(text, 64); err == nil {
				given = f
			}
		}
		if n, ok := given.(int64); ok {
			given = float64(n)
		}
		f, ok := given.(float64)
		if !ok || math.IsNaN(f) || f < k.Min || f > k.Max {
			return bad("a number, " + k.Range())
		}
		*p = f
	case *time.Duration:
		if n, ok := given.(int64); ok && n == 0 {
			text, isText = "0s", true
		}
		d, err := time.ParseDuration(text)
		if !isText || err != nil || d < seconds(k.Min) || d > seconds(k.Max) {
			return bad("a duration like 250ms, " + k.Range())
		}
		*p = d
	case *string:
		if !isText {
			return bad("a text (in quotes)")
		}
		if k.Choices != nil && !slices.Contains(k.Choices, text) {
			return bad("one of " + k.Range())
		}
		if k.check != nil && !k.check(text) {
			return bad(k.Pattern)
		}
		if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7F }) {
			return bad("a text without control characters")
		}
		if k.path && text != "" {
			var err error
			if text, err = absolute(text, s.dir); err != nil {
				return err
			}
		}
		*p = text
	}
	return nil
}

// absolute resolves ~ and what is relative to dir.
func absolute(path, dir string) (string, error) {
	if rest, ok := strings.CutPrefix(path, "~"); ok && (rest == "" || os.IsPathSeparator(rest[0])) {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("~ stands for the home folder, which is not known: %w", err)
		}
		return filepath.Join(home, rest), nil
	}
	if !filepath.IsAbs(path) && dir != "" {
		path = filepath.Join(dir, path)
	}
	return path, nil
}

func quote(v any) string {
	if s, ok := v.(string); ok {
		if len(s) > 60 {
			s = strings.ToValidUTF8(s[:60], "") + "…"
		}
		return strconv.Quote(s)
	}
	return fmt.Sprint(v)
}

// format writes the value of key k in c as it would stand in a file.
func (k *Key) format(c *Config) string {
	switch p := k.field(c).(type) {
	case *bool:
		return strconv.FormatBool(*p)
	case *int:
		return strconv.Itoa(*p)
	case *float64:
		return strconv.FormatFloat(*p, 'g', -1, 64)
	case *time.Duration:
		return p.String()
	case *string:
		if *p == "" || strings.ContainsAny(*p, " :#'\"{}[],&*?|<>=!%@\\`") {
			return strconv.Quote(*p)
		}
		return *p
	}
	return ""
}

func names(keys []Key) []string {
	out := make([]string, len(keys))
	for i := range keys {
		out[i] = keys[i].Name
	}
	return out
}

// didYouMean names the candidate nearest to what was written, or says otherwise what to do.
func didYouMean(written string, candidates []string, otherwise string) string {
	if best := closest(written, candidates); best != "" {
		return "did you mean " + best + "?"
	}
	return otherwise
}

// closest returns the candidate with the fewest edits, if they are few; a key's own name may match without its section.
func closest(written string, candidates []string) string {
	best, fewest := "", max(2, min(len(written), 40)/3)+1
	if len(written) > 80 {
		return ""
	}
	for _, c := range candidates {
		d := edits(strings.ToLower(written), strings.ToLower(c))
		if _, own, ok := strings.Cut(c, "."); ok {
			tail := written
			if k := strings.LastIndexByte(written, '.'); k >= 0 {
				tail = written[k+1:]
			}
			if t := edits(strings.ToLower(tail), own); t == 0 {
				d = min(d, 1) // the right name in the wrong section
			} else if tail == written {
				d = min(d, t+1)
			}
		}
		if d < fewest {
			best, fewest = c, d
		}
	}
	return best
}

// edits counts insertions, deletions, replacements and swaps of neighbours.
func edits(a, b string) int {
	var before []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		next := make([]int, len(b)+1)
		next[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			next[j+1] = min(row[j]+cost, row[j+1]+1, next[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, row = row, next
	}
	return row[len(b)]
}
