package quality

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"
)

// Pair is a sentence and its reference translation.
type Pair struct {
	Source, Reference string
	Line              int // in its file, from 1
}

// maxLine is the longest line that is read: far more than a sentence.
const maxLine = 1 << 20

// ReadFile reads a file of pairs: a line each, source and reference with a tab between.
func ReadFile(path string) ([]Pair, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("quality: %w", err)
	}
	pairs, err := Read(path, f)
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	return pairs, nil
}

// Read reads pairs from r; name stands for it in errors. Empty lines are skipped.
func Read(name string, r io.Reader) ([]Pair, error) {
	var pairs []Pair
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	n := 0
	fail := func(format string, args ...any) error {
		return fmt.Errorf("quality: %s:%d: %s", name, n, fmt.Sprintf(format, args...))
	}
	for lines.Scan() {
		n++
		line := lines.Text()
		if n == 1 {
			line = strings.TrimPrefix(line, "\uFEFF")
		}
		if strings.TrimSpace(line) == "" {
			continue
		}
		if !utf8.ValidString(line) {
			return nil, fail("not UTF-8")
		}
		fields := strings.Split(line, "\t")
		if len(fields) != 2 {
			return nil, fail("%d columns; a line is a sentence, a tab and its translation", len(fields))
		}
		p := Pair{strings.TrimSpace(fields[0]), strings.TrimSpace(fields[1]), n}
		if p.Source == "" || p.Reference == "" {
			return nil, fail("one of the columns is empty")
		}
		pairs = append(pairs, p)
	}
	if err := lines.Err(); err != nil {
		n++
		if errors.Is(err, bufio.ErrTooLong) {
			return nil, fail("longer than %d bytes", maxLine)
		}
		return nil, fail("%v", err)
	}
	if len(pairs) == 0 {
		return nil, fmt.Errorf("quality: %s: no pairs in it", name)
	}
	return pairs, nil
}
