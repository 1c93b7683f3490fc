package main

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"golang.org/x/term"

	"koe/internal/agent"
	"koe/internal/pipeline"
)

type sayCmd struct {
	Text      []string `arg:"" optional:"" help:"What to say; standard input if there is none."`
	Translate bool     `help:"Translate it first."`
}

// Run speaks a text, as it is or translated.
func (cmd *sayCmd) Run(ctx context.Context, s streams, c *common) error {
	text, err := textOf(cmd.Text, s)
	if err != nil {
		return err
	}
	cfg, err := c.begin(s)
	if err != nil {
		return err
	}
	return speak(ctx, s, c, cfg, job{source: textSource(text), translate: cmd.Translate, plain: true, quiet: !cmd.Translate})
}

// textOf is the text of the arguments, or of standard input.
func textOf(args []string, s streams) (string, error) {
	if len(args) > 0 {
		return strings.Join(args, " "), nil
	}
	if term.IsTerminal(int(s.in.Fd())) {
		return "", usage("no text: give it as an argument, or pipe it in")
	}
	b, err := io.ReadAll(s.in)
	if err != nil {
		return "", err
	}
	if strings.TrimSpace(string(b)) == "" {
		return "", usage("no text: standard input is empty")
	}
	return string(b), nil
}

// textSource gives a text as one block of prose.
func textSource(text string) pipeline.Source {
	return func(_ context.Context, emit func(agent.Event) error) (agent.Report, error) {
		now := time.Now()
		text = strings.ToValidUTF8(text, "\uFFFD")
		return agent.Report{Lines: 1, Events: 2}, errors.Join(
			emit(agent.Event{Kind: agent.Text, Block: "text", Text: text, Line: 1, Read: now}),
			emit(agent.Event{Kind: agent.BlockEnd, Block: "text", Line: 1, Read: now}))
	}
}
