package prose

import (
	"bytes"
	"fmt"
	"html"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
	"pgregory.net/rapid"
)

var (
	reference = goldmark.New(goldmark.WithExtensions(extension.GFM, extension.Footnote))
	codeTag   = regexp.MustCompile(`(?s)<code>(.*?)</code>`)
	imgTag    = regexp.MustCompile(`<img[^>]*alt="([^"]*)"[^>]*>`)
	noteTag   = regexp.MustCompile(`(?s)<sup.*?</sup>|<a[^>]*footnote-backref.*?</a>`)
	anyTag    = regexp.MustCompile(`(?s)<!--.*?-->|<[^>]*>`)
	language  = regexp.MustCompile(`^(An empty |An? ).*(?:code block|diff)`)
	urlUnit   = regexp.MustCompile("`((?:https?|ftp)://[^`]*|www\\.[^`]*)`")
)

// referenceBlocks returns what goldmark makes of a document: each block's text, announcements for code and tables.
func referenceBlocks(t testing.TB, doc string) []string {
	src := []byte(doc)
	var out []string
	root := reference.Parser().Parse(text.NewReader(src))
	err := ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Paragraph, *ast.TextBlock, *ast.Heading:
			var buf bytes.Buffer
			for c := n.FirstChild(); c != nil; c = c.NextSibling() {
				if err := reference.Renderer().Render(&buf, src, c); err != nil {
					return ast.WalkStop, err
				}
			}
			out = append(out, plainHTML(buf.String()))
			return ast.WalkSkipChildren, nil
		case *ast.FencedCodeBlock, *ast.CodeBlock:
			lines := n.Lines().Len()
			out = append(out, fmt.Sprintf("A code block of %s.", plural(lines, "line")))
			if lines == 0 {
				out[len(out)-1] = "An empty code block."
			}
		case *east.Table:
			if n.ChildCount() == 1 {
				out = append(out, "An empty table.")
			} else {
				out = append(out, fmt.Sprintf("A table of %s.", plural(n.ChildCount()-1, "row")))
			}
			return ast.WalkSkipChildren, nil
		case *ast.HTMLBlock:
			if n.HTMLBlockType < ast.HTMLBlockType6 {
				break
			}
			var b strings.Builder
			for i := range n.Lines().Len() {
				s := n.Lines().At(i)
				b.Write(s.Value(src))
			}
			out = append(out, html.UnescapeString(anyTag.ReplaceAllString(strings.ReplaceAll(b.String(), "`", ""), " ")))
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func plainHTML(s string) string {
	s = codeTag.ReplaceAllStringFunc(s, func(m string) string {
		in := codeTag.FindStringSubmatch(m)[1]
		if strings.TrimSpace(in) == "" {
			return " "
		}
		return "<code>" + strings.ReplaceAll(in, "`", "'") + "</code>"
	})
	s = strings.NewReplacer("`", "", "<code>", "`", "</code>", "`").Replace(s)
	s = imgTag.ReplaceAllString(s, "$1")
	s = noteTag.ReplaceAllString(s, "")
	return html.UnescapeString(anyTag.ReplaceAllString(s, ""))
}

// normal removes what the two sides may differ in: white space, pictographs, backticks around addresses.
func normal(s string) string {
	s = urlUnit.ReplaceAllString(s, "$1")
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || isEmoji(r) || r == 0x200d || r == 0xfe0f {
			return -1
		}
		return r
	}, s)
}

// spokenBlocks joins the sentences of each block.
func spokenBlocks(ss []Sentence) []string {
	var out []string
	block := ""
	for _, s := range ss {
		if s.Role == Announcement { // goldmark's side names no language
			s.Text = language.ReplaceAllString(s.Text, "${1}code block")
			s.Text = strings.Replace(s.Text, "An code", "A code", 1)
		}
		block += s.Text + " "
		if s.Pause != PauseSentence {
			out = append(out, block)
			block = ""
		}
	}
	if block != "" {
		out = append(out, block)
	}
	return out
}

func normalBlocks(blocks []string) []string {
	out := []string{}
	for _, b := range blocks {
		if b = normal(b); speakable(b) {
			out = append(out, b)
		}
	}
	return out
}

// genDoc draws a well-formed document.
type genDoc struct{ t *rapid.T }

var words = strings.Fields("the parser works fine now and fails when input is empty Go Rust main.go v1.2.3 3.14 e.g. etc. it's don't snake_case_name foo.Bar " +
	"Dr. Smith No. 5 a/b 42 --flag x=y (see below) \"quoted\" wait... 日本語 結果 C++ f(x) & < > 50% #1 $HOME ~5 arr[0] 8:30")

func (g genDoc) int(label string, lo, hi int) int { return rapid.IntRange(lo, hi).Draw(g.t, label) }
func (g genDoc) pick(ss ...string) string         { return rapid.SampledFrom(ss).Draw(g.t, "pick") }
func (g genDoc) word() string                     { return rapid.SampledFrom(words).Draw(g.t, "word") }

func (g genDoc) phrase(depth int) string {
	var out []string
	for range g.int("pieces", 1, 6) {
		w := g.word()
		if depth > 0 {
			switch g.int("inline", 0, 15) {
			case 0:
				w = "**" + g.flow(depth-1) + "**"
			case 1:
				w = "*" + g.pick("one", "two words", "It ends. Not here") + "*"
			case 2:
				w = "`" + g.pick("code", "a. B", "x | y", "*p", "f(a, b)", "<b>") + "`"
			case 3:
				w = "``" + g.pick("a ` b", " `x` ", "plain") + "``"
			case 4:
				w = "[" + g.pick("a link", "See this. It is", "`code`", "*em* x") + "](" + g.pick("http://x.y/a_b", "<a b>", "x.md \"A. Title\"", "a(b)c") + ")"
			case 5:
				w = "![" + g.pick("an image", "Alt. Text") + "](a.png)"
			case 6:
				w = g.pick("https://example.com/a_b?c=d", "http://x.org", "<https://a.b/c>", "www.example.com")
			case 7:
				w = g.pick("&amp;", "&lt;x&gt;", "&copy;", "\\*not\\*", "\\`", "\\_a\\_", "&#x41;")
			case 8:
				w = g.pick("<b>bold</b>", "a<br>b", "<!-- c. D -->", "<i class=\"x. y\">i</i>")
			case 9:
				w = g.pick("~~gone~~", "__strong__", "_em_", "***both***")
			case 10:
				w = g.pick("🎉", "✅", "👍🏽")
			case 11:
				w = g.pick("text[^1]", "[label][ref]", "[ref][]")
			}
		}
		out = append(out, w)
	}
	return "x " + strings.Join(out, " ") + " x"
}

// flow is several sentences.
func (g genDoc) flow(depth int) string {
	var out []string
	for range g.int("sentences", 1, 3) {
		out = append(out, g.phrase(depth)+g.pick(".", "!", "?", ":", "...", ".\"", "。"))
	}
	sep := g.pick(" ", " ", "\n")
	return strings.Join(out, sep)
}

func (g genDoc) blocks(depth int) string {
	var out []string
	for range g.int("blocks", 1, 4) {
		out = append(out, g.block(depth))
	}
	return strings.Join(out, "\n\n")
}

func indentBy(s, first, rest string) string {
	return first + strings.ReplaceAll(s, "\n", "\n"+rest)
}

func (g genDoc) block(depth int) string {
	kind := g.int("block", 0, 11)
	if depth == 0 && kind > 7 {
		kind = 0
	}
	switch kind {
	case 1:
		return g.pick("# ", "### ") + strings.ReplaceAll(g.phrase(1), "\n", " ") + g.pick("", " ##")
	case 2:
		return strings.ReplaceAll(g.flow(1), "\n", " ") + "\n" + g.pick("===", "---")
	case 3:
		return "```\n" + g.pick("code. Here\n", "", "a\n\nb\n", "- x\n```y\n") + "```"
	case 4:
		return "    " + g.pick("code. Here", "a\n\n    b")
	case 5:
		return "| x | `y` |\n|---|:-:|\n" + g.pick("", "| 1. A | 2 |\n", "| a | b |\n| c |\n")
	case 6:
		return g.pick("---", "***")
	case 7:
		return g.pick("<div>\nSome text. More\n</div>", "<!-- no.\n\nNo -->", "<details><summary>Sum</summary>")
	case 8:
		return indentBy(g.blocks(depth-1), "> ", "> ")
	case 9, 10:
		var items []string
		marker := g.pick("- ", "* ", "1. ", "- [ ] ")
		for range g.int("items", 1, 3) {
			in := g.flow(1)
			if g.int("nested", 0, 2) == 0 {
				in += "\n\n" + g.blocks(depth-1)
			}
			items = append(items, indentBy(in, marker, strings.Repeat(" ", len(strings.TrimSuffix(marker, "[ ] ")))))
		}
		return strings.Join(items, g.pick("\n", "\n\n"))
	}
	return g.flow(2)
}

func TestSpokenIsGoldmark(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		doc := genDoc{t}.blocks(2) + "\n\nend[^1]\n\n[ref]: http://x.y\n\n[^1]: The note.\n"
		got, _, err := cutPieces(doc)
		if err != nil {
			t.Fatalf("%v in %q", err, doc)
		}
		want := referenceBlocks(tb(t), doc)
		if d := cmp.Diff(normalBlocks(want), normalBlocks(spokenBlocks(got))); d != "" {
			t.Fatalf("document:\n%s\n(-goldmark +spoken):\n%s", doc, d)
		}
	})
}

func TestSplitAnywhere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		doc := genDoc{t}.blocks(2)
		checkSplits(t, doc, rapid.SliceOfN(rapid.IntRange(0, len(doc)), 0, 6).Draw(t, "cuts"))
	})
}
