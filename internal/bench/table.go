package bench

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// Table is a table for people, in Markdown so that it can go into a document as it is. The first column is a name.
type Table struct {
	Columns []string
	Rows    [][]string
}

// Add appends a row.
func (t *Table) Add(cells ...string) { t.Rows = append(t.Rows, cells) }

// AddFigure appends a row of a distribution: name, n, p50, p95, max, and what else is given.
func (t *Table) AddFigure(name string, f Figure, more ...string) {
	row := []string{name, fmt.Sprint(f.N), "–", "–", "–"}
	if f.N > 0 {
		row = []string{name, fmt.Sprint(f.N), Millis(f.P50), Millis(f.P95), Millis(f.Max)}
	}
	t.Add(append(row, more...)...)
}

// Print writes the table.
func (t *Table) Print(w io.Writer) error {
	width := make([]int, len(t.Columns))
	for _, row := range append([][]string{t.Columns}, t.Rows...) {
		for i, c := range row {
			width[i] = max(width[i], utf8.RuneCountInString(c))
		}
	}
	line := func(cells []string) string {
		var b strings.Builder
		for i := range t.Columns {
			c := ""
			if i < len(cells) {
				c = cells[i]
			}
			fill := strings.Repeat(" ", width[i]-utf8.RuneCountInString(c))
			if i == 0 {
				b.WriteString("| " + c + fill + " ")
			} else {
				b.WriteString("| " + fill + c + " ")
			}
		}
		return b.String() + "|\n"
	}
	var b strings.Builder
	b.WriteString(line(t.Columns))
	for i, n := range width {
		if i == 0 {
			b.WriteString("|" + strings.Repeat("-", n+2))
		} else {
			b.WriteString("|" + strings.Repeat("-", n+1) + ":")
		}
	}
	b.WriteString("|\n")
	for _, row := range t.Rows {
		b.WriteString(line(row))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Print writes the lines that stand over every table.
func (h Head) Print(w io.Writer) error {
	_, err := fmt.Fprintf(w, "machine: %s\ndate:    %s\ncommand: %s\n\n", h.Machine, h.Date, h.Command)
	return err
}

// Millis writes a duration in milliseconds.
func Millis(d time.Duration) string {
	v := d.Seconds() * 1e3
	if v < 10 {
		return fmt.Sprintf("%.1f ms", v)
	}
	return fmt.Sprintf("%.0f ms", v)
}

// Megabytes writes a size.
func Megabytes(n uint64) string { return fmt.Sprintf("%.0f MB", float64(n)/1e6) }
