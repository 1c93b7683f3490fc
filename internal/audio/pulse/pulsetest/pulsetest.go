// Package pulsetest owns a PulseAudio server of the test's own, with a sink that leads nowhere, whose monitor it records:
// so that tests hear what was played.
package pulsetest

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jfreymuth/pulse/proto"

	"koe/internal/audio"
	"koe/internal/audio/pulse/wire"
	"koe/internal/testenv"
)

// Sink is the name of the server's sink.
const Sink = "koe"

// Server is a running PulseAudio server, ended with its test.
type Server struct {
	Address string // for PULSE_SERVER
	Dir     string // its runtime folder; Socket is in it
	Socket  string

	cmd  *exec.Cmd
	out  *bytes.Buffer
	done chan struct{}
	conn *wire.Conn // for commands
}

// Rate is the rate of the server's sink, and of its recordings (mono).
const Rate = 48000

// StartServer starts a server, or skips the test if PulseAudio isn't installed.
func StartServer(t testing.TB) *Server {
	t.Helper()
	exe, err := exec.LookPath("pulseaudio")
	if err != nil {
		testenv.Skip(t, "PulseAudio")
	}
	dir, err := os.MkdirTemp("", "pulse") // t.TempDir's path may be too long for a socket's
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s := &Server{Dir: dir, Socket: filepath.Join(dir, "native"), out: &bytes.Buffer{}, done: make(chan struct{})}
	s.Address = "unix:" + s.Socket
	s.cmd = exec.Command(exe, "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--disable-shm=yes",
		"--high-priority=no", "--realtime=no", "--log-target=stderr", "--log-level=warning",
		"--load=module-null-sink "+nullSink(Sink, "Nowhere"),
		"--load=module-native-protocol-unix auth-anonymous=1 socket="+s.Socket)
	s.cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_RUNTIME_DIR="+dir, "PULSE_RUNTIME_PATH="+dir, "PULSE_STATE_PATH="+dir,
		"XDG_CONFIG_HOME="+dir, "DBUS_SESSION_BUS_ADDRESS=", "DISPLAY=")
	s.cmd.Stdout, s.cmd.Stderr = s.out, s.out
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.cmd.Wait(); close(s.done) }()
	t.Cleanup(s.Kill)
	for deadline := time.Now().Add(20 * time.Second); ; {
		s.conn, err = wire.Dial(context.Background(), s.Address, nil, nil)
		if err == nil {
			break
		}
		select {
		case <-s.done:
			t.Fatalf("pulseaudio ended: %s", s.out)
		case <-time.After(10 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatalf("pulseaudio doesn't answer: %v", err)
		}
	}
	t.Cleanup(s.conn.Close)
	// The sink may come a little after the socket.
	for deadline := time.Now().Add(20 * time.Second); ; {
		err := s.conn.Request(&proto.LookupSink{SinkName: Sink}, &proto.LookupSinkReply{})
		if err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("pulseaudio has no sink: %v", err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	return s
}

// Env is the environment for a process that is to play through this server.
func (s *Server) Env() []string { return []string{"PULSE_SERVER=" + s.Address} }

// Kill ends the server at once.
func (s *Server) Kill() {
	_ = s.cmd.Process.Kill()
	<-s.done
}

// Process is the server's process.
func (s *Server) Process() *os.Process { return s.cmd.Process }

// LoadSink adds a sink.
func (s *Server) LoadSink(t testing.TB, name, description string) {
	t.Helper()
	s.loadModule(t, "module-null-sink", nullSink(name, description))
}

// nullSink is the arguments of module-null-sink (of PulseAudio 15 or later). Without rewinds it is like most devices
// today: what it has taken it plays. With them it would play up to 2 s of silence ahead while nobody listens, and its
// monitor would miss what was played instead of silence that it had passed on.
func nullSink(name, description string) string {
	return fmt.Sprintf("sink_name=%s rate=%d norewinds=1 sink_properties=\"device.description='%s'\"", name, Rate, description)
}

// RescueStreams makes the server move streams of a sink that disappears to another, as desktops do.
func (s *Server) RescueStreams(t testing.TB) {
	t.Helper()
	s.loadModule(t, "module-rescue-streams", "")
}

func (s *Server) loadModule(t testing.TB, name, args string) {
	t.Helper()
	if err := s.conn.Request(&proto.LoadModule{Name: name, Args: args}, &proto.LoadModuleReply{}); err != nil {
		t.Fatalf("load %s %s: %v", name, args, err)
	}
}

// Unplug removes a sink.
func (s *Server) Unplug(t testing.TB, name string) {
	t.Helper()
	var info proto.GetSinkInfoReply
	if err := s.conn.Request(&proto.GetSinkInfo{SinkIndex: proto.Undefined, SinkName: name}, &info); err != nil {
		t.Fatal(err)
	}
	if err := s.conn.Request(&proto.UnloadModule{ModuleIndex: info.ModuleIndex}, nil); err != nil {
		t.Fatal(err)
	}
}

// Streams is how many streams play at the server now.
func (s *Server) Streams(t testing.TB) int {
	t.Helper()
	var list proto.GetSinkInputInfoListReply
	if err := s.conn.Request(&proto.GetSinkInputInfoList{}, &list); err != nil {
		t.Fatal(err)
	}
	return len(list)
}

// Recording is what a sink plays.
type Recording struct {
	conn *wire.Conn

	mu      sync.Mutex
	samples []float32
	packets []packet
}

type packet struct {
	end int // samples received with it and before
	at  time.Time
}

// Format is the format of recordings.
func (r *Recording) Format() audio.Format { return audio.Format{Rate: Rate, Channels: 1} }

// Record records a sink's monitor until Stop, or the test's end.
func (s *Server) Record(t testing.TB, sink string) *Recording {
	t.Helper()
	r := &Recording{}
	var err error
	r.conn, err = wire.Dial(context.Background(), s.Address, r.event, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.conn.Close)
	err = r.conn.Request(&proto.CreateRecordStream{
		SampleSpec:         proto.SampleSpec{Format: proto.FormatFloat32LE, Channels: 1, Rate: Rate},
		ChannelMap:         proto.ChannelMap{proto.ChannelMono},
		SourceIndex:        proto.Undefined,
		SourceName:         sink + ".monitor",
		BufferMaxLength:    proto.Undefined,
		BufferFragSize:     Rate / 100 * 4,
		AdjustLatency:      true,
		DirectOnInputIndex: proto.Undefined,
		ChannelVolumes:     proto.ChannelVolumes{uint32(proto.VolumeNorm)},
		Properties:         proto.PropList{"media.name": proto.PropListString("test")},
	}, &proto.CreateRecordStreamReply{})
	if err != nil {
		t.Fatalf("record %s: %v", sink, err)
	}
	r.Await(t, func(s []float32) bool { return len(s) > 0 })
	return r
}

func (r *Recording) event(m any) {
	d, ok := m.(*proto.DataPacket)
	if !ok {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for b := d.Data; len(b) >= 4; b = b[4:] {
		r.samples = append(r.samples, math.Float32frombits(binary.LittleEndian.Uint32(b)))
	}
	r.packets = append(r.packets, packet{len(r.samples), time.Now()})
}

// Samples is what was recorded so far.
func (r *Recording) Samples() []float32 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]float32(nil), r.samples...)
}

// At is when the sample at an index was received: at most about 20 ms after it sounded.
func (r *Recording) At(sample int) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range r.packets {
		if sample < p.end {
			return p.at
		}
	}
	return time.Time{}
}

// Await waits until what was recorded satisfies f, and fails the test after 20 s.
func (r *Recording) Await(t testing.TB, f func([]float32) bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !f(r.Samples()); {
		if time.Now().After(deadline) {
			t.Fatal("what was awaited was not recorded")
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// Stop ends the recording and returns it.
func (r *Recording) Stop() []float32 {
	r.conn.Close()
	return r.Samples()
}

// Log is what the server has logged. Call it after Kill.
func (s *Server) Log() string { return strings.TrimSpace(s.out.String()) }
