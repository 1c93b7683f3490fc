package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"koe/internal/audio"
	"koe/internal/audio/wav"
	"koe/internal/voice"
)

// Utterance is one text spoken: when it began to sound and how long it took.
type Utterance struct {
	First time.Duration // from text to the first audible sample: until its first sound exists, and the silence before it
	Took  time.Duration // until the last sample
	Sound time.Duration
}

// Speaker is a voice to be measured.
type Speaker struct {
	Name  string
	Speak func(ctx context.Context, text string) (Utterance, error)
}

// Synthesizer measures an engine of ours. trace is told the parts of its way; it may be nil.
func Synthesizer(name string, v voice.Synthesizer, like voice.Request, trace func(part string, took time.Duration)) Speaker {
	return Speaker{name, func(ctx context.Context, text string) (Utterance, error) {
		var u Utterance
		format := v.Format()
		request := like
		request.Text = text
		if trace != nil {
			ctx = voice.WithTrace(ctx, trace)
		}
		audible := false
		start := time.Now()
		err := v.Synthesize(ctx, request, func(c voice.Chunk) error {
			if !audible {
				if at := audio.FirstAudible(c.Samples, format.Rate*format.Channels); at >= 0 {
					audible = true
					u.First = max(time.Since(start), u.Sound) + format.Duration(at)
				}
			}
			u.Sound += format.Duration(len(c.Samples))
			return nil
		})
		u.Took = time.Since(start)
		if err == nil && !audible {
			err = errors.New("no sound")
		}
		return u, err
	}}
}

// SkipError says why a peer was not measured.
type SkipError struct{ Peer, Reason string }

func (e *SkipError) Error() string { return e.Peer + ": not measured: " + e.Reason }

// OpenJTalk is the peer open_jtalk, a process for each sentence as it is made: it reads one line, writes its file at the
// end and leaves. dir is a folder for that file.
func OpenJTalk(dictionary, htsvoice, dir string) (Speaker, error) {
	program, err := exec.LookPath("open_jtalk")
	if err != nil {
		return Speaker{}, &SkipError{"Open JTalk", "not installed; get it with: apt-get install open-jtalk open-jtalk-mecab-naist-jdic hts-voice-nitech-jp-atr503-m001"}
	}
	for what, path := range map[string]string{"dictionary": dictionary, "voice": htsvoice} {
		if _, err := os.Stat(path); err != nil {
			return Speaker{}, &SkipError{"Open JTalk", fmt.Sprintf("no %s: %v", what, err)}
		}
	}
	out := filepath.Join(dir, "open_jtalk.wav")
	return Speaker{"Open JTalk", func(ctx context.Context, text string) (Utterance, error) {
		start := time.Now()
		cmd := exec.CommandContext(ctx, program, "-x", dictionary, "-m", htsvoice, "-ow", out)
		cmd.Stdin = strings.NewReader(strings.ReplaceAll(text, "\n", " ") + "\n")
		if said, err := cmd.CombinedOutput(); err != nil {
			return Utterance{}, fmt.Errorf("open_jtalk: %w: %s", err, said)
		}
		took := time.Since(start)
		format, samples, err := wav.ReadFile(out)
		if err != nil {
			return Utterance{}, err
		}
		at := audio.FirstAudible(samples, format.Rate*format.Channels)
		if at < 0 {
			return Utterance{}, errors.New("open_jtalk: no sound")
		}
		return Utterance{took + format.Duration(at), took, format.Duration(len(samples))}, nil
	}}, nil
}

// VoiceFigures are a speaker's.
type VoiceFigures struct {
	Name   string  `json:"name"`
	First  Figure  `json:"first_sound"`
	Took   Figure  `json:"whole"`
	Factor float64 `json:"real_time_factor"` // time taken ÷ time of sound, all sentences together
	Failed int     `json:"failed"`
	Error  string  `json:"error,omitempty"` // the last one
}

// Compare lets the speakers say each text in turn. A speaker's failure is counted; only ctx's end is an error.
func Compare(ctx context.Context, speakers []Speaker, texts []string) ([]VoiceFigures, error) {
	out := make([]VoiceFigures, len(speakers))
	first, whole := make([][]time.Duration, len(speakers)), make([][]time.Duration, len(speakers))
	took, sound := make([]time.Duration, len(speakers)), make([]time.Duration, len(speakers))
	for i, text := range texts {
		for k := range speakers {
			s := (i + k) % len(speakers) // none is always the first after another
			u, err := speakers[s].Speak(ctx, text)
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if err != nil {
				out[s].Failed++
				out[s].Error = err.Error()
				continue
			}
			first[s], whole[s] = append(first[s], u.First), append(whole[s], u.Took)
			took[s], sound[s] = took[s]+u.Took, sound[s]+u.Sound
		}
	}
	for s := range speakers {
		out[s].Name, out[s].First, out[s].Took = speakers[s].Name, FigureOf(first[s]), FigureOf(whole[s])
		if sound[s] > 0 {
			out[s].Factor = took[s].Seconds() / sound[s].Seconds()
		}
	}
	return out, nil
}

// Part is a named part of the work.
type Part struct {
	Name string
	Figure
}

// MarshalJSON gives the figure's fields and the name.
func (p Part) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Name string `json:"name"`
		figureJSON
	}{p.Name, p.json()})
}

// Parts collects the parts of a voice's way, in the order in which they came first. The zero value is ready for use; it
// is for one goroutine at a time.
type Parts struct {
	names []string
	took  map[string][]time.Duration
}

// Add is what voice.WithTrace takes.
func (p *Parts) Add(name string, took time.Duration) {
	if p.took == nil {
		p.took = map[string][]time.Duration{}
	}
	if _, ok := p.took[name]; !ok {
		p.names = append(p.names, name)
	}
	p.took[name] = append(p.took[name], took)
}

// Figures are the parts' distributions.
func (p *Parts) Figures() []Part {
	var out []Part
	for _, name := range p.names {
		out = append(out, Part{name, FigureOf(p.took[name])})
	}
	return out
}
