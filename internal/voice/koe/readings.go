package koe

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Readings is the user dictionary: how the user wants words read. Build it with ReadReadings.
type Readings struct {
	entries []reading
	first   map[rune][]int // entries by first rune, the longest surface first
}

type reading struct {
	surface []rune // in NFKC
	kana    string
	accent  int // the mora after which the pitch falls, 0 for none; -1: not given
}

// ReadReadings parses a user dictionary: lines of "surface<TAB>reading in katakana[<TAB>accent]", the reading as it is
// pronounced (ヘー, トーキョー), the accent as the number of the mora after which the pitch falls (0: it does not). Empty lines and lines
// that begin with # are skipped. A surface is matched as it is written, except that full and half width are the same; one
// that begins or ends with a Latin letter or digit is not found inside a longer word. Errors name file and line, all of them.
func ReadReadings(r io.Reader, name string) (*Readings, error) {
	d := &Readings{first: map[rune][]int{}}
	seen := map[string]int{}
	var errs []error
	fail := func(line int, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s:%d: %s", name, line, fmt.Sprintf(format, args...)))
	}
	scanner := bufio.NewScanner(r)
	scanner.Buffer(nil, 1<<20)
	line := 0
	for scanner.Scan() {
		line++
		text := strings.TrimSuffix(scanner.Text(), "\r")
		if line == 1 {
			text = strings.TrimPrefix(text, "\ufeff")
		}
		if strings.TrimSpace(text) == "" || strings.HasPrefix(text, "#") {
			continue
		}
		if !utf8.ValidString(text) {
			fail(line, "not UTF-8")
			continue
		}
		e, problem := parseReading(text)
		if problem != "" {
			fail(line, "%s", problem)
			continue
		}
		key := string(e.surface)
		if before, ok := seen[key]; ok {
			fail(line, "%q is on line %d already", key, before)
			continue
		}
		seen[key] = line
		d.add(e)
	}
	if err := scanner.Err(); err != nil {
		fail(line+1, "%v", err)
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return d, nil
}

// parseReading parses a line; the string says what is wrong with it.
func parseReading(text string) (reading, string) {
	fields := strings.Split(text, "\t")
	if len(fields) != 2 && len(fields) != 3 {
		return reading{}, fmt.Sprintf("want surface, reading and perhaps accent with tabs between, got %d fields", len(fields))
	}
	e := reading{surface: []rune(norm.NFKC.String(strings.TrimSpace(fields[0]))), kana: norm.NFKC.String(strings.TrimSpace(fields[1])), accent: -1}
	if len(e.surface) == 0 {
		return e, "the surface is empty"
	}
	moras, ok := splitMoras(e.kana)
	if !ok || len(moras) == 0 {
		return e, fmt.Sprintf("reading %q is not katakana", e.kana)
	}
	if len(fields) == 3 {
		accent := strings.TrimSpace(fields[2])
		n, err := strconv.Atoi(accent)
		if err != nil || n < 0 || n > len(moras) {
			return e, fmt.Sprintf("accent %q: want 0 to %d, the number of the mora after which the pitch falls", accent, len(moras))
		}
		e.accent = n
	}
	return e, ""
}

func (d *Readings) add(e reading) {
	d.entries = append(d.entries, e)
	n, list := len(d.entries)-1, d.first[e.surface[0]]
	i := 0
	for i < len(list) && len(d.entries[list[i]].surface) >= len(e.surface) {
		i++
	}
	d.first[e.surface[0]] = slices.Insert(list, i, n)
}

// Len returns the number of entries.
func (d *Readings) Len() int { return len(d.entries) }

// Has reports whether the dictionary has a surface. What reads English before the voice does must leave such words as they
// are, for here they have an accent, too.
func (d *Readings) Has(surface string) bool {
	want := []rune(norm.NFKC.String(surface))
	if len(want) == 0 {
		return false
	}
	return slices.ContainsFunc(d.first[want[0]], func(n int) bool { return slices.Equal(d.entries[n].surface, want) })
}

// apply replaces surfaces by their readings, from the left, the longest first.
func (d *Readings) apply(dst, s []cell) []cell {
	for i := 0; i < len(s); {
		n := d.match(s, i)
		if n < 0 {
			dst = append(dst, s[i])
			i++
			continue
		}
		e := &d.entries[n]
		dst = put(dst, e.kana, cell{at: s[i].at, entry: int32(n + 1)}) //nolint:gosec // small
		i += len(e.surface)
	}
	return dst
}

// match returns the number of the entry at i, or -1.
func (d *Readings) match(s []cell, i int) int {
candidates:
	for _, n := range d.first[s[i].r] {
		w := d.entries[n].surface
		if i+len(w) > len(s) {
			continue
		}
		for k, r := range w {
			if s[i+k].r != r {
				continue candidates
			}
		}
		if alnum(w[0]) && alnum(at(s, i-1)) || alnum(w[len(w)-1]) && alnum(at(s, i+len(w))) {
			continue
		}
		return n
	}
	return -1
}
