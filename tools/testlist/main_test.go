package main

import (
	"strings"
	"testing"
)

func TestList(t *testing.T) {
	in := `{"Action":"output","Package":"koe/a","Test":"TestFails","Output":"    a_test.go:3: broken\n"}
{"Action":"fail","Package":"koe/a","Test":"TestFails","Elapsed":0.1}
{"Action":"fail","Package":"koe/a","Elapsed":0.2}
{"Action":"output","Package":"koe/b","Test":"TestSkips","Output":"    b_test.go:9: missing: PulseAudio\n"}
{"Action":"skip","Package":"koe/b","Test":"TestSkips"}
{"Action":"output","Package":"koe/b","Test":"TestPasses","Output":"not shown\n"}
{"Action":"pass","Package":"koe/b","Test":"TestPasses"}
{"Action":"pass","Package":"koe/b","Elapsed":0.5}
{"ImportPath":"koe/c","Action":"build-output","Output":"c.go:1: syntax error\n"}
{"ImportPath":"koe/c","Action":"build-fail"}
not JSON
`
	l := list{output: map[string][]string{}, reasons: map[string][]string{}}
	var b strings.Builder
	if err := l.read(strings.NewReader(in), &b); err != nil {
		t.Fatal(err)
	}
	l.end(&b)
	want := "    a_test.go:3: broken\nFAIL\tkoe/a\t0.200s\nok  \tkoe/b\t0.500s\nc.go:1: syntax error\nnot JSON\n" +
		"\nskipped:\n  missing: PulseAudio\n      b TestSkips\n\n1 passed, 3 failed, 1 skipped\n"
	if b.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", b.String(), want)
	}
}
