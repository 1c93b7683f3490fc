package wav

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"koe/internal/audio"
	"koe/internal/audio/audiotest"
	"koe/internal/testenv"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var ctx = context.Background()

func TestSink(t *testing.T) {
	for name, o := range map[string]Options{
		"file":  {},
		"float": {Encoding: Float32},
		"paced": {Paced: true},
	} {
		t.Run(name, func(t *testing.T) {
			audiotest.TestSink(t, func(t *testing.T) audio.Sink {
				s, err := Create(filepath.Join(t.TempDir(), "a.wav"), audio.Format{Rate: 24000, Channels: 2}, o)
				if err != nil {
					t.Fatal(err)
				}
				return s
			})
		})
	}
	t.Run("pipe", func(t *testing.T) {
		audiotest.TestSink(t, func(t *testing.T) audio.Sink {
			s, err := NewWriter(io.Discard, "pipe", audio.Format{Rate: 24000, Channels: 2}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			return s
		})
	})
}

// What is written is read, whatever the format, the encoding and the pieces, from files and from pipes.
func TestRoundTrip(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		f := audio.Format{Rate: rapid.IntRange(1000, 192000).Draw(t, "rate"), Channels: rapid.IntRange(1, 6).Draw(t, "channels")}
		o := Options{Encoding: Encoding(rapid.IntRange(0, 1).Draw(t, "encoding"))}
		pipe := rapid.Bool().Draw(t, "pipe")
		name := filepath.Join(dir, "a.wav")
		var buf bytes.Buffer
		var s audio.Sink
		var err error
		if pipe {
			s, err = NewWriter(&buf, "pipe", f, o)
		} else {
			s, err = Create(name, f, o)
		}
		if err != nil {
			t.Fatal(err)
		}
		var want []float32
		for range rapid.IntRange(0, 5).Draw(t, "pieces") {
			frames := rapid.IntRange(0, 20000).Draw(t, "frames")
			piece := make([]float32, frames*f.Channels)
			for i := range piece {
				piece[i] = float32(math.Sin(float64(i*i%977))) * 1.1
			}
			if err := s.Write(ctx, piece); err != nil {
				t.Fatal(err)
			}
			want = append(want, piece...)
		}
		if o.Encoding == PCM16 {
			for i := range want {
				want[i] = audio.Float32(audio.Int16(want[i]))
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		raw := buf.Bytes()
		if !pipe {
			if raw, err = os.ReadFile(name); err != nil {
				t.Fatal(err)
			}
			if n := binary.LittleEndian.Uint32(raw[4:]); int(n) != len(raw)-8 {
				t.Errorf("RIFF length %d of a file of %d bytes", n, len(raw))
			}
		} else if binary.LittleEndian.Uint32(raw[4:]) != unknown {
			t.Error("a pipe's header has a length")
		}
		gotFormat, got, err := ReadAll(bytes.NewReader(raw), "a.wav")
		if err != nil || gotFormat != f {
			t.Fatalf("%v, %v", gotFormat, err)
		}
		if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
			t.Error(d)
		}
	})
}

// Every layout that other programs write, as sox (where installed) writes it.
func TestReadsOthers(t *testing.T) {
	sox, err := exec.LookPath("sox")
	if err != nil {
		testenv.Skip(t, "sox")
	}
	for _, args := range []string{
		"-b 8 -e unsigned-integer", "-b 16", "-b 24", "-b 32 -e signed-integer", "-b 32 -e floating-point",
		"-b 64 -e floating-point", "-b 16 -c 6", "-b 24 -c 3",
	} {
		t.Run(args, func(t *testing.T) {
			cmd := exec.Command(sox, append(append([]string{"-D", "-n", "-r", "22050"}, strings.Fields(args)...),
				"-t", "wav", "-", "synth", "0.5", "sine", "440", "vol", "0.5")...)
			out, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			f, s, err := ReadAll(bytes.NewReader(out), "sox")
			if err != nil {
				t.Fatal(err)
			}
			if n := 11025 * f.Channels; f.Rate != 22050 || len(s) != n && len(s) != n+1 { // a pad byte to a pipe looks like sound
				t.Fatalf("%v, %d samples", f, len(s))
			}
			for i, v := range s[:11025*f.Channels] {
				want := 0.5 * math.Sin(2*math.Pi*440*float64(i/f.Channels)/22050)
				if math.Abs(float64(v)-want) > 0.01 {
					t.Fatalf("sample %d: %v, want %v", i, v, want)
				}
			}
		})
	}
}

func chunk(id string, body string) string {
	b := append([]byte(id), binary.LittleEndian.AppendUint32(nil, uint32(len(body)))...)
	b = append(b, body...)
	if len(body)%2 == 1 {
		b = append(b, 0)
	}
	return string(b)
}

func fmtBody(tag, ch uint16, rate uint32, bits uint16) string {
	le := binary.LittleEndian
	align := ch * bits / 8
	b := le.AppendUint16(le.AppendUint16(nil, tag), ch)
	b = le.AppendUint32(le.AppendUint32(b, rate), rate*uint32(align))
	return string(le.AppendUint16(le.AppendUint16(b, align), bits))
}

func riff(chunks ...string) string {
	body := "WAVE" + strings.Join(chunks, "")
	return "RIFF" + string(binary.LittleEndian.AppendUint32(nil, uint32(len(body)))) + body
}

func TestReaderLayouts(t *testing.T) {
	mono := fmtBody(tagPCM, 1, 8000, 16)
	ext := fmtBody(tagExtensible, 1, 8000, 24) + "\x16\x00\x18\x00\x04\x00\x00\x00\x01\x00\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"
	two := "\xff\x7f\x01\x80"
	for _, tt := range []struct {
		name, file string
		want       []float32
		err        string // part of it
	}{
		{name: "plain", file: riff(chunk("fmt ", mono), chunk("data", two)), want: []float32{1, -1}},
		{name: "odd chunk before", file: riff(chunk("LIST", "abc"), chunk("fmt ", mono), chunk("x", "")[:0], chunk("fact", "odd"), chunk("data", two)), want: []float32{1, -1}},
		{name: "chunk after", file: riff(chunk("fmt ", mono), chunk("data", two), chunk("LIST", "abcd")), want: []float32{1, -1}},
		{name: "extensible 24", file: riff(chunk("fmt ", ext), chunk("data", "\xff\xff\x7f\x01\x00\x80\x00\x00\x00")), want: []float32{1, -1, 0}},
		{name: "8 bit", file: riff(chunk("fmt ", fmtBody(tagPCM, 1, 8000, 8)), chunk("data", "\xff\x80\x01\x00")), want: []float32{1, 0, -1, -1}},
		{name: "not a number", file: riff(chunk("fmt ", fmtBody(tagFloat, 1, 8000, 32)), chunk("data", "\x00\x00\xc0\x7f\x00\x00\x80\xff\x00\x00\x00\x3f")), want: []float32{0, -1, 0.5}},
		{name: "stream", file: riff(chunk("fmt ", mono)) + "data\xff\xff\xff\xff" + two, want: []float32{1, -1}},
		{name: "stream, espeak", file: riff(chunk("fmt ", mono)) + "data\x00\xf0\xff\x7f" + two, want: []float32{1, -1}},
		{name: "half a sample", file: riff(chunk("fmt ", mono), chunk("data", two+"x")), want: []float32{1, -1}},
		{name: "empty", file: riff(chunk("fmt ", mono), chunk("data", ""))},
		{name: "cut", file: riff(chunk("fmt ", mono)) + "data\x08\x00\x00\x00" + two + "x", want: []float32{1, -1}, err: "a.wav: byte 49: the file ends 3 bytes before its data chunk does"},
		{name: "nothing", err: "byte 0: the file ends within the RIFF header"},
		{name: "text", file: "hello, world, hello", err: `no RIFF WAVE file: it begins with "hello, world"`},
		{name: "no data", file: riff(chunk("fmt ", mono)), err: "the file ends within the chunk header"},
		{name: "data first", file: riff(chunk("data", two)), err: "data chunk before the fmt chunk"},
		{name: "two formats", file: riff(chunk("fmt ", mono), chunk("fmt ", mono)), err: "second fmt chunk"},
		{name: "short format", file: riff(chunk("fmt ", mono[:14])), err: "fmt chunk of 14 bytes"},
		{name: "long chunk", file: riff() + "LIST\xff\xff\xff\xffabc", err: "bytes early"},
		{name: "mp3 in wav", file: riff(chunk("fmt ", fmtBody(0x55, 1, 8000, 16)), chunk("data", two)), err: "encoding 85 with 16 bits"},
		{name: "12 bits", file: riff(chunk("fmt ", fmtBody(tagPCM, 1, 8000, 12)), chunk("data", two)), err: "encoding 1 with 12 bits"},
		{name: "no channels", file: riff(chunk("fmt ", fmtBody(tagPCM, 0, 8000, 16)), chunk("data", two)), err: "0 channels"},
		{name: "no rate", file: riff(chunk("fmt ", fmtBody(tagPCM, 1, 0, 16)), chunk("data", two)), err: "sample rate 0 Hz"},
		{name: "wild rate", file: riff(chunk("fmt ", fmtBody(tagPCM, 1, 1<<31, 16)), chunk("data", two)), err: "sample rate 2147483648 Hz"},
		{name: "frame length", file: riff(chunk("fmt ", mono[:12]+"\x03\x00\x10\x00"), chunk("data", two)), err: "frames of 3 bytes"},
		{name: "extensible, other", file: riff(chunk("fmt ", ext[:30]+"xxxxxxxxxx"), chunk("data", two)), err: "sub-format"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, got, err := ReadAll(strings.NewReader(tt.file), "a.wav")
			if tt.err == "" && err != nil || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
				t.Errorf("error %v, want %q", err, tt.err)
			}
			var format *FormatError
			if err != nil && !errors.As(err, &format) {
				t.Errorf("error of type %T", err)
			}
			if d := cmp.Diff(tt.want, got, cmpopts.EquateEmpty()); d != "" {
				t.Error(d)
			}
		})
	}
}

// A file whose writer was killed is readable up to at most a second before its end.
func TestCutFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a.wav")
	f := audio.Format{Rate: 24000, Channels: 1}
	s, err := Create(name, f, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for range 60 {
		if err := s.Write(ctx, audiotest.Tone(f, 440, 0.3, 50*time.Millisecond)); err != nil {
			t.Fatal(err)
		}
	}
	_, got, err := ReadFile(name) // not closed
	if err != nil {
		t.Fatal(err)
	}
	if d := f.Duration(len(got)); d < 1900*time.Millisecond {
		t.Errorf("%v of 3 s readable", d)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestPacedKeepsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		name := filepath.Join(t.TempDir(), "a.wav")
		f := audio.Format{Rate: 24000, Channels: 1}
		s, err := Create(name, f, Options{Paced: true})
		if err != nil {
			t.Fatal(err)
		}
		tone := audiotest.Tone(f, 440, 0.5, 300*time.Millisecond)
		time.Sleep(500 * time.Millisecond)
		for range 2 {
			if err := s.Write(ctx, tone); err != nil {
				t.Fatal(err)
			}
			if err := s.Drain(ctx); err != nil {
				t.Fatal(err)
			}
			time.Sleep(2500 * time.Millisecond)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		_, got, err := ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if d := f.Duration(len(got)); d < 3600*time.Millisecond || d > 3610*time.Millisecond {
			t.Errorf("file of %v, want 0.5 + 0.3 + 2.5 + 0.3 s", d)
		}
		for at, want := range map[time.Duration]bool{
			490: false, 510: true, 790: true, 810: false, 3290: false, 3310: true, 3590: true,
		} {
			i := f.Samples(at * time.Millisecond)
			loud := false
			for _, v := range got[i-100 : i+100] {
				loud = loud || v > 0.3
			}
			if loud != want {
				t.Errorf("sound at %v ms: %v, want %v", int(at), loud, want)
			}
		}
	})
}

func TestFullDisk(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full")
	}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = full.Close() }()
	if _, err := NewWriter(full, "a.wav", audio.Format{Rate: 24000, Channels: 1}, Options{}); !errors.Is(err, syscall.ENOSPC) ||
		!strings.Contains(err.Error(), "a.wav: the disk is full") {
		t.Errorf("%v", err)
	}
}

// limited is a disk that is full after n bytes.
type limited struct {
	*os.File
	n int
}

func (l *limited) Write(b []byte) (int, error) {
	if len(b) > l.n {
		n, err := l.File.Write(b[:l.n])
		l.n -= n
		return n, errors.Join(err, &os.PathError{Op: "write", Path: l.Name(), Err: syscall.ENOSPC})
	}
	l.n -= len(b)
	return l.File.Write(b)
}

func TestDiskFillsUp(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "a.wav"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	f := audio.Format{Rate: 24000, Channels: 1}
	s, err := NewWriter(&limited{file, 44 + 48001}, "a.wav", f, Options{})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Write(ctx, audiotest.Tone(f, 440, 0.3, 2*time.Second))
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "a.wav: the disk is full after 1s of sound") {
		t.Errorf("%v", err)
	}
	if err := s.Write(ctx, make([]float32, 10)); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("a second Write: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	_, got, err := ReadFile(file.Name())
	if err != nil || len(got) != 24000 {
		t.Errorf("%d samples, %v", len(got), err)
	}
}

func TestClosedPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	f := audio.Format{Rate: 24000, Channels: 1}
	s, err := NewWriter(w, "standard output", f, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Write(ctx, make([]float32, 24000)); !errors.Is(err, syscall.EPIPE) || !strings.Contains(err.Error(), "standard output: the reader is gone") {
		t.Errorf("%v", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}

// A pipe whose reader sleeps holds up the Write, but neither its context nor Close; what follows stays in order.
func TestSleepingReader(t *testing.T) {
	r, w := io.Pipe()
	f := audio.Format{Rate: 24000, Channels: 1}
	go func() { _, _ = io.ReadFull(r, make([]byte, 44)) }()
	s, err := NewWriter(w, "pipe", f, Options{})
	if err != nil {
		t.Fatal(err)
	}
	soon, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	if err := s.Write(soon, []float32{1, 0.5}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	s.Stats()
	done := make(chan error, 1)
	go func() { done <- s.Write(ctx, []float32{0.25}) }()
	got := make([]byte, 6)
	if _, err := io.ReadFull(r, got); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if want := (PCM16).append(nil, []float32{1, 0.5, 0.25}); !bytes.Equal(got, want) {
		t.Errorf("% x, want % x", got, want)
	}
	go func() { done <- s.Write(ctx, []float32{1}) }()
	time.Sleep(10 * time.Millisecond)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := <-done; !errors.Is(err, audio.ErrSinkClosed) {
		t.Errorf("%v", err)
	}
	_ = w.Close()
}

func TestAppended(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a.wav")
	file, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	s, err := NewWriter(file, name, audio.Format{Rate: 24000, Channels: 1}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Write(ctx, make([]float32, 100000)); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, got, err := ReadFile(name); err != nil || len(got) != 100000 {
		t.Errorf("%d samples, %v", len(got), err)
	}
}

func TestCreateFails(t *testing.T) {
	_, err := Create(filepath.Join(t.TempDir(), "no", "a.wav"), audio.Format{Rate: 24000, Channels: 1}, Options{})
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
	name := filepath.Join(t.TempDir(), "a.wav")
	if _, err := Create(name, audio.Format{Rate: 24000}, Options{}); err == nil || !strings.Contains(err.Error(), "0 channels") {
		t.Errorf("%v", err)
	}
}

func FuzzReader(f *testing.F) {
	for _, e := range []Encoding{PCM16, Float32} {
		for _, data := range []uint32{8, 9, unknown} {
			f.Add(append(header(audio.Format{Rate: 8000, Channels: 1}, e, data), "12345678"...))
		}
	}
	f.Add([]byte(riff(chunk("LIST", "abc"), chunk("fmt ", fmtBody(tagExtensible, 2, 8000, 24)), chunk("data", "abcdef"))))
	f.Fuzz(func(t *testing.T, b []byte) {
		format, s, err := ReadAll(bytes.NewReader(b), "a.wav")
		if len(s) > len(b) {
			t.Errorf("%d samples from %d bytes", len(s), len(b))
		}
		if len(s) > 0 {
			if err := format.Validate(); err != nil {
				t.Error(err)
			}
			if len(s)%format.Channels != 0 {
				t.Errorf("%d samples of %d channels", len(s), format.Channels)
			}
		}
		for _, v := range s {
			if v != v || math.IsInf(float64(v), 0) {
				t.Fatalf("sample %v", v)
			}
		}
		var fe *FormatError
		if err != nil && !errors.As(err, &fe) {
			t.Errorf("error %v of type %T", err, err)
		}
	})
}
