package espeak

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"koe/internal/audio"
	"koe/internal/audio/wav"
)

// read reads the WAV stream that espeak-ng writes and hands on its samples but the first skip. No output at all is no
// sound. The first error is the stream's, the second one is use's.
func read(stdout io.Reader, skip int, use func([]float32) error) (failed, err error) {
	buffered := bufio.NewReaderSize(stdout, 1<<15)
	if _, err := buffered.Peek(1); errors.Is(err, io.EOF) {
		return nil, nil
	}
	in, err := wav.NewReader(buffered, "espeak-ng's sound")
	if err != nil {
		return err, nil
	}
	if f := (audio.Format{Rate: rate, Channels: 1}); in.Format() != f {
		return fmt.Errorf("espeak-ng's sound is %+v, want %+v", in.Format(), f), nil
	}
	samples := make([]float32, 2048) // espeak-ng writes as much at a time
	for {
		n, end := in.Read(samples)
		k := min(skip, n)
		skip -= k
		if k < n {
			if err := use(samples[k:n]); err != nil {
				return nil, err
			}
		}
		switch {
		case errors.Is(end, io.EOF):
			return nil, nil
		case end != nil:
			return end, nil
		}
	}
}
