package ui

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"koe/internal/pipeline"
)

// Player is what the live view's keys act on; *pipeline.Pipeline is one.
type Player interface {
	Pause(paused bool) error
	Paused() bool
	Skip()
	Repeat()
	SetSpeed(speed float64) float64
	Speed() float64
	Mute(muted bool)
	Muted() bool
	Summary() pipeline.Summary
}

// frame is the time between two looks at the notes.
const frame = 33 * time.Millisecond

// speedStep is what + and - change.
const speedStep = 0.1

// Live is the view of a terminal: what has been spoken scrolls away above; below stand the sentence that sounds, with the
// clause lit that sounds now, what waits, the latency figures and the keys.
type Live struct {
	mu    sync.Mutex
	notes []pipeline.Note // not yet seen by the program
}

// NewLive returns a Live; Observe may be called before Run.
func NewLive() *Live { return &Live{} }

// Observe takes one note and returns at once.
func (l *Live) Observe(n pipeline.Note) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.notes = append(l.notes, n)
}

func (l *Live) take() []pipeline.Note {
	l.mu.Lock()
	defer l.mu.Unlock()
	notes := l.notes
	l.notes = nil
	return notes
}

// Run shows the view until ctx is done or the person quits, then calls quit. in and out are the terminal's two ends.
func (l *Live) Run(ctx context.Context, p Player, title string, in io.Reader, out io.Writer, quit func()) error {
	m := &model{live: l, player: p, title: title, width: 80}
	program := tea.NewProgram(m, tea.WithContext(ctx), tea.WithInput(in), tea.WithOutput(out), tea.WithoutSignalHandler())
	_, err := program.Run()
	quit()
	if ctx.Err() != nil {
		return nil //nolint:nilerr // the program's error is that ctx ended, which is how the view is closed
	}
	return err
}

type tick time.Time

func ticking() tea.Cmd { return tea.Tick(frame, func(t time.Time) tea.Msg { return tick(t) }) }

// lit is a clause and when it sounds.
type lit struct {
	from, to int
	at       time.Time
}

type model struct {
	live          *Live
	player        Player
	title         string
	width, height int

	now     pipeline.Note // the sentence that sounds; Seq 0 if none
	clauses []lit
	done    bool // all of it was handed over; it sounds on until the next
	waiting []pipeline.Note
	tool    string
	trouble string
	summary pipeline.Summary
	looked  time.Time
	spoken  int
}

func (m *model) Init() tea.Cmd { return ticking() }

func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tea.KeyPressMsg:
		return m, m.key(msg.String())
	case tick:
		var print []tea.Cmd
		for _, n := range m.live.take() {
			if cmd := m.note(n); cmd != nil {
				print = append(print, cmd)
			}
		}
		if time.Since(m.looked) > 300*time.Millisecond {
			m.summary, m.looked = m.player.Summary(), time.Now()
		}
		return m, tea.Sequence(append(print, ticking())...)
	}
	return m, nil
}

func (m *model) key(k string) tea.Cmd {
	switch k {
	case "space", " ":
		if err := m.player.Pause(!m.player.Paused()); err != nil {
			m.trouble = err.Error()
		}
	case "n", "right":
		m.player.Skip()
	case "r", "left":
		m.player.Repeat()
	case "+", "=", "up":
		m.player.SetSpeed(m.player.Speed() + speedStep)
	case "-", "down":
		m.player.SetSpeed(m.player.Speed() - speedStep)
	case "m":
		m.player.Mute(!m.player.Muted())
	case "q", "ctrl+c":
		return tea.Quit
	}
	return nil
}

// note takes in one note; what is finished is printed above the view.
func (m *model) note(n pipeline.Note) tea.Cmd {
	switch n.Kind {
	case pipeline.Queued:
		m.waiting = append(m.waiting, n)
	case pipeline.Speaking:
		printed := m.finished()
		m.leave(n.Seq)
		m.now, m.clauses, m.done = n, nil, false
		return printed
	case pipeline.ClauseSounds:
		if n.Clause != nil && n.Seq == m.now.Seq {
			m.clauses = append(m.clauses, lit{n.Clause[0], n.Clause[1], n.Sounds})
		}
	case pipeline.Spoken:
		m.spoken++
		m.done = n.Seq == m.now.Seq
	case pipeline.Skipped:
		m.leave(n.Seq)
		m.done = true
	case pipeline.Failed:
		m.leave(n.Seq)
		m.trouble = n.Error
		return tea.Println(m.wrap(plain.Render(speaker(n)+n.Source) + "\n" + warn.Render("  not spoken: "+n.Error)))
	case pipeline.ToolCalled:
		m.tool = tool(n)
	case pipeline.TurnOver:
		m.tool = ""
	case pipeline.SinkLost:
		m.trouble = "sound lost: " + n.Error + "; captions go on"
	case pipeline.AgentFailed:
		m.trouble = "the agent reports an error"
	case pipeline.Started, pipeline.Changed:
	}
	return nil
}

// leave takes the sentence out of those that wait, and any before it that fell out of the queue.
func (m *model) leave(seq int) {
	for len(m.waiting) > 0 && m.waiting[0].Seq <= seq {
		m.waiting = m.waiting[1:]
	}
}

// finished prints the sentence that has sounded above the view.
func (m *model) finished() tea.Cmd {
	if m.now.Seq == 0 {
		return nil
	}
	return tea.Println(m.wrap(dim.Render(speaker(m.now)+m.now.Source)+"\n"+plain.Render(m.now.Text)) + "\n")
}

var (
	plain = lipgloss.NewStyle()
	dim   = lipgloss.NewStyle().Faint(true)
	glow  = lipgloss.NewStyle().Bold(true).Foreground(lipgloss.Color("14"))
	label = lipgloss.NewStyle().Foreground(lipgloss.Color("12"))
	warn  = lipgloss.NewStyle().Foreground(lipgloss.Color("11"))
	badge = lipgloss.NewStyle().Bold(true).Reverse(true).Padding(0, 1)
)

func (m *model) wrap(s string) string { return ansi.Wrap(s, max(m.width, 20), "") }

// cut shortens a line to the width.
func (m *model) cut(s string) string { return ansi.Truncate(s, max(m.width, 20), "…") }

func (m *model) View() tea.View {
	rule := dim.Render(strings.Repeat("─", max(m.width, 20)))
	lines := []string{rule}
	if m.now.Seq > 0 {
		lines = append(lines, m.wrap(dim.Render(speaker(m.now)+m.now.Source)), m.wrap(m.caption()))
	} else {
		lines = append(lines, dim.Render("listening …"))
	}
	lines = append(lines, "")
	lines = append(lines, m.queue()...)
	lines = append(lines, rule, m.cut(m.figures()), m.cut(m.state()), m.cut(dim.Render(keys)))
	if m.trouble != "" {
		lines = append(lines, m.cut(warn.Render(m.trouble)))
	}
	v := tea.NewView(strings.Join(lines, "\n"))
	v.WindowTitle = "koe"
	return v
}

// caption is the translation with the clause lit that sounds now.
func (m *model) caption() string {
	text := m.now.Text
	on := -1
	now := time.Now()
	for i, c := range m.clauses {
		if !c.at.After(now) {
			on = i
		}
	}
	if on < 0 {
		return text
	}
	c := m.clauses[on]
	if c.to > len(text) || c.from > c.to {
		return text
	}
	return text[:c.from] + glow.Render(text[c.from:c.to]) + text[c.to:]
}

// queue shows what waits: as much as the height allows, at most three sentences.
func (m *model) queue() []string {
	room := 3
	if m.height > 0 && m.height < 16 {
		room = 1
	}
	var lines []string
	for i, n := range m.waiting {
		if i == room {
			lines = append(lines, dim.Render(fmt.Sprintf("  … %d more", len(m.waiting)-room)))
			break
		}
		lines = append(lines, m.cut(dim.Render("  "+speaker(n)+n.Source)))
	}
	if m.tool != "" {
		lines = append(lines, m.cut(label.Render("  ⚙ ")+dim.Render(m.tool)))
	}
	return lines
}

// figures are the three latencies of docs/DESIGN.md: median, and the 95th percentile behind the stroke.
func (m *model) figures() string {
	f := func(name string, f pipeline.Figure) string {
		if f.N == 0 {
			return label.Render(name) + " –"
		}
		return label.Render(name) + fmt.Sprintf(" %.0f", f.P50.Seconds()*1e3) + dim.Render(fmt.Sprintf("/%.0f", f.P95.Seconds()*1e3))
	}
	s := m.summary
	return strings.Join([]string{f("first_sound_idle", s.FirstSoundIdle), f("ready", s.Ready), f("gap", s.Gap)}, "   ") + dim.Render("   ms p50/p95")
}

const keys = "space pause · n next · r repeat · +/- speed · m mute · q quit"

func (m *model) state() string {
	var parts []string
	if m.player.Paused() {
		parts = append(parts, badge.Render("paused"))
	}
	if m.player.Muted() {
		parts = append(parts, badge.Render("muted"))
	}
	parts = append(parts, fmt.Sprintf("%.1f×", m.player.Speed()), fmt.Sprintf("%d spoken", m.spoken))
	if n := len(m.waiting); n > 0 {
		parts = append(parts, fmt.Sprintf("%d waiting", n))
	}
	if m.title != "" {
		parts = append(parts, dim.Render(m.title))
	}
	return strings.Join(parts, "  ")
}
