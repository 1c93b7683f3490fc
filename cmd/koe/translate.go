package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"koe/internal/agent"
	"koe/internal/pipeline"
	"koe/internal/prose"
	"koe/internal/translate"
)

type translateCmd struct {
	Text []string `arg:"" optional:"" help:"What to translate; the lines of standard input if there is none."`
}

// translated is a line of `koe translate --json`.
type translated struct {
	Source   string   `json:"source"`
	Text     string   `json:"text"`
	Fallback string   `json:"fallback,omitempty"`
	Lost     []string `json:"lost,omitempty"`
	TookMS   float64  `json:"took_ms"`
}

// Run translates text: its Markdown is cut into sentences as an agent's is, and each line stays a line.
func (cmd *translateCmd) Run(ctx context.Context, s streams, c *common) (err error) {
	text, err := textOf(cmd.Text, s)
	if err != nil {
		return err
	}
	cfg, err := c.begin(s)
	if err != nil {
		return err
	}
	p, err := openParts(ctx, cfg, need{translator: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	if p.translator == nil {
		return usage("source and target are the same language (%s)", cfg.Translation.Source)
	}
	enc := json.NewEncoder(s.out)
	enc.SetEscapeHTML(false)
	for line := range strings.Lines(text) {
		var words []string
		for _, sentence := range sentences(line) {
			start := time.Now()
			tr, err := p.translator.Translate(ctx, translate.Request{Text: sentence, Source: cfg.Translation.Source, Target: cfg.Translation.Target})
			if err != nil {
				return err
			}
			words = append(words, tr.Text)
			if c.JSON {
				took := float64(time.Since(start).Microseconds()) / 1e3
				if err := enc.Encode(translated{sentence, tr.Text, pipeline.FallbackName(tr.Fallback), tr.Lost, took}); err != nil {
					return err
				}
			}
		}
		if !c.JSON {
			if _, err := fmt.Fprintln(s.out, strings.Join(words, "")); err != nil {
				return err
			}
		}
	}
	return nil
}

// sentences cuts a text as the pipeline does.
func sentences(text string) []string {
	cutter := prose.New(prose.Defaults())
	cuts := cutter.Write(agent.Event{Kind: agent.Text, Block: "text", Text: strings.ToValidUTF8(text, "\uFFFD"), Read: time.Now()})
	cuts = append(cuts, cutter.Close()...)
	var out []string
	for _, c := range cuts {
		if c.Op == prose.Confirm {
			out = append(out, c.Sentence.Text)
		}
	}
	return out
}
