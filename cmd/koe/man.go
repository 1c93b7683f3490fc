package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

type manCmd struct{}

// Run prints the manual page, made from the command line's own description: koe man | man -l -
func (manCmd) Run(s streams, parser *kong.Kong) error {
	var b strings.Builder
	fmt.Fprintf(&b, ".TH KOE 1 \"\" \"koe %s\" \"User Commands\"\n.SH NAME\nkoe \\- hear an AI coding agent in your own language\n", version)
	b.WriteString(".SH SYNOPSIS\n.nf\nclaude \\-p \"…\" \\-\\-output\\-format stream\\-json \\-\\-verbose \\-\\-include\\-partial\\-messages | koe\n")
	b.WriteString("koe [\\fIcommand\\fR] [\\fIflags\\fR]\n.fi\n.SH DESCRIPTION\n")
	b.WriteString("Koe reads an agent's JSON stream from standard input, picks out the prose, translates it and speaks it while the agent works. " +
		"Everything runs on this machine; nothing leaves it.\n")
	b.WriteString(".SH COMMANDS\n")
	words(parser.Model.Node, nil, func(path []string, node *kong.Node) {
		if len(path) == 0 {
			return
		}
		fmt.Fprintf(&b, ".SS koe %s\n%s\n", roff(strings.Join(path, " ")), roff(node.Help))
		for _, p := range node.Positional {
			fmt.Fprintf(&b, ".TP\n\\fI%s\\fR\n%s\n", roff(p.Name), roff(p.Help))
		}
		for _, f := range node.Flags {
			if !f.Hidden {
				roffFlag(&b, f)
			}
		}
	})
	b.WriteString(".SH COMMON FLAGS\n")
	for _, f := range parser.Model.Flags {
		if !f.Hidden {
			roffFlag(&b, f)
		}
	}
	b.WriteString(".SH EXIT STATUS\n")
	for _, e := range []struct {
		code int
		text string
	}{
		{exitOK, "done"}, {exitFailure, "something failed while it ran"}, {exitUsage, "wrong flags or configuration"},
		{exitMissing, "a library, model or voice is not installed; the message names the command that gets it"},
		{exitSound, "no sound device, or it was lost"}, {exitInterrupted, "interrupted"},
	} {
		fmt.Fprintf(&b, ".TP\n%d\n%s\n", e.code, roff(e.text))
	}
	b.WriteString(".SH FILES\n.TP\n~/.config/koe/config.yaml\nthe configuration; docs/CONFIG.md lists its keys\n")
	_, err := io.WriteString(s.out, ascii(b.String()))
	return err
}

// ascii writes other characters as groff names them, so that the page needs no preprocessor.
func ascii(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r < 0x80 {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, `\[u%04X]`, r)
		}
	}
	return b.String()
}

func roffFlag(b *strings.Builder, f *kong.Flag) {
	name := "\\-\\-" + roff(f.Name)
	if f.Short != 0 {
		name = "\\-" + string(f.Short) + ", " + name
	}
	value := ""
	if !f.IsBool() {
		value = "=\\fI" + roff(f.FormatPlaceHolder()) + "\\fR"
	}
	fmt.Fprintf(b, ".TP\n\\fB%s\\fR%s\n%s\n", name, value, roff(f.Help))
}

// roff escapes text for the manual's language.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(s)
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s
	}
	return s
}
