// Command koe speaks what an AI coding agent writes, in the developer's own language, while it works.
//
//	claude -p "…" --output-format stream-json --verbose --include-partial-messages | koe
//
// Each command has a file of its own; wire.go puts the parts together by hand.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/alecthomas/kong"

	"koe/internal/audio"
)

// The exit codes, as the manual lists them.
const (
	exitOK          = 0
	exitFailure     = 1   // something failed while it ran
	exitUsage       = 2   // wrong flags or configuration
	exitMissing     = 3   // a library, model or voice is not installed
	exitSound       = 4   // no sound device, or it was lost
	exitInterrupted = 130 // Ctrl-C
)

// streams are the process's ends.
type streams struct {
	in       *os.File
	out, err io.Writer
}

// cli is the command line.
type cli struct {
	common

	Speak      speakCmd      `cmd:"" default:"withargs" help:"Speak an agent's stream from standard input (the default)."`
	Say        sayCmd        `cmd:"" help:"Speak a text."`
	Translate  translateCmd  `cmd:"" help:"Translate text, or the lines of standard input."`
	Voices     voicesCmd     `cmd:"" help:"List the voices."`
	Models     modelsCmd     `cmd:"" help:"List, import, verify and remove translation models."`
	Doctor     doctorCmd     `cmd:"" help:"Check every part: found or not, where, and what to do."`
	Bench      benchCmd      `cmd:"" help:"Measure latency, speed and quality."`
	Config     configCmd     `cmd:"" help:"Show the effective configuration."`
	Completion completionCmd `cmd:"" help:"Print the completion script of a shell."`
	Man        manCmd        `cmd:"" help:"Print the manual page."`
	Version    versionCmd    `cmd:"" help:"Print the version."`
}

const about = `Hear an AI coding agent in your own language, while it works.

  claude -p "…" --output-format stream-json --verbose --include-partial-messages | koe

Exit codes: 0 done · 1 failed · 2 wrong flags or configuration · 3 a library, model or voice is missing ·
4 no sound device, or it was lost · 130 interrupted.`

func main() {
	// A closed pipe is an error of the write that met it, not the end of the process.
	signal.Ignore(syscall.SIGPIPE)
	os.Exit(run(os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
}

// run is main with its world given; it returns the exit code.
func run(args []string, s streams) (code int) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The second Ctrl-C ends the process at once.
	context.AfterFunc(ctx, stop)

	defer func() {
		if r := recover(); r != nil {
			fmt.Fprintf(s.err, "koe: this is a defect in koe: %v\n%s", r, debug.Stack())
			code = exitFailure
		}
	}()

	var c cli
	exited := -1
	parser, err := kong.New(&c,
		kong.Name("koe"), kong.Description(about), kong.Writers(s.out, s.err), kong.UsageOnError(),
		kong.Exit(func(code int) { exited = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(s), kong.Bind(&c.common),
	)
	if err != nil {
		fmt.Fprintln(s.err, "koe:", err)
		return exitFailure
	}
	k, err := parser.Parse(args)
	if exited >= 0 { // --help
		return exited
	}
	if err != nil {
		fmt.Fprintf(s.err, "koe: %v; see koe --help\n", err)
		return exitUsage
	}
	k.Bind(parser)
	err = k.Run()
	if err == nil {
		return exitOK
	}
	code = exitCode(ctx, err)
	if code != exitInterrupted {
		fmt.Fprintln(s.err, "koe:", err)
	}
	return code
}

// usageError marks an error of the command line or the configuration.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

func usage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// missingError marks a part that is not installed.
type missingError struct{ err error }

func (e missingError) Error() string { return e.err.Error() }
func (e missingError) Unwrap() error { return e.err }

// codedError carries its own exit code (doctor).
type codedError struct {
	code int
	err  error
}

func (e codedError) Error() string { return e.err.Error() }
func (e codedError) Unwrap() error { return e.err }

func exitCode(ctx context.Context, err error) int {
	var coded codedError
	switch {
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.As(err, &coded):
		return coded.code
	case errors.As(err, new(usageError)):
		return exitUsage
	case isMissing(err):
		return exitMissing
	case errors.Is(err, audio.ErrSinkLost), isNoDevice(err):
		return exitSound
	}
	return exitFailure
}
