package message

import (
	"strings"
	"testing"
)

func TestDetail(t *testing.T) {
	for _, tt := range []struct{ input, want string }{
		{`{"command":"go test ./...","description":"Run the tests"}`, "Run the tests"},
		{`{"command":"go  test\n  ./..."}`, "go test ./..."},
		{`{"file_path":"/a/b.go","old_string":"x","new_string":"y"}`, "/a/b.go"},
		{`{"content":"` + strings.Repeat("x", 1<<20) + `","file_path":"big.txt"}`, "big.txt"},
		{`{"pattern":"func main","path":"cmd"}`, "func main"},
		{`{"description":" ","command":"ls"}`, "ls"},
		{`{"description":{"a":1},"query":["x"],"url":"https://example.org"}`, "https://example.org"},
		{`{"command":"` + strings.Repeat("声", 500) + `"}`, strings.Repeat("声", maxDetail-1) + "…"},
		{`{"todos":[]}`, ""}, {`[]`, ""}, {`"x"`, ""}, {``, ""}, {`{`, ""}, {`{"command":`, ""},
	} {
		if got := Detail([]byte(tt.input)); got != tt.want {
			t.Errorf("%.60s: got %q, want %q", tt.input, got, tt.want)
		}
	}
}

func TestQuestions(t *testing.T) {
	if got := Questions([]byte(`{"questions":[{"question":"Which one?"},{"question":"And when?"}]}`)); got != "Which one? And when?" {
		t.Errorf("got %q", got)
	}
	if got := Questions([]byte(`{"questions":"x"}`)); got != "" {
		t.Errorf("got %q", got)
	}
}

func TestBlocks(t *testing.T) {
	for _, tt := range []struct {
		content  string
		n, bad   int
		firstHas string
	}{
		{`"hello"`, 1, 0, "hello"},
		{`[{"type":"text","text":"hello"},{"type":"tool_use","id":"1"}]`, 2, 0, "hello"},
		{`[{"type":"text","text":"hello"},"x",{"type":1}]`, 1, 2, "hello"},
		{`{}`, 0, 1, ""}, {`null`, 0, 1, ""}, {``, 0, 1, ""},
	} {
		blocks, bad := Message{Content: []byte(tt.content)}.Blocks()
		if len(blocks) != tt.n || bad != tt.bad || (tt.n > 0 && blocks[0].Text != tt.firstHas) {
			t.Errorf("%s: %+v, %d", tt.content, blocks, bad)
		}
	}
}

func FuzzDetail(f *testing.F) {
	f.Add([]byte(`{"command":"x","description":"y"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if d := Detail(data); strings.ContainsAny(d, "\n\r") || len([]rune(d)) > maxDetail {
			t.Errorf("%q", d)
		}
	})
}
