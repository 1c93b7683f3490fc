package prose

import "koe/internal/agent"

// Mux cuts a stream in which several speakers (sessions, and subagents of each) may interleave. At most one guess is
// outstanding over all of them. It is not safe for concurrent use.
type Mux struct {
	opt      Options
	cutters  map[speaker]*Cutter
	order    []speaker // in order of appearance, for Close
	guessing *Cutter
}

type speaker struct{ session, parent string }

// NewMux returns a Mux whose cutters have the options.
func NewMux(opt Options) *Mux {
	return &Mux{opt: opt, cutters: map[speaker]*Cutter{}}
}

// Write takes the next event and returns what follows from it, in order.
func (m *Mux) Write(ev agent.Event) []Cut {
	var cuts []Cut
	if ev.Kind == agent.ToolResult && ev.Tool != nil && ev.Tool.ID != "" {
		cuts = m.end(speaker{ev.Session, ev.Tool.ID}) // the subagent that this tool call ran has nothing more to say
	}
	k := speaker{ev.Session, ev.Parent}
	c := m.cutters[k]
	if c == nil {
		c = New(m.opt)
		m.cutters[k] = c
		m.order = append(m.order, k)
	}
	c.mayGuess = m.guessing == nil || m.guessing == c
	cuts = append(cuts, c.Write(ev)...)
	m.note(c)
	return cuts
}

// Close ends all speakers' text.
func (m *Mux) Close() []Cut {
	var cuts []Cut
	for len(m.order) > 0 {
		cuts = append(cuts, m.end(m.order[0])...)
	}
	return cuts
}

func (m *Mux) end(k speaker) []Cut {
	c := m.cutters[k]
	if c == nil {
		return nil
	}
	c.mayGuess = false
	cuts := c.Close()
	m.note(c)
	delete(m.cutters, k)
	for i := range m.order {
		if m.order[i] == k {
			m.order = append(m.order[:i], m.order[i+1:]...)
			break
		}
	}
	return cuts
}

func (m *Mux) note(c *Cutter) {
	switch {
	case c.Guessing():
		m.guessing = c
	case m.guessing == c:
		m.guessing = nil
	}
}
