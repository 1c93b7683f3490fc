// Command record makes a recording of a script (streamgen.Record):
//
//	go run ./internal/agent/streamgen/record recordings/session.md recordings/session.jsonl
package main

import (
	"bytes"
	"fmt"
	"os"

	"koe/internal/agent/streamgen"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: record SCRIPT RECORDING")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "record:", err)
		os.Exit(1)
	}
}

func run(script, recording string) error {
	text, err := os.ReadFile(script)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	stats, err := streamgen.Record(&out, bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("%s: %w", script, err)
	}
	if err := os.WriteFile(recording, out.Bytes(), 0o644); err != nil {
		return err
	}
	fmt.Printf("%s: %d lines, %.1f s\n", recording, stats.Lines, stats.Duration.Seconds())
	return nil
}
