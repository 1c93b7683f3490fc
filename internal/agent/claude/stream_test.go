package claude

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"pgregory.net/rapid"

	"koe/internal/agent"
	"koe/internal/agent/agenttest"
)

// The lines of small streams.

func start(id string) string {
	return fmt.Sprintf(`{"type":"stream_event","event":{"type":"message_start","message":{"id":%q}},"session_id":"s"}`, id)
}

func blockStart(i int, kind string) string {
	return fmt.Sprintf(`{"type":"stream_event","event":{"type":"content_block_start","index":%d,"content_block":{"type":%q,"id":"t%d","name":"Bash"}},"session_id":"s"}`, i, kind, i)
}

func textStart(i int) string {
	return fmt.Sprintf(`{"type":"stream_event","event":{"type":"content_block_start","index":%d,"content_block":{"type":"text","text":""}},"session_id":"s"}`, i)
}

func delta(i int, text string) string {
	return fmt.Sprintf(`{"type":"stream_event","event":{"type":"content_block_delta","index":%d,"delta":{"type":"text_delta","text":%q}},"session_id":"s"}`, i, text)
}

func stop(i int) string {
	return fmt.Sprintf(`{"type":"stream_event","event":{"type":"content_block_stop","index":%d},"session_id":"s"}`, i)
}

func whole(id, text string) string {
	return fmt.Sprintf(`{"type":"assistant","message":{"id":%q,"content":[{"type":"text","text":%q}]},"session_id":"s"}`, id, text)
}

const messageStop = `{"type":"stream_event","event":{"type":"message_stop"},"session_id":"s"}`

// read returns the texts of the blocks, and what else happened.
func read(t testing.TB, lines ...string) (blocks []string, others []agent.Event, report agent.Report) {
	t.Helper()
	events, report := agenttest.Collect(t, Reader{}, strings.NewReader(strings.Join(lines, "\n")+"\n"))
	if err := agenttest.Check(events, report); err != nil {
		t.Fatal(err)
	}
	at := map[string]int{}
	for _, ev := range events {
		switch ev.Kind {
		case agent.Text:
			if _, ok := at[ev.Block]; !ok {
				at[ev.Block] = len(blocks)
				blocks = append(blocks, "")
			}
			blocks[at[ev.Block]] += ev.Text
		case agent.BlockEnd:
		default:
			others = append(others, ev)
		}
	}
	return blocks, others, report
}

func TestBlocks(t *testing.T) {
	for _, tt := range []struct {
		name    string
		lines   []string
		want    []string
		skipped int
	}{
		{"pieces, then whole", []string{start("m"), textStart(0), delta(0, "Hello "), delta(0, "there."), whole("m", "Hello there."), stop(0), messageStop}, []string{"Hello there."}, 0},
		{"whole only", []string{whole("m", "Hello."), whole("m", "There.")}, []string{"Hello.", "There."}, 0},
		{"the same block twice, said twice", []string{whole("m", "Hello."), whole("m", "Hello.")}, []string{"Hello.", "Hello."}, 0},
		{"pieces hold a beginning", []string{start("m"), textStart(0), delta(0, "Hello "), whole("m", "Hello there."), stop(0)}, []string{"Hello there."}, 0},
		{"no pieces", []string{start("m"), textStart(0), whole("m", "Hello there."), stop(0)}, []string{"Hello there."}, 0},
		{"whole before its pieces", []string{whole("m", "Hello there."), start("m"), textStart(0), delta(0, "Hello there."), stop(0)}, []string{"Hello there."}, 0},
		{"whole after its end", []string{start("m"), textStart(0), delta(0, "Hello there."), stop(0), messageStop, whole("m", "Hello there.")}, []string{"Hello there."}, 0},
		{"rest after its end", []string{start("m"), textStart(0), delta(0, "Hello "), stop(0), whole("m", "Hello there.")}, []string{"Hello ", "there."}, 0},
		{"whole missing", []string{start("m"), textStart(0), delta(0, "One."), stop(0), textStart(1), delta(1, "Two."), whole("m", "Two."), stop(1)}, []string{"One.", "Two."}, 0},
		{"a piece in the middle missing", []string{start("m"), textStart(0), delta(0, "One "), delta(0, "three "), whole("m", "One two three four."), stop(0)}, []string{"One three four."}, 1},
		{"the first piece missing", []string{start("m"), textStart(0), delta(0, "two "), whole("m", "One two three."), stop(0)}, []string{"two three."}, 1},
		{"pieces that were changed", []string{start("m"), textStart(0), delta(0, "One apple."), whole("m", "One pear."), stop(0)}, []string{"One apple."}, 1},
		{"message start missing", []string{textStart(0), delta(0, "Hello "), whole("m", "Hello there."), stop(0)}, []string{"Hello there."}, 0},
		{"second message start missing", []string{start("m"), textStart(0), delta(0, "One."), whole("m", "One."), stop(0), messageStop,
			textStart(0), delta(0, "Two."), whole("n", "Two."), stop(0), messageStop}, []string{"One.", "Two."}, 0},
		{"stop and start between messages missing", []string{start("m"), textStart(0), delta(0, "One."), whole("m", "One."), stop(0),
			textStart(0), delta(0, "Two."), whole("n", "Two."), stop(0)}, []string{"One.", "Two."}, 0},
		{"block start missing", []string{start("m"), delta(0, "Hello."), whole("m", "Hello."), stop(0)}, []string{"Hello."}, 0},
		{"no message id", []string{`{"type":"assistant","message":{"content":"Hello."}}`, `{"type":"assistant","message":{"content":"There."}}`}, []string{"Hello.", "There."}, 0},
		{"cut off", []string{start("m"), textStart(0), delta(0, "Hello ")}, []string{"Hello "}, 0},
		{"next message while one is open", []string{start("m"), textStart(0), delta(0, "Hello "), start("n"), textStart(0), delta(0, "There.")}, []string{"Hello ", "There."}, 0},
		{"late whole of an older message", []string{start("m"), textStart(0), delta(0, "One."), stop(0), messageStop, start("n"), textStart(0), delta(0, "Two."), whole("m", "One."), whole("n", "Two."), stop(0)}, []string{"One.", "Two."}, 0},
		{"repeated line", []string{`{"type":"assistant","uuid":"u","message":{"id":"m","content":"Hello."}}`, `{"type":"assistant","uuid":"u","message":{"id":"m","content":"Hello."}}`}, []string{"Hello."}, 0},
		{"result", []string{whole("m", "Hello."), `{"type":"result","subtype":"success","result":"Hello."}`}, []string{"Hello."}, 0},
		{"damaged piece", []string{start("m"), textStart(0), delta(0, "One "), delta(0, "two ")[:60], delta(0, "three."), whole("m", "One two three."), stop(0)}, []string{"One three."}, 2},
		{"damaged piece, healed by the splice", []string{start("m"), textStart(0), delta(0, "One ")[:60] + delta(0, "One two."), whole("m", "One two."), stop(0)}, []string{"One two."}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, _, report := read(t, tt.lines...)
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			n := 0
			for _, s := range report.Skipped {
				n += s.Count
			}
			if n != tt.skipped {
				t.Errorf("report:\n%v\nwant %d", report, tt.skipped)
			}
		})
	}
}

// Whatever the pieces hold of a beginning, wherever the complete block comes, whatever marks are missing: all text is
// said, in order, once.
func TestPermutations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var lines []string
		want := ""
		for m := range rapid.IntRange(1, 4).Draw(t, "messages") {
			id := fmt.Sprint("m", m)
			started := rapid.Bool().Draw(t, "start") || m == 0
			if started {
				lines = append(lines, start(id))
			}
			for i := range rapid.IntRange(1, 4).Draw(t, "blocks") {
				// distinct words, so that nothing matches by chance
				text := ""
				for w := range rapid.IntRange(1, 6).Draw(t, "words") {
					text += fmt.Sprintf("%d.%d.%d声 ", m, i, w)
				}
				want += text
				block := []string{textStart(i)}
				runes := []rune(text)
				until := rapid.IntRange(0, len(runes)).Draw(t, "until")
				for at := 0; at < until; {
					n := rapid.IntRange(1, until-at).Draw(t, "piece")
					block = append(block, delta(i, string(runes[at:at+n])))
					at += n
				}
				places := 2
				if started { // else nothing says that the pieces after it are of the same message
					places = 3
				}
				switch rapid.IntRange(0, places).Draw(t, "whole") {
				case 0: // before the end, as it is
					block = append(block, whole(id, text), stop(i))
				case 1: // after the end
					block = append(block, stop(i), whole(id, text))
				case 2: // the end is missing
					block = append(block, whole(id, text))
				case 3: // before everything
					block = append(append([]string{whole(id, text)}, block...), stop(i))
				}
				lines = append(lines, block...)
			}
			lines = append(lines, messageStop)
		}
		var events []agent.Event
		report, err := Reader{}.Read(t.Context(), strings.NewReader(strings.Join(lines, "\n")), func(ev agent.Event) error {
			events = append(events, ev)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := agenttest.Check(events, report); err != nil {
			t.Fatal(err)
		}
		if got := agenttest.Text(events, agent.Prose); got != want {
			t.Fatalf("got %q\nwant %q\n%s", got, want, strings.Join(lines, "\n"))
		}
	})
}

func TestSubagent(t *testing.T) {
	sub := func(line string) string {
		return strings.Replace(line, `"session_id"`, `"parent_tool_use_id":"t0","session_id"`, 1)
	}
	// two speakers take turns with the same indices
	events, report := agenttest.Collect(t, Reader{}, strings.NewReader(strings.Join([]string{
		start("m"), textStart(0), delta(0, "Main "), sub(start("n")), sub(textStart(0)), sub(delta(0, "Sub ")), delta(0, "one."), sub(delta(0, "two.")),
		sub(whole("n", "Sub two. More.")), whole("m", "Main one."), stop(0), sub(stop(0)),
	}, "\n")))
	if err := agenttest.Check(events, report); err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, ev := range events {
		texts[ev.Parent] += ev.Text
	}
	if texts[""] != "Main one." || texts["t0"] != "Sub two. More." {
		t.Errorf("got %q", texts)
	}
}

func TestToolFlushes(t *testing.T) {
	tool := `{"type":"assistant","message":{"id":"m","content":[{"type":"tool_use","id":"t1","name":"Bash","input":{"command":"ls"}}]},"session_id":"s"}`
	events, _ := agenttest.Collect(t, Reader{}, strings.NewReader(strings.Join([]string{
		start("m"), textStart(0), delta(0, "Let me see."), blockStart(1, "tool_use"), tool, tool, stop(1), messageStop}, "\n")))
	if got := kinds(events); got != "text blockend tool" {
		t.Errorf("got %s", got)
	}
	if tool := events[2].Tool; tool.ID != "t1" || tool.Name != "Bash" || tool.Detail != "ls" {
		t.Errorf("got %+v", tool)
	}
	// the complete block, with a whole file in it, was too long
	events, _ = agenttest.Collect(t, Reader{}, strings.NewReader(strings.Join([]string{start("m"), blockStart(0, "tool_use"), stop(0), messageStop}, "\n")))
	if len(events) != 1 || events[0].Kind != agent.ToolUse || events[0].Tool.Name != "Bash" {
		t.Errorf("got %+v", events)
	}
}

func TestOtherEvents(t *testing.T) {
	for _, tt := range []struct {
		name, line string
		kind       agent.Kind // 0: none
		text       string
	}{
		{"init", `{"type":"system","subtype":"init","session_id":"s","model":"opus"}`, agent.SessionStart, "opus"},
		{"permission", `{"type":"control_request","request_id":"1","request":{"subtype":"can_use_tool","tool_name":"Bash","input":{"command":"rm x","description":"Remove x"}}}`, agent.Permission, "May I use `Bash` for `Remove x`?"},
		{"permission without detail", `{"type":"control_request","request_id":"1","request":{"subtype":"can_use_tool","tool_name":"Bash","input":{}}}`, agent.Permission, "May I use `Bash`?"},
		{"permission with title", `{"type":"control_request","request":{"subtype":"can_use_tool","tool_name":"Bash","title":"Claude wants to run tests"}}`, agent.Permission, "Claude wants to run tests"},
		{"question", `{"type":"control_request","request":{"subtype":"can_use_tool","tool_name":"AskUserQuestion","input":{"questions":[{"question":"Which one?"}]}}}`, agent.Permission, "Which one?"},
		{"elicitation", `{"type":"control_request","request":{"subtype":"elicitation","message":"Your name?"}}`, agent.Permission, "Your name?"},
		{"hook", `{"type":"control_request","request":{"subtype":"hook_callback","input":{"hook_event_name":"PreToolUse","tool_name":"Bash"}}}`, 0, ""},
		{"notification hook", `{"type":"control_request","request":{"subtype":"hook_callback","input":{"hook_event_name":"Notification","message":"Claude is waiting."}}}`, agent.Notification, "Claude is waiting."},
		{"other request", `{"type":"control_request","request":{"subtype":"interrupt"}}`, 0, ""},
		{"task", `{"type":"system","subtype":"task_notification","status":"failed","summary":"Build the docs"}`, agent.Notification, "Task failed: Build the docs."},
		{"compacted", `{"type":"system","subtype":"compact_boundary"}`, agent.Notification, "The conversation was compacted."},
		{"prompt", `{"type":"user","message":{"content":"Hello?"}}`, agent.Prompt, "Hello?"},
		{"synthetic", `{"type":"user","isSynthetic":true,"message":{"content":"Hello?"}}`, 0, ""},
		{"command output", `{"type":"user","message":{"content":"<local-command-stdout>x</local-command-stdout>"}}`, 0, ""},
		{"interrupted", `{"type":"user","message":{"content":[{"type":"text","text":"[Request interrupted by user]"}]}}`, agent.Error, "The turn was interrupted."},
		{"success", `{"type":"result","subtype":"success","is_error":false,"result":"Never said."}`, agent.TurnEnd, ""},
		{"result without a result", `{"type":"result","subtype":"success"}`, agent.TurnEnd, ""},
		{"max turns", `{"type":"result","subtype":"error_max_turns","is_error":true}`, agent.Error, "The turn stopped at its limit of steps."},
		{"errors", `{"type":"result","subtype":"error_during_execution","errors":["No disk."]}`, agent.Error, "The turn failed: No disk."},
		{"failed", `{"type":"result","subtype":"error_during_execution","is_error":true}`, agent.Error, "The turn failed."},
		{"API error", `{"type":"result","subtype":"success","is_error":true,"api_error_status":529,"result":"Never said."}`, agent.Error, "The turn failed: API error 529."},
		{"rate limit", `{"type":"rate_limit_event","rate_limit_info":{"status":"rejected"}}`, agent.Notification, "The rate limit is reached."},
		{"rate limit far", `{"type":"rate_limit_event","rate_limit_info":{"status":"allowed"}}`, 0, ""},
		{"thinking", `{"type":"assistant","message":{"content":[{"type":"thinking","thinking":"","signature":"x"}]}}`, 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			events, report := agenttest.Collect(t, Reader{}, strings.NewReader(tt.line+"\n"))
			if len(report.Skipped) > 0 {
				t.Errorf("skipped: %v", report)
			}
			if tt.kind == 0 {
				if len(events) > 0 {
					t.Errorf("got %+v", events)
				}
				return
			}
			if len(events) != 1 || events[0].Kind != tt.kind || events[0].Text != tt.text {
				t.Errorf("got %+v", events)
			}
		})
	}
}

func TestDamage(t *testing.T) {
	lines := []string{
		"npm warn deprecated", whole("m", "One."), `{"type":"hologram"}`, `{"type":"system","subtype":"hologram"}`, `"x"`,
		`{"type":"assistant","message":"x"}`, `{"type":"assistant","message":{"content":[1,{"type":"text","text":"Two."}]}}`,
		`{"type":"stream_event","event":1}`, `{"type":"result","subtype":7}`, `{"type":"assistant","message":{"id":"n"` + whole("o", "Three."),
		"\x00\x00\x00" + whole("p", "Four."), whole("q", "Five.")[:30],
	}
	events, report := agenttest.Collect(t, Reader{}, strings.NewReader(strings.Join(lines, "\n")))
	if got := agenttest.Text(events, agent.Prose); got != "One.Two.Three.Four." {
		t.Errorf("got %q", got)
	}
	want := `1 of 12 lines: not JSON (line 1)
1 of 12 lines: unknown type "hologram" (line 3)
1 of 12 lines: unknown type "system/hologram" (line 4)
1 of 12 lines: not a JSON object (line 5)
4 of 12 lines: JSON of an unexpected shape (line 6, 7, 8, 9)
1 of 12 lines: damaged or several objects on one line (what is whole was read) (line 10)
1 of 12 lines: NUL bytes (the rest was read) (line 11)
1 of 12 lines: truncated last line (line 12)`
	if report.String() != want {
		t.Errorf("got\n%v\nwant\n%v", report, want)
	}
}

// What was read is emitted at once: nothing waits for the next line.
func TestNoWaiting(t *testing.T) {
	lines := make(chan string)
	got := make(chan string)
	go func() {
		defer close(got)
		_, err := Reader{}.Read(t.Context(), lineReader(lines), func(ev agent.Event) error {
			got <- fmt.Sprint(ev.Kind, ev.Text)
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}()
	for _, step := range []struct{ line, want string }{
		{start("m") + "\n" + textStart(0), ""},
		{delta(0, "Hello."), fmt.Sprint(agent.Text, "Hello.")},
		{stop(0), fmt.Sprint(agent.BlockEnd)},
	} {
		lines <- step.line + "\n"
		if step.want == "" {
			continue
		}
		select {
		case g := <-got:
			if g != step.want {
				t.Errorf("got %q, want %q", g, step.want)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("nothing came of %s", step.line)
		}
	}
	close(lines)
	for range got {
	}
}

// lineReader reads what it is sent.
type lineReader chan string

func (c lineReader) Read(p []byte) (int, error) {
	s, ok := <-c
	if !ok {
		return 0, io.EOF
	}
	return copy(p, s), nil
}

func FuzzReader(f *testing.F) {
	f.Add([]byte(strings.Join([]string{start("m"), textStart(0), delta(0, "Hello "), whole("m", "Hello there."), stop(0), messageStop}, "\n")))
	f.Add([]byte(strings.Join([]string{blockStart(0, "tool_use"), stop(0), `{"type":"result","subtype":"error_x"}`, whole("m", "x") + whole("m", "y")}, "\n")))
	f.Add([]byte(`{"type":"control_request","request":{"subtype":"can_use_tool","tool_name":"Bash","input":{"command":"ls"}}}` + "\n\x00{\"type\":\"user\",\"message\":{\"content\":\"x\"}}\n" +
		`{"type":"system","subtype":"task_notification","summary":"x"}` + "\n" + `{"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":"t0"}]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		events, report := agenttest.Collect(t, Reader{MaxLine: 4096}, iotest.HalfReader(bytes.NewReader(data)))
		if err := agenttest.Check(events, report); err != nil {
			t.Fatal(err)
		}
	})
}
