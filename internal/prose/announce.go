package prose

import (
	"bytes"
	"fmt"
	"strings"
)

// infoWord returns the language that a fence's info string names, "" if it names none that can be spoken.
func infoWord(info string) string {
	f := strings.FieldsFunc(info, func(r rune) bool { return r == ' ' || r == ',' || r == '{' || r == '}' })
	if len(f) == 0 {
		return ""
	}
	w := strings.ToLower(strings.TrimPrefix(f[0], "."))
	if i := strings.IndexByte(w, ':'); i > 0 {
		w = w[:i]
	}
	if len(w) > 20 || strings.Trim(w, "abcdefghijklmnopqrstuvwxyz0123456789+#-._") != "" {
		return ""
	}
	return w
}

// languages names what info strings abbreviate; "" is not worth naming.
var languages = map[string]string{
	"go": "Go", "golang": "Go", "js": "JavaScript", "javascript": "JavaScript", "mjs": "JavaScript", "jsx": "JSX",
	"ts": "TypeScript", "typescript": "TypeScript", "tsx": "TSX", "py": "Python", "python": "Python", "python3": "Python",
	"rs": "Rust", "rust": "Rust", "rb": "Ruby", "ruby": "Ruby", "java": "Java", "kt": "Kotlin", "kotlin": "Kotlin",
	"swift": "Swift", "c": "C", "cpp": "C++", "c++": "C++", "cc": "C++", "h": "C", "hpp": "C++", "cs": "C#", "csharp": "C#", "c#": "C#",
	"sh": "shell", "bash": "shell", "zsh": "shell", "shell": "shell", "console": "shell", "shell-session": "shell",
	"fish": "shell", "powershell": "PowerShell", "ps1": "PowerShell", "bat": "batch", "json": "JSON", "jsonc": "JSON", "json5": "JSON",
	"jsonl": "JSON", "yaml": "YAML", "yml": "YAML", "toml": "TOML", "ini": "INI", "xml": "XML", "html": "HTML", "css": "CSS",
	"scss": "SCSS", "sql": "SQL", "dockerfile": "Dockerfile", "docker": "Dockerfile", "make": "Makefile", "makefile": "Makefile",
	"md": "Markdown", "markdown": "Markdown", "proto": "Protocol Buffers", "protobuf": "Protocol Buffers", "graphql": "GraphQL",
	"hcl": "HCL", "tf": "Terraform", "terraform": "Terraform", "lua": "Lua", "php": "PHP", "perl": "Perl", "pl": "Perl", "r": "R",
	"scala": "Scala", "dart": "Dart", "ex": "Elixir", "elixir": "Elixir", "erl": "Erlang", "hs": "Haskell", "haskell": "Haskell",
	"zig": "Zig", "nix": "Nix", "vue": "Vue", "svelte": "Svelte", "mermaid": "Mermaid", "env": "environment", "csv": "CSV",
	"text": "", "txt": "", "plain": "", "plaintext": "", "output": "", "log": "log", "http": "HTTP", "regex": "", "none": "",
}

// announceCode says what a code block is, and ends it.
func (c *Cutter) announceCode() {
	if !c.opt.AnnounceCode {
		return
	}
	kind := "code block"
	switch {
	case c.codeInfo == "diff" || c.codeInfo == "patch" || c.codeInfo == "" && isDiff(c.codeHead):
		kind = "diff"
	case c.codeInfo != "":
		name, known := languages[c.codeInfo]
		if !known {
			name = c.codeInfo
		}
		if name != "" {
			kind = name + " code block"
		}
	}
	if c.codeLines == 0 {
		kind = "empty " + kind
	}
	article := "A "
	if an(kind) {
		article = "An "
	}
	if c.codeLines == 0 {
		c.announce(article + kind + ".")
		return
	}
	c.announce(article + kind + " of " + plural(c.codeLines, "line") + ".")
}

// announceTable says how long a table is, and ends it.
func (c *Cutter) announceTable() {
	switch {
	case !c.opt.AnnounceTable:
	case c.tableRows == 0:
		c.announce("An empty table.")
	default:
		c.announce("A table of " + plural(c.tableRows, "row") + ".")
	}
}

func (c *Cutter) announce(s string) {
	s, _ = redact(s)
	c.emit(Sentence{Text: s, Role: Announcement, Pause: PauseParagraph, Channel: c.channel, Session: c.session, Parent: c.parent, Read: c.now})
}

func isDiff(head []byte) bool {
	for _, p := range []string{"diff --git ", "--- a/", "+++ b/", "@@ -", "Index: "} {
		if bytes.HasPrefix(head, []byte(p)) {
			return true
		}
	}
	return false
}

// an reports whether a name is spoken with a vowel first.
func an(s string) bool {
	switch w, _, _ := strings.Cut(s, " "); w {
	case "HTML", "HTTP", "SQL", "XML", "SCSS", "HCL", "R", "INI", "empty", "environment", "Elixir", "Erlang":
		return true
	case "JSON", "YAML":
		return false
	}
	return strings.ContainsRune("aeioAEIO", rune(s[0]))
}

func plural(n int, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}
