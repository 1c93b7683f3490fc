package pipeline

import "koe/internal/audio"

// seam joins a sentence's chunks into what the sink takes: converted to its format, with short fades at both ends.
type seam struct {
	fader   *audio.Fader
	convert func([]float32) []float32
}

func newSeam(convert func() func([]float32) []float32, format audio.Format) *seam {
	s := &seam{fader: audio.NewFader(format)}
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
	return s.fader.Append(nil, samples)
}

// rest returns what was held back, faded out.
func (s *seam) rest() []float32 {
	var out []float32
	if s.convert != nil {
		out = s.fader.Append(nil, s.convert(nil))
	}
	return s.fader.End(out)
}
