package pipeline

import "koe/internal/audio"

// seam joins a sentence's chunks into what the sink takes: converted to its format, with short fades at both ends. It
// holds back the last few milliseconds until it knows whether something follows.
type seam struct {
	format  audio.Format
	convert func([]float32) []float32
	held    []float32
	begun   bool
}

func newSeam(convert func() func([]float32) []float32, format audio.Format) *seam {
	s := &seam{format: format}
	if convert != nil {
		s.convert = convert()
	}
	return s
}

// add takes a chunk and returns what can be played.
func (s *seam) add(samples []float32) []float32 {
	if s.convert != nil {
		samples = s.convert(samples)
	}
	out := append(s.held, samples...)
	keep := min(len(out), s.format.Samples(fadeLength))
	out, s.held = out[:len(out)-keep:len(out)-keep], append([]float32(nil), out[len(out)-keep:]...)
	if !s.begun && len(out) > 0 {
		s.begun = true
		fadeIn(out, s.format, fadeLength)
	}
	return out
}

// rest returns what was held back, faded out.
func (s *seam) rest() []float32 {
	out := s.held
	if s.convert != nil {
		out = append(out, s.convert(nil)...)
	}
	s.held = nil
	fadeOut(out, s.format, fadeLength)
	return out
}
