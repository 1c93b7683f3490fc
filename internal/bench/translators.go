package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"time"
)

// Decoder translates one prepared sentence.
type Decoder func(ctx context.Context, text string) (string, error)

// DecodeFigures are a translator's.
type DecodeFigures struct {
	Name         string   `json:"name"`
	Sentence     Figure   `json:"sentence"`          // of the least time of each sentence's runs
	TokensPerSec float64  `json:"tokens_per_second"` // of output
	Best         []int64  `json:"-"`                 // nanoseconds, by sentence
	Translations []string `json:"-"`
}

// Translate measures decoders on the same sentences, in turn, each sentence runs times after one time to warm up. tokens
// counts a translation's tokens; it may be nil.
func Translate(ctx context.Context, names []string, decoders []Decoder, sentences []string, runs int, tokens func(string) int) ([]DecodeFigures, error) {
	out := make([]DecodeFigures, len(decoders))
	best := make([][]time.Duration, len(decoders))
	for d := range decoders {
		out[d].Name = names[d]
		if _, err := decoders[d](ctx, sentences[0]); err != nil {
			return nil, fmt.Errorf("%s: %w", names[d], err)
		}
	}
	for i, s := range sentences {
		least := make([]time.Duration, len(decoders))
		texts := make([]string, len(decoders))
		for range max(1, runs) {
			for k := range decoders {
				d := (i + k) % len(decoders)
				start := time.Now()
				text, err := decoders[d](ctx, s)
				took := time.Since(start)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", names[d], err)
				}
				if texts[d] = text; least[d] == 0 || took < least[d] {
					least[d] = took
				}
				// The other's threads wait a little for more work before they sleep.
				if err := sleep(ctx, 10*time.Millisecond); err != nil {
					return nil, err
				}
			}
		}
		for d := range decoders {
			best[d] = append(best[d], least[d])
			out[d].Translations = append(out[d].Translations, texts[d])
		}
	}
	for d := range decoders {
		out[d].Sentence = FigureOf(best[d])
		var total time.Duration
		n := 0
		for i, t := range best[d] {
			total += t
			out[d].Best = append(out[d].Best, int64(t))
			if tokens != nil {
				n += tokens(out[d].Translations[i])
			}
		}
		out[d].TokensPerSec = float64(n) / total.Seconds()
	}
	return out, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Same counts the translations that are equal.
func Same(a, b DecodeFigures) int {
	n := 0
	for i := range a.Translations {
		if i < len(b.Translations) && a.Translations[i] == b.Translations[i] {
			n++
		}
	}
	return n
}

// Transformers is the peer bench/peers/translate_transformers.py as a process that answers sentence by sentence.
type Transformers struct {
	// Versions is what the process says of itself.
	Versions map[string]string

	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	errors bytes.Buffer
}

// StartTransformers starts the script with a Python that has torch and transformers, and waits until its model is loaded.
func StartTransformers(ctx context.Context, python, script, dir string, threads int) (*Transformers, error) {
	t := &Transformers{cmd: exec.CommandContext(ctx, python, script, dir, "--serve", "--threads", fmt.Sprint(threads))}
	t.cmd.Stderr = &t.errors
	in, err := t.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := t.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := t.cmd.Start(); err != nil {
		return nil, &SkipError{"transformers", fmt.Sprintf("%v; --python needs an interpreter that has torch, transformers and sentencepiece", err)}
	}
	t.in, t.out = in, bufio.NewReader(out)
	var hello struct {
		Versions map[string]string `json:"versions"`
	}
	if err := t.read(&hello); err != nil {
		_ = t.in.Close()
		_ = t.cmd.Wait() // its reason is in the error below
		return nil, &SkipError{"transformers", fmt.Sprintf("%v\n%s", err, bytes.TrimSpace(t.errors.Bytes()))}
	}
	t.Versions = hello.Versions
	return t, nil
}

func (t *Transformers) read(v any) error {
	line, err := t.out.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("the process ended: %w", err)
	}
	return json.Unmarshal(line, v)
}

// Decode implements Decoder.
func (t *Transformers) Decode(_ context.Context, text string) (string, error) {
	if _, err := io.WriteString(t.in, text+"\n"); err != nil {
		return "", err
	}
	var answer struct {
		Text string `json:"text"`
	}
	if err := t.read(&answer); err != nil {
		return "", err
	}
	return answer.Text, nil
}

// Close ends the process.
func (t *Transformers) Close() error {
	err := t.in.Close()
	return errors.Join(err, t.cmd.Wait())
}
