package prose

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"koe/internal/agent"
)

func TestSentences(t *testing.T) {
	long := strings.Repeat("some words that go on ", 12)
	for _, tt := range []struct {
		name, in string
		want     []string
	}{
		{"two", "First. Second.", []string{"First.", "Second."}},
		{"version", "Now on v1.2.3 of it. Next.", []string{"Now on v1.2.3 of it.", "Next."}},
		{"file", "See main.go and it's fine. Next.", []string{"See main.go and it's fine.", "Next."}},
		{"number", "Pi is 3.14 now. Next.", []string{"Pi is 3.14 now.", "Next."}},
		{"eg", "Some, e.g. Go or Rust, i.e. Fast ones. Next.", []string{"Some, e.g. Go or Rust, i.e. Fast ones.", "Next."}},
		{"etc", "Files, caches, etc. are gone. Logs, etc. The rest stays.", []string{"Files, caches, etc. are gone.", "Logs, etc.", "The rest stays."}},
		{"title", "Ask Dr. Smith or Mrs. Jones. Next.", []string{"Ask Dr. Smith or Mrs. Jones.", "Next."}},
		{"figure", "See Fig. 3 and No. 5 there. Is it? No. It works.", []string{"See Fig. 3 and No. 5 there.", "Is it?", "No.", "It works."}},
		{"initials", "By J. R. Smith it is. Take option B. Then go.", []string{"By J. R. Smith it is.", "Take option B.", "Then go."}},
		{"choice", "I prefer Option B. Then go.", []string{"I prefer Option B.", "Then go."}},
		{"ellipsis", "Wait... what is it... Next one… and on… Then.", []string{"Wait... what is it...", "Next one… and on…", "Then."}},
		{"cjk", "直しました。次へ進む！終わり？はい", []string{"直しました。", "次へ進む！", "終わり？", "はい"}},
		{"cjk quote", "「はい。」と言う。（了解。）次", []string{"「はい。」", "と言う。", "（了解。）", "次"}},
		{"quotes", `He said "Stop." Then (it ended.) Next "a?" he said.`, []string{`He said "Stop."`, `Then (it ended.)`, `Next "a?" he said.`}},
		{"colon", "Here it is:\n\n- one\n- two", []string{"Here it is:", "one", "two"}},
		{"code start", "It works. `main.go` is next. main.go builds. getUser() fails.", []string{"It works.", "`main.go` is next.", "main.go builds.", "getUser() fails."}},
		{"code with stops", "Run `a. B. c` now. Next.", []string{"Run `a. B. c` now.", "Next."}},
		{"double backticks", "Use ``a ` b`` or `` `x` `` now.", []string{"Use `a ' b` or `'x'` now."}},
		{"lone backtick", "A ` alone. Next.", []string{"A alone.", "Next."}},
		{"bold lead", "**Note:** it's ok. **All. Of it.** Done.", []string{"Note: it's ok.", "All.", "Of it.", "Done."}},
		{"emphasis", "a *b* __c__ ~~d~~ snake_case_x 2 * 3 ***e***.", []string{"a b c d snake_case_x 2 * 3 e."}},
		{"link", `See [the *docs*](http://x.y/a_(b) "t. T") and ![an image](a.png). [Ref][r] too.`, []string{"See the docs and an image.", "Ref too."}},
		{"index", "The a[i][j] and [x] and f(x)[0] stay.", []string{"The a[i][j] and [x] and f(x)[0] stay."}},
		{"url", "See https://example.com/a.b?c=d. Then www.foo.com/x, ok.", []string{"See `https://example.com/a.b?c=d`.", "Then `www.foo.com/x`, ok."}},
		{"autolink", "See <https://a.b/c>. Mail <me@x.org> now.", []string{"See `https://a.b/c`.", "Mail me@x.org now."}},
		{"html", "A <b>bold</b> word<!-- no. no --> here<br/>now. 3 < 4 and x <y.", []string{"A bold word here now.", "3 < 4 and x <y."}},
		{"entities", "a &amp; b &lt;c&gt; &copy; &nope; &#65; \\*x\\* \\q.", []string{`a & b <c> © &nope; A *x* \q.`}},
		{"emoji", "Done ✅. Great 🎉🎉 work 👍🏽! 👨‍👩‍👧 Next 🇯🇵.", []string{"Done.", "Great work!", "Next."}},
		{"footnote", "Text[^1] here.\n\n[^1]: The note.", []string{"Text here.", "The note."}},
		{"heading", "# One ##\nText.\n\nTwo\n---\n### Three", []string{"One", "Text.", "Two", "Three"}},
		{"lists", "1. First. More.\n2. Second\n   - deep\n\n10) tenth\n- [ ] task\n- [x] done", []string{"First.", "More.", "Second", "deep", "tenth", "task", "done"}},
		{"quote", "> One\n> two. Three\nlazy\n> > deep", []string{"One two.", "Three lazy", "deep"}},
		{"go code", "```go\na\n\nb\n```\nNext.", []string{"A Go code block of 3 lines.", "Next."}},
		{"one line", "~~~\na\n~~~", []string{"A code block of 1 line."}},
		{"unclosed", "```json\n{", []string{"A JSON code block of 1 line."}},
		{"sql", "```sql\nselect\n1\n```", []string{"An SQL code block of 2 lines."}},
		{"empty code", "```\n```", []string{"An empty code block."}},
		{"diff", "```diff\n-a\n+b\n```\n\n```\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n```", []string{"A diff of 2 lines.", "A diff of 3 lines."}},
		{"indented", "Text:\n\n    a\n\n    b\n\nNext.", []string{"Text:", "A code block of 3 lines.", "Next."}},
		{"table", "Look:\n| a | b |\n|---|--:|\n| 1. X | 2 |\n| 3 | 4 |\nrow\n\nNext.", []string{"Look:", "A table of 3 rows.", "Next."}},
		{"no table", "a | b. C\nnext | d. E", []string{"a | b.", "C next | d.", "E"}},
		{"rule", "One\n\n---\n\n***\nTwo", []string{"One", "Two"}},
		{"html block", "<details>\n<summary>More &amp; more</summary>\n\nText.\n\n</details>\n\n<!-- gone\n\ngone -->\n\n<script>\nx. Y\n</script>", []string{"More & more", "Text."}},
		{"definition", "[r]: http://x.y \"T\"\nText.", []string{"Text."}},
		{"clause", long + "to the comma, " + long + "end. Next.", []string{strings.TrimSpace(long) + " to the comma,", strings.TrimSpace(long) + " end.", "Next."}},
		{"private key", "Key:\n-----BEGIN RSA PRIVATE " + "KEY-----\nMIIE. abc\n-----END RSA PRIVATE KEY-----\nAfter. Next.", []string{"Key: secret After.", "Next."}},
		{"private key with headers", "-----BEGIN RSA PRIVATE " + "KEY-----\nProc-Type: 4,ENCRYPTED\n\nMIIEabc\nabc=\n-----END RSA PRIVATE KEY-----\n\nAfter.", []string{"secret", "After."}},
		{"open private key", "-----BEGIN OPENSSH PRIVATE " + "KEY-----\nabc", []string{"secret"}},
		{"other pem", "-----BEGIN of it-----. Next.", []string{"-----BEGIN of it-----.", "Next."}},
		{"crlf", "One.\r\nTwo\r\n\r\n- three\r\n", []string{"One.", "Two", "three"}},
		{"nothing", "---\n\n***\n\n🎉 …", nil},
		{"long word", "See " + strings.Repeat("ab1", 2000) + " there. Next.", []string{"See a long string there.", "Next."}},
		{"unclosed bracket", "[" + strings.Repeat("word. Next ", 150), append(append([]string{"[word."}, repeat("Next word.", 149)...), "Next")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if d := cmp.Diff(tt.want, texts(mustCut(t, tt.in)), equateEmpty); d != "" {
				t.Errorf("whole (-want +got):\n%s", d)
			}
			if d := cmp.Diff(tt.want, texts(mustCut(t, bytewise(tt.in)...)), equateEmpty); d != "" {
				t.Errorf("byte by byte (-want +got):\n%s", d)
			}
		})
	}
}

var equateEmpty = cmp.Transformer("empty", func(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
})

func repeat(s string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = s
	}
	return out
}

func TestRolesAndPauses(t *testing.T) {
	in := "# Head\n\nOne. Two.\n\n- a. B.\n- c\n\n> q\n\n```\nx\n```\n"
	type rp struct {
		Text  string
		Role  Role
		Pause Pause
	}
	want := []rp{
		{"Head", Heading, PauseParagraph}, {"One.", Body, PauseSentence}, {"Two.", Body, PauseParagraph},
		{"a.", Item, PauseSentence}, {"B.", Item, PauseItem}, {"c", Item, PauseItem},
		{"q", Quote, PauseParagraph}, {"A code block of 1 line.", Announcement, PauseParagraph},
	}
	var got []rp
	for _, s := range mustCut(t, in) {
		got = append(got, rp{s.Text, s.Role, s.Pause})
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// steps writes the pieces and returns every cut as "?guess", "!confirm", "x drop", the pieces separated by "|".
func steps(c *Cutter, pieces ...string) string {
	var out []string
	for i, p := range pieces {
		if i > 0 {
			out = append(out, "|")
		}
		out = append(out, show(c.Write(agent.Event{Kind: agent.Text, Block: "1", Text: p}))...)
	}
	return strings.Join(out, " ")
}

func show(cuts []Cut) []string {
	var out []string
	for _, k := range cuts {
		out = append(out, map[Op]string{Guess: "?", Confirm: "!", Drop: "x"}[k.Op]+k.Sentence.Text)
	}
	return out
}

func TestSpeculation(t *testing.T) {
	jwt := "ey" + "JhbGciOiJIUzI1NiJ9"
	for _, tt := range []struct {
		name   string
		pieces []string
		want   string
	}{
		{"right", []string{"It works.", " ", "Next"}, "?It works. | | !It works."},
		{"version", []string{"Use v1.", "2 now"}, "?Use v1. | xUse v1."},
		{"eg", []string{"Some, e.", "g.", " Go"}, "| |"},
		{"small letter", []string{"It works.", " and", " so"}, "?It works. | | xIt works."},
		{"name", []string{"It works.", " main", ".go", " is"}, "?It works. | | | !It works."},
		{"bold", []string{"**Done.", "**", " Next"}, "?Done. | | !Done."},
		{"soft newline", []string{"It works.\n", "Next"}, "?It works. | !It works."},
		{"item", []string{"- Fix it\n", "- ", "Next"}, "?Fix it | | !Fix it"},
		{"setext holds", []string{"It works.\n", "=", "=\n"}, "?It works. | | xIt works. !It works."},
		{"table holds", []string{"| a | b. |\n", "|--", "-|-|\n"}, "| |"},
		{"secret holds", []string{"Use " + jwt + ".", "ey", "JzdWIi"}, "| |"},
		{"vault", []string{"Use hvs.", "CAESI"}, "|"},
		{"assigned", []string{"The password: abc.", "def"}, "|"},
		{"key line", []string{"Done.\n", "-----", "BEGIN RSA"}, "?Done. | | !Done."},
		{"code open", []string{"Use `a.", "b`", ". "}, "| | ?Use `a.b`."},
		{"link open", []string{"See [this.", "](b)", "."}, "| ?See this. | xSee this. ?See this.."},
	} {
		if got := steps(New(Defaults()), tt.pieces...); got != tt.want {
			t.Errorf("%s: %q\n got %s\nwant %s", tt.name, tt.pieces, got, tt.want)
		}
	}
}

func TestCertainEnds(t *testing.T) {
	text := agent.Event{Kind: agent.Text, Block: "1", Text: "Let me look"}
	for _, next := range []agent.Event{
		{Kind: agent.BlockEnd, Block: "1"},
		{Kind: agent.ToolUse, Tool: &agent.Tool{Name: "Bash"}},
		{Kind: agent.ToolResult, Tool: &agent.Tool{}},
		{Kind: agent.TurnEnd},
		{Kind: agent.Text, Block: "2", Text: "x"},
		{Kind: agent.Prompt},
		{Kind: agent.Permission, Text: "Allow `rm *_x_*`? It deletes.\nAll"},
		{Kind: agent.Error, Text: "It failed."},
	} {
		c := New(Defaults())
		c.Write(text)
		got := show(c.Write(next))
		if len(got) == 0 || got[0] != "!Let me look" {
			t.Errorf("%v: %v", next.Kind, got)
		}
		if next.Kind == agent.Permission {
			if d := cmp.Diff([]string{"!Let me look", "!Allow `rm *_x_*`?", "!It deletes.", "!All"}, got); d != "" {
				t.Error(d)
			}
		}
	}
}

func TestThinking(t *testing.T) {
	ev := []agent.Event{
		{Kind: agent.Text, Channel: agent.Thinking, Block: "1", Text: "Hmm. So"},
		{Kind: agent.BlockEnd, Channel: agent.Thinking, Block: "1"},
	}
	for _, speak := range []bool{false, true} {
		opt := Defaults()
		opt.SpeakThinking = speak
		c := New(opt)
		n := 0
		for _, e := range ev {
			for _, k := range c.Write(e) {
				n++
				if k.Sentence.Channel != agent.Thinking {
					t.Error("wrong channel")
				}
			}
		}
		if speak != (n > 0) {
			t.Errorf("speak %v: %d cuts", speak, n)
		}
	}
}

func TestSilent(t *testing.T) {
	c := New(Options{})
	got := show(c.Write(agent.Event{Kind: agent.Text, Block: "1", Text: "A.\n\n```\nx\n```\n\n|a|\n|-|\n|b|\n\nB"}))
	got = append(got, show(c.Close())...)
	if d := cmp.Diff([]string{"!A.", "!B"}, got); d != "" {
		t.Error(d)
	}
}

func TestRead(t *testing.T) {
	c := New(Defaults())
	at := func(n int) time.Time { return time.Unix(int64(n), 0) }
	var got []int64
	for i, p := range []string{"One", " two", ".", " ", "Three. ", "Fo", "ur\n\n"} {
		for _, k := range c.Write(agent.Event{Kind: agent.Text, Block: "1", Text: p, Read: at(i)}) {
			if k.Op == Confirm {
				got = append(got, k.Sentence.Read.Unix())
			}
		}
	}
	if d := cmp.Diff([]int64{2, 4, 6}, got); d != "" {
		t.Error(d)
	}
	c.Write(agent.Event{Kind: agent.Text, Block: "2", Text: "Five", Read: at(8)})
	k := c.Write(agent.Event{Kind: agent.BlockEnd, Block: "2", Read: at(9)})
	if len(k) != 1 || k[0].Sentence.Read != at(8) {
		t.Errorf("flushed: %+v", k)
	}
}

func TestMux(t *testing.T) {
	m := NewMux(Defaults())
	w := func(session, parent, text string) string {
		return strings.Join(show(m.Write(agent.Event{Kind: agent.Text, Session: session, Parent: parent, Block: parent, Text: text})), " ")
	}
	for i, s := range []struct{ session, parent, text, want string }{
		{"s", "", "Main.", "?Main."},
		{"s", "t1", "Sub.", ""}, // one guess at a time
		{"s", "t1", " Sub two", "!Sub."},
		{"s", "", " Next.", "!Main. ?Next."},
		{"z", "", "Other.", ""},
		{"s", "", "5", "xNext."},
		{"z", "", " ", "?Other."},
	} {
		if got := w(s.session, s.parent, s.text); got != s.want {
			t.Errorf("step %d: got %q, want %q", i, got, s.want)
		}
	}
	got := show(m.Write(agent.Event{Kind: agent.ToolResult, Session: "s", Tool: &agent.Tool{ID: "t1"}}))
	got = append(got, show(m.Close())...)
	if d := cmp.Diff([]string{"!Sub two", "!Next.5", "!Other."}, got); d != "" {
		t.Error(d)
	}
}
