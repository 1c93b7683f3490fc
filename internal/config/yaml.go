package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

const (
	maxDepth  = 64
	maxErrors = 20
)

// parse reads a file's settings, in its order. name is the file's, for errors. It checks the shape and the keys; values
// are checked when they are set.
func parse(name string, data []byte) (settings []setting, err error) {
	defer func() { // the parser is not ours, and a file is not to be trusted
		if r := recover(); r != nil {
			settings, err = nil, &Error{Where: name, Problem: fmt.Sprintf("is not YAML that can be read: %v", r)}
		}
	}()
	depth := 0 // the parser recurses, and takes time quadratic in the depth
	for _, c := range data {
		switch c {
		case '[', '{':
			depth++
		case ']', '}':
			depth--
		}
		if depth > maxDepth {
			return nil, &Error{Where: name, Problem: "is nested too deeply", Remedy: "sections hold keys, and keys single values"}
		}
	}
	file, err := parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		e := &Error{Where: name, Problem: "is not YAML: " + firstLine(err.Error()), Err: err}
		var syntax *yaml.SyntaxError
		if errors.As(err, &syntax) && syntax.Token != nil && syntax.Token.Position != nil {
			e.Where = fmt.Sprintf("%s:%d:%d", name, syntax.Token.Position.Line, syntax.Token.Position.Column)
			e.Problem = "is not YAML: " + syntax.Message
		}
		return nil, e
	}
	p := &reader{name: name, keys: Keys(), seen: map[string]int{}}
	for i, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if i > 0 {
			p.fail(doc.Body, "", "a second document", "leave one, without --- between")
			break
		}
		p.mapping(doc.Body, "")
	}
	return p.settings, errors.Join(p.errs...)
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}

type reader struct {
	name     string
	keys     []Key
	seen     map[string]int // key → line
	settings []setting
	errs     []error
}

func (p *reader) where(n ast.Node) string {
	if t := n.GetToken(); t != nil && t.Position != nil {
		return fmt.Sprintf("%s:%d:%d", p.name, t.Position.Line, t.Position.Column)
	}
	return p.name
}

func (p *reader) line(n ast.Node) int {
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line
	}
	return 0
}

func (p *reader) fail(n ast.Node, key, problem, remedy string) {
	p.errs = append(p.errs, &Error{Where: p.where(n), Key: key, Problem: problem, Remedy: remedy})
}

// mapping reads the keys of a section, or of the file (section "").
func (p *reader) mapping(n ast.Node, section string) {
	var values []*ast.MappingValueNode
	switch m := n.(type) {
	case *ast.MappingNode:
		values = m.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{m}
	case *ast.NullNode, *ast.CommentGroupNode:
		return
	default:
		what := "the file"
		if section != "" {
			what = section
		}
		p.fail(n, "", what+" must hold keys and values", `like "tts: {speed: 1.2}"`)
		return
	}
	for _, v := range values {
		if len(p.errs) == maxErrors {
			p.fail(v, "", "more mistakes follow", "correct these first")
			return
		}
		name, ok := keyName(v.Key)
		if !ok {
			p.fail(v.Key, "", "a key must be a plain word", "anchors, aliases and merges are not read here")
			continue
		}
		key := name
		if section != "" {
			key = section + "." + name
		}
		if first, again := p.seen[key]; again {
			p.fail(v.Key, key, fmt.Sprintf("is set twice, first in line %d", first), "leave one of them")
			continue
		}
		p.seen[key] = p.line(v.Key)
		switch {
		case slices.ContainsFunc(p.keys, func(k Key) bool { return k.Name == key }):
			p.value(v, key)
		case section == "" && slices.ContainsFunc(p.keys, func(k Key) bool { return strings.HasPrefix(k.Name, key+".") }):
			p.mapping(v.Value, key)
		default:
			p.unknown(v.Key, section, key)
		}
	}
}

func (p *reader) unknown(n ast.Node, section, key string) {
	candidates := names(p.keys)
	otherwise := "koe config show lists the keys"
	if section != "" {
		var own []string
		for _, c := range candidates {
			if rest, ok := strings.CutPrefix(c, section+"."); ok {
				own = append(own, rest)
			}
		}
		otherwise = section + " has: " + strings.Join(own, ", ")
	} else {
		for _, c := range candidates {
			if s, _, ok := strings.Cut(c, "."); ok && !slices.Contains(candidates, s) {
				candidates = append(candidates, s)
			}
		}
	}
	p.fail(n, key, "no such key", didYouMean(key, candidates, otherwise))
}

func keyName(n ast.Node) (string, bool) {
	if s, ok := n.(*ast.StringNode); ok {
		return s.Value, s.Value != "" && len(s.Value) < 200 && !strings.ContainsFunc(s.Value, func(r rune) bool { return r < ' ' })
	}
	return "", false
}

func (p *reader) value(v *ast.MappingValueNode, key string) {
	var value any
	switch n := v.Value.(type) {
	case *ast.BoolNode:
		value = n.Value
	case *ast.StringNode:
		value = n.Value
	case *ast.LiteralNode:
		value = n.Value.Value
	case *ast.FloatNode:
		value = n.Value
	case *ast.IntegerNode:
		switch i := n.Value.(type) {
		case int64:
			value = i
		case uint64:
			value = float64(i)
			if i <= 1<<62 {
				value = int64(i)
			}
		}
	case *ast.NullNode, nil:
		p.fail(v.Key, key, "has no value", "give one, or take the line out")
		return
	}
	if value == nil {
		p.fail(v.Value, key, "must be a single value", "")
		return
	}
	p.settings = append(p.settings, setting{key: key, value: value, origin: fmt.Sprintf("%s:%d", p.name, p.line(v.Key)), where: p.where(v.Value)})
}
