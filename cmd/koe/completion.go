package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Run prints a script that completes commands and flags; it is made from the command line's own description.
//
//	source <(koe completion bash)
//	koe completion zsh > "${fpath[1]}/_koe"
//	koe completion fish > ~/.config/fish/completions/koe.fish
func (c completionCmd) Run(s streams, parser *kong.Kong) error {
	var lines []string
	words(parser.Model.Node, nil, func(path []string, node *kong.Node) {
		lines = append(lines, strings.Join(path, " ")+"\t"+strings.Join(candidates(parser, node), " "))
	})
	switch c.Shell {
	case "bash":
		return posixCompletion(s.out, lines, "")
	case "zsh":
		return posixCompletion(s.out, lines, "#compdef koe\nautoload -U +X bashcompinit && bashcompinit\n")
	default:
		return fishCompletion(s.out, parser)
	}
}

// words visits a command and all below it with the words that lead to it.
func words(node *kong.Node, path []string, visit func([]string, *kong.Node)) {
	visit(path, node)
	for _, child := range node.Children {
		if !child.Hidden {
			words(child, append(path[:len(path):len(path)], child.Name), visit)
		}
	}
}

// candidates are what may follow a command: its sub-commands, its flags and those that all commands have.
func candidates(parser *kong.Kong, node *kong.Node) []string {
	var out []string
	for _, child := range node.Children {
		if !child.Hidden {
			out = append(out, child.Name)
		}
	}
	for _, f := range flags(parser, node) {
		out = append(out, "--"+f.Name)
	}
	return out
}

func flags(parser *kong.Kong, node *kong.Node) []*kong.Flag {
	var out []*kong.Flag
	seen := map[string]bool{}
	add := func(flags []*kong.Flag) {
		for _, f := range flags {
			if !f.Hidden && !seen[f.Name] {
				seen[f.Name] = true
				out = append(out, f)
			}
		}
	}
	for n := node; n != nil; n = n.Parent {
		add(n.Flags)
	}
	add(parser.Model.Flags)
	if d := parser.Model.DefaultCmd; d != nil && node == parser.Model.Node {
		add(d.Flags)
	}
	return out
}

func posixCompletion(w io.Writer, lines []string, head string) error {
	var cases strings.Builder
	for _, l := range lines {
		path, words, _ := strings.Cut(l, "\t")
		fmt.Fprintf(&cases, "\t\t%q) words=%q ;;\n", path, words)
	}
	_, err := fmt.Fprintf(w, `%s_koe() {
	local cur=${COMP_WORDS[COMP_CWORD]} path="" w words=""
	for w in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		case $w in -*) ;; *) path="${path:+$path }$w" ;; esac
	done
	case $path in
%s	esac
	COMPREPLY=($(compgen -W "$words" -- "$cur"))
	[ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$cur"))
}
complete -o filenames -F _koe koe
`, head, cases.String())
	return err
}

func fishCompletion(w io.Writer, parser *kong.Kong) error {
	var b strings.Builder
	quote := func(s string) string { return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'" }
	words(parser.Model.Node, nil, func(path []string, node *kong.Node) {
		when := "__fish_use_subcommand"
		if len(path) > 0 {
			when = "__fish_seen_subcommand_from " + path[len(path)-1]
		}
		for _, child := range node.Children {
			if !child.Hidden {
				fmt.Fprintf(&b, "complete -c koe -f -n %s -a %s -d %s\n", quote(when), child.Name, quote(child.Help))
			}
		}
		if len(path) > 0 {
			for _, f := range node.Flags {
				if !f.Hidden {
					fmt.Fprintf(&b, "complete -c koe -n %s -l %s -d %s\n", quote(when), f.Name, quote(f.Help))
				}
			}
		}
	})
	for _, f := range flags(parser, parser.Model.Node) {
		fmt.Fprintf(&b, "complete -c koe -l %s -d %s\n", f.Name, quote(f.Help))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
