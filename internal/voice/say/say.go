// Package say owns macOS's speech engine: the program say as a process for each request, started before it is needed and
// waiting for its text. It builds everywhere and runs on macOS alone; elsewhere Open reports that it is missing.
//
// Written from say(1) and Apple's Speech Synthesis Programming Guide; it has run here against a stand-in only.
package say

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"

	"koe/internal/audio"
	"koe/internal/audio/wav"
	"koe/internal/voice"
	"koe/internal/voice/process"
)

// rate is what say is asked for, Hz.
const rate = 22050

// margin is the silence left at both ends, in samples: 10 ms.
const margin = rate / 100

// Engine speaks through say, a voice.Synthesizer. Requests may run at the same time, a process each.
type Engine struct {
	path   string
	voices []voice.Voice
	pool   process.Pool
}

var _ voice.Synthesizer = (*Engine)(nil)

// Open finds say (path; "" looks it up) and asks it for its voices. It returns a voice.MissingError where there is none.
func Open(ctx context.Context, path string) (*Engine, error) {
	if path == "" {
		path = "say"
		if runtime.GOOS != "darwin" { // another program may bear the name
			return nil, &voice.MissingError{Engine: "say", Remedy: "nothing: it is part of macOS; use the voice koe or espeak-ng here"}
		}
	}
	found, err := exec.LookPath(path)
	if err != nil {
		return nil, &voice.MissingError{Engine: "say", Remedy: "nothing: it is part of macOS; use the voice koe or espeak-ng here"}
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, found, "-v", "?")
	process.OwnGroup(cmd)
	table, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("voice say: list voices: %w", err)
	}
	e := &Engine{path: found, voices: parseVoices(string(table))}
	if len(e.voices) == 0 {
		return nil, fmt.Errorf("voice say: %s -v '?' lists no voices", found)
	}
	return e, nil
}

// A line of say -v '?' is "Name  locale  # an example". Names may hold spaces and parentheses.
var voiceLine = regexp.MustCompile(`^(.+?)\s+([a-z]{2,3}(?:[_-][A-Za-z0-9]+)*)\s+#\s*(.*)$`)

func parseVoices(table string) []voice.Voice {
	var voices []voice.Voice
	seen := map[string]bool{}
	for line := range strings.Lines(table) {
		m := voiceLine.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil || seen[m[1]] {
			continue
		}
		seen[m[1]] = true
		voices = append(voices, voice.Voice{Name: m[1], Engine: "say", Langs: []string{strings.ReplaceAll(m[2], "_", "-")},
			Licence: "Apple's licence of macOS", About: m[3]})
	}
	return voices
}

// Format is 22.05 kHz mono.
func (e *Engine) Format() audio.Format { return audio.Format{Rate: rate, Channels: 1} }

// Voices lists the voices that say lists.
func (e *Engine) Voices() []voice.Voice { return append([]voice.Voice(nil), e.voices...) }

// choose returns the voice's name; by language the first of the list.
func (e *Engine) choose(name, lang string) (string, error) {
	if name != "" {
		known := make([]string, 0, len(e.voices))
		for _, v := range e.voices {
			if strings.EqualFold(v.Name, name) {
				return v.Name, nil
			}
			known = append(known, v.Name)
		}
		return "", &voice.NameError{Engine: "say", Voice: name, Known: known}
	}
	if lang == "" {
		lang = "en"
	}
	base, _, _ := strings.Cut(lang, "-")
	for _, exact := range []bool{true, false} {
		for _, v := range e.voices {
			have, _, _ := strings.Cut(v.Langs[0], "-")
			if strings.EqualFold(v.Langs[0], lang) || !exact && strings.EqualFold(have, base) {
				return v.Name, nil
			}
		}
	}
	return "", &voice.LangError{Engine: "say", Lang: lang, Others: []string{"espeak"}}
}

// Prepare starts a process for requests like r, so that the first one finds it waiting.
func (e *Engine) Prepare(r voice.Request) error {
	args, err := e.arguments(&r)
	if err != nil {
		return err
	}
	if err := e.pool.Ahead(strings.Join(args, " "), e.command(args)); err != nil {
		return fmt.Errorf("voice say: %w", err)
	}
	return nil
}

// arguments completes the request and returns the process's arguments, without its file.
func (e *Engine) arguments(r *voice.Request) ([]string, error) {
	var err error
	if *r, err = r.Complete(); err != nil {
		return nil, fmt.Errorf("voice say: %w", err)
	}
	name, err := e.choose(r.Voice, r.Lang)
	if err != nil {
		return nil, err
	}
	// 175 words a minute is what say speaks at where a voice has no rate of its own.
	return []string{"-v", name, "-r", strconv.Itoa(int(175*r.Speed + 0.5)), "-f", "-"}, nil
}

// command writes to a file of its own: say needs one whose length it can set at the end.
func (e *Engine) command(args []string) process.Command {
	return func() (*exec.Cmd, string, func(), error) {
		f, err := os.CreateTemp("", "koe-say-*.wav")
		if err != nil {
			return nil, "", nil, err
		}
		name := f.Name()
		cleanup := func() { _ = os.Remove(name) }
		if err := f.Close(); err != nil {
			cleanup()
			return nil, "", nil, err
		}
		full := append([]string{"-o", name, "--file-format=WAVE", "--data-format=LEF32@22050"}, args...)
		return exec.Command(e.path, full...), name, cleanup, nil //nolint:gosec // the user's own engine
	}
}

// Synthesize implements voice.Synthesizer. say writes its sound when all of it is made, so the first chunk comes late. A
// process that is killed or crashes is replaced once.
func (e *Engine) Synthesize(ctx context.Context, r voice.Request, emit func(voice.Chunk) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	args, err := e.arguments(&r)
	if err != nil {
		return err
	}
	if e.pool.Closed() {
		return fmt.Errorf("voice say: %w", process.ErrClosed)
	}
	text := process.Clean(r.Text)
	if text == "" {
		return nil
	}
	if r.Pitch != 0 { // a relative pitch in semitones, by an embedded command
		text = fmt.Sprintf("[[pbas %+.1f]] %s", r.Pitch, text)
	}
	start := time.Now()
	var samples []float32
	var failed error
	for range 2 {
		if samples, failed, err = e.attempt(ctx, args, text); failed == nil || err != nil {
			break
		}
	}
	switch {
	case err != nil:
		return err
	case failed != nil:
		return fmt.Errorf("voice say: failed twice: %w", failed)
	}
	trim := voice.Trimmer{Margin: margin}
	c := trim.Add(samples, []voice.Mark{{}})
	c.Samples = append(c.Samples, trim.End().Samples...)
	if len(c.Samples) == 0 {
		return nil
	}
	voice.Trace(ctx)("first chunk", time.Since(start))
	voice.Limit(c.Samples, r.Volume)
	for len(c.Samples) > 0 { // in pieces, so that a cancelled request ends
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(len(c.Samples), rate/4)
		if err := emit(voice.Chunk{Samples: c.Samples[:n:n], Marks: c.Marks}); err != nil {
			return err
		}
		c = voice.Chunk{Samples: c.Samples[n:]}
	}
	return nil
}

// attempt has a process speak. The first error is the process's own, the second one ends the request.
func (e *Engine) attempt(ctx context.Context, args []string, text string) (samples []float32, failed, err error) {
	key := strings.Join(args, " ")
	p, err := e.pool.Take(key, e.command(args))
	if err != nil {
		return nil, nil, fmt.Errorf("voice say: %w", err)
	}
	defer e.pool.Done(p)
	defer context.AfterFunc(ctx, p.Kill)()
	if failed = p.Send(text); failed == nil {
		// The next one starts while this one speaks.
		if err := e.pool.Ahead(key, e.command(args)); err != nil && !errors.Is(err, process.ErrClosed) {
			return nil, nil, fmt.Errorf("voice say: %w", err)
		}
		failed = p.Wait()
	}
	switch {
	case ctx.Err() != nil:
		return nil, nil, ctx.Err()
	case failed != nil && e.pool.Closed():
		return nil, nil, fmt.Errorf("voice say: %w", process.ErrClosed)
	case failed != nil:
		return nil, failed, nil
	}
	if info, err := os.Stat(p.Output); err == nil && info.Size() == 0 {
		return nil, nil, nil // nothing to say
	}
	format, samples, failed := wav.ReadFile(p.Output)
	if failed == nil && format != e.Format() {
		failed = fmt.Errorf("say's sound is %+v, want %+v", format, e.Format())
	}
	return samples, failed, nil
}

// Close ends all processes, and with them the requests in progress, and takes no more.
func (e *Engine) Close() error {
	e.pool.Close()
	return nil
}
