package claude

// seen remembers the last ids.
type seen struct {
	ids  map[string]bool
	ring []string
	next int
}

func newSeen(n int) *seen {
	return &seen{ids: make(map[string]bool), ring: make([]string, n)}
}

// twice reports whether the id was there before, and remembers it.
func (s *seen) twice(id string) bool {
	if len(id) > 2*maxID { // no id of Claude's; memory stays bounded
		return false
	}
	if s.ids[id] {
		return true
	}
	delete(s.ids, s.ring[s.next])
	s.ring[s.next] = id
	s.ids[id] = true
	s.next = (s.next + 1) % len(s.ring)
	return false
}
