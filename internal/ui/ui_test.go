package ui

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"koe/internal/pipeline"
)

var story = []pipeline.Note{
	{Kind: pipeline.Queued, Seq: 1, Source: "All `42` tests pass."},
	{Kind: pipeline.Queued, Seq: 2, Source: "Next, I'll run the linter."},
	{Kind: pipeline.ToolCalled, Tool: "Bash", Detail: "go vet ./..."},
	{Kind: pipeline.Speaking, Seq: 1, Source: "All `42` tests pass.", Text: "テストは`42`件、すべて通りました。"},
	{Kind: pipeline.ClauseSounds, Seq: 1, Clause: &[2]int{0, 22}},
}

func TestLines(t *testing.T) {
	var b bytes.Buffer
	l := NewLines(&b)
	for _, n := range append(story,
		pipeline.Note{Kind: pipeline.Failed, Seq: 2, Parent: "toolu_1", Source: "Next.", Error: "translate: no words"},
		pipeline.Note{Kind: pipeline.SinkLost, Error: "sound device lost"}) {
		l.Observe(n)
	}
	want := `· Bash go vet ./...
All ` + "`42`" + ` tests pass.
  テストは` + "`42`" + `件、すべて通りました。
↳ Next.
  (not spoken: translate: no words)
sound lost: sound device lost; captions go on
`
	if b.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", b.String(), want)
	}
	if err := l.Err(); err != nil {
		t.Error(err)
	}
}

type closedPipe struct{ writes int }

func (c *closedPipe) Write([]byte) (int, error) {
	c.writes++
	return 0, errors.New("closed pipe")
}

func TestClosedOutput(t *testing.T) {
	w := &closedPipe{}
	l := NewLines(w)
	for _, n := range append(story, story...) {
		l.Observe(n)
	}
	if l.Err() == nil || w.writes != 1 {
		t.Errorf("%d writes, error %v", w.writes, l.Err())
	}
}

func TestJSON(t *testing.T) {
	var b bytes.Buffer
	j := NewJSON(&b)
	for _, n := range story {
		j.Observe(n)
	}
	j.End(pipeline.Summary{Sentences: 2})
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(lines) != len(story)+1 {
		t.Fatalf("%d lines", len(lines))
	}
	for i, line := range lines {
		var v map[string]any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("line %d: %v", i+1, err)
		}
		if i == len(story) {
			for _, key := range []string{"first_sound_idle", "ready", "gap"} {
				f, ok := v[key].(map[string]any)
				if _, p50 := f["p50"]; !ok || !p50 {
					t.Errorf("summary lacks %s.p50: %s", key, line)
				}
			}
			continue
		}
		if v["event"] != string(story[i].Kind) {
			t.Errorf("line %d: event %v", i+1, v["event"])
		}
	}
}

func TestTable(t *testing.T) {
	var b bytes.Buffer
	f := pipeline.Figure{N: 3, P50: 41 * time.Millisecond, P95: 90 * time.Millisecond, Max: 1500 * time.Microsecond}
	err := Table(&b, pipeline.Summary{FirstSoundIdle: f, Ready: f, Realtime: true, Spoken: 3, Sound: 4 * time.Second, GuessRight: 2,
		Fallbacks: map[string]int{"second_try": 1}, Parts: []pipeline.Part{{Name: "g2p", Figure: f}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"first_sound_idle", "41 ms", "1.5 ms", "· g2p", "guesses: 2 right, 0 wrong", "1 needed second_try", "–"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}

// fakePlayer records what the keys do.
type fakePlayer struct {
	paused, muted bool
	speed         float64
	did           []string
	pauseErr      error
}

func (p *fakePlayer) Pause(v bool) error            { p.paused = v; return p.pauseErr }
func (p *fakePlayer) Paused() bool                  { return p.paused }
func (p *fakePlayer) Skip()                         { p.did = append(p.did, "skip") }
func (p *fakePlayer) Repeat()                       { p.did = append(p.did, "repeat") }
func (p *fakePlayer) SetSpeed(s float64) float64    { p.speed = s; return s }
func (p *fakePlayer) Speed() float64                { return p.speed }
func (p *fakePlayer) Mute(v bool)                   { p.muted = v }
func (p *fakePlayer) Muted() bool                   { return p.muted }
func (p *fakePlayer) Summary() (s pipeline.Summary) { return s }

func TestLiveView(t *testing.T) {
	for _, width := range []int{20, 80, 200} {
		p := &fakePlayer{speed: 1}
		m := &model{live: NewLive(), player: p, title: "eng_Latn → jpn_Jpan", width: width}
		m.Update(tea.WindowSizeMsg{Width: width, Height: 24})
		for _, n := range story {
			m.live.Observe(n)
		}
		m.Update(tick(time.Now()))
		view := m.View().Content
		for i, line := range strings.Split(view, "\n") {
			if w := ansi.StringWidth(line); w > width {
				t.Errorf("width %d: line %d takes %d: %q", width, i+1, w, line)
			}
		}
		text := strings.ReplaceAll(ansi.Strip(view), "\n", "")
		want := []string{"テストは", "すべて通りました。", "first_sound_idle"}
		if width >= 80 {
			want = append(want, "Next, I'll run the linter.", "⚙ Bash go vet ./...", "1 waiting", "space pause", "gap")
		}
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("width %d: no %q in\n%s", width, w, view)
			}
		}
		if !strings.Contains(view, glow.Render("テストは`42`件、")) && width >= 80 {
			t.Errorf("width %d: the clause is not lit: %q", width, view)
		}
	}
}

func TestLiveKeys(t *testing.T) {
	p := &fakePlayer{speed: 1, pauseErr: errors.New("no server")}
	m := &model{live: NewLive(), player: p, width: 80}
	press := func(k tea.Key) tea.Cmd {
		_, cmd := m.Update(tea.KeyPressMsg(k))
		return cmd
	}
	press(tea.Key{Code: tea.KeySpace, Text: " "})
	press(tea.Key{Code: 'n', Text: "n"})
	press(tea.Key{Code: 'r', Text: "r"})
	press(tea.Key{Code: '+', Text: "+"})
	press(tea.Key{Code: 'm', Text: "m"})
	if !p.paused || !p.muted || p.speed <= 1 || strings.Join(p.did, " ") != "skip repeat" {
		t.Errorf("%+v", p)
	}
	if m.trouble != "no server" {
		t.Errorf("trouble %q", m.trouble)
	}
	if cmd := press(tea.Key{Code: 'q', Text: "q"}); cmd == nil {
		t.Error("q does not quit")
	} else if _, ok := cmd().(tea.QuitMsg); !ok {
		t.Error("q does not quit")
	}
}
