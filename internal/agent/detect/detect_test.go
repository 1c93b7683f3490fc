package detect

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"koe/internal/agent"
	"koe/internal/agent/agenttest"
	"koe/internal/testenv"
)

func TestSniff(t *testing.T) {
	for _, tt := range []struct{ name, input, want string }{
		{"empty", "", "text"},
		{"words", "Hello there.\nAll is well.\n", "text"},
		{"one line", "Hello", "text"},
		{"a JSON file", "{\n  \"name\": \"koe\"\n}\n", "text"},
		{"an array", "[1, 2]\n", "text"},
		{"a long line", strings.Repeat("word ", 5000), "text"},
		{"live", `{"type":"system","subtype":"init","session_id":"s"}` + "\n", "claude"},
		{"live, no newline", `{"type":"assistant","message":{"content":"hi"}}`, "claude"},
		{"live after noise", "npm warn\n\n" + `{"type":"control_response","response":{}}` + "\n", "claude"},
		{"live with mark and NULs", "\uFEFF\x00\x00" + `{"type":"result"}` + "\n", "claude"},
		{"long first line", `{"type":"system","x":"` + strings.Repeat("x", 200<<10) + `"}` + "\n", "claude"},
		{"transcript", `{"parentUuid":null,"isSidechain":false,"type":"user","sessionId":"s"}` + "\n", "transcript"},
		{"live, cut short", `{"type":"control_response","respo`, "claude"},
		{"transcript, cut short", `{"parentUuid":null,"isSide`, "transcript"},
		{"transcript queue", `{"type":"queue-operation","sessionId":"s"}` + "\n", "transcript"},
		{"transcript summary", `{"type":"summary","summary":"x","leafUuid":"y"}` + "\n", "transcript"},
		{"transcript snapshot", `{"type":"file-history-snapshot","messageId":"x"}` + "\n", "transcript"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rest, f, err := Sniff(iotest.HalfReader(strings.NewReader(tt.input)))
			if err != nil || f.Name != tt.want {
				t.Fatalf("got %q, %v, want %q", f.Name, err, tt.want)
			}
			if all, err := io.ReadAll(rest); err != nil || string(all) != tt.input {
				t.Errorf("the rest is not the input: %d bytes of %d, %v", len(all), len(tt.input), err)
			}
		})
	}
}

func TestUnreadable(t *testing.T) {
	_, _, err := Sniff(strings.NewReader(`{"type":"thread.started","thread_id":"x"}` + "\n" + `{"type":"turn.started"}` + "\n"))
	var u *UnreadableError
	if !errors.As(err, &u) || !strings.Contains(err.Error(), "codex") {
		t.Fatalf("got %v", err)
	}
}

// A source may give bytes and its error in one call.
func TestSniffKeepsTheError(t *testing.T) {
	boom := errors.New("boom")
	rest, f, err := Sniff(iotest.DataErrReader(io.MultiReader(strings.NewReader("Hello"), iotest.ErrReader(boom))))
	if err != nil || f.Name != "text" {
		t.Fatal(f, err)
	}
	if all, err := io.ReadAll(rest); string(all) != "Hello" || !errors.Is(err, boom) {
		t.Errorf("got %q, %v", all, err)
	}
}

// One line of a stream is enough: nothing may wait for the second.
func TestSniffDoesNotWait(t *testing.T) {
	pr, pw := io.Pipe()
	defer func() { _ = pr.Close() }()
	go func() { _, _ = pw.Write([]byte(`{"type":"system","subtype":"init"}` + "\n")) }()
	if _, f, err := Sniff(pr); err != nil || f.Name != "claude" {
		t.Fatal(f.Name, err)
	}
}

func TestByName(t *testing.T) {
	for _, f := range Formats() {
		if got, err := ByName(f.Name); err != nil || got.Name != f.Name || got.Reader == nil || got.About == "" {
			t.Errorf("%s: %+v, %v", f.Name, got, err)
		}
	}
	if _, err := ByName("cladue"); err == nil || !strings.Contains(err.Error(), "claude") {
		t.Errorf("got %v", err)
	}
}

func TestSamples(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(testenv.Shared(t), "samples", "*.jsonl"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	conform := map[string][]byte{"text": []byte("# Hello\n\nAll is well: ünïcode, 声.\n")}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, f, err := Sniff(bytes.NewReader(data))
		switch {
		case strings.Contains(file, "codex"):
			if err == nil {
				t.Errorf("%s: taken for %s", file, f.Name)
			}
			continue
		case strings.Contains(file, ".live."):
			if f.Name != "claude" {
				t.Errorf("%s: taken for %q, %v", file, f.Name, err)
			}
		case f.Name != "transcript":
			t.Errorf("%s: taken for %q, %v", file, f.Name, err)
		}
		conform[filepath.Base(file)] = data
	}
	agenttest.TestReader(t, Reader{}, conform)
}

func TestChosen(t *testing.T) {
	name := ""
	events, _ := agenttest.Collect(t, Reader{Chosen: func(f Format) { name = f.Name }}, strings.NewReader("Hello.\n"))
	if name != "text" || agenttest.Text(events, agent.Prose) != "Hello.\n" {
		t.Errorf("%s: %+v", name, events)
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte("Hello.\nThere\n"))
	f.Add([]byte(`{"type":"system","subtype":"init"}` + "\n" + `{"type":"assistant","message":{"content":"hi"}}`))
	f.Add([]byte(`{"type":"summary","leafUuid":"y"}` + "\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		rest, _, err := Sniff(iotest.HalfReader(bytes.NewReader(data)))
		var u *UnreadableError
		if err != nil && !errors.As(err, &u) {
			t.Fatal(err)
		}
		if all, err := io.ReadAll(rest); err != nil || !bytes.Equal(all, data) {
			t.Fatalf("the rest is not the input: %v", err)
		}
	})
}

func TestBinary(t *testing.T) {
	noise := make([]byte, 8<<10)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	for name, c := range map[string]struct {
		in   []byte
		want error
	}{
		"noise":           {noise, ErrBinary},
		"NULs":            {make([]byte, 5000), ErrBinary},
		"Japanese":        {[]byte(strings.Repeat("これはテストです。", 1000)), nil},
		"cut rune":        {[]byte("これ\xe3\x81"), nil},
		"coloured text":   {[]byte("\x1b[31mred\x1b[0m text\n"), nil},
		"one broken byte": {[]byte("all is well \xff\n"), nil},
	} {
		if _, _, err := Sniff(bytes.NewReader(c.in)); !errors.Is(err, c.want) {
			t.Errorf("%s: error %v, want %v", name, err, c.want)
		}
	}
}
