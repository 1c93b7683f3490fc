package wire

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestAddresses(t *testing.T) {
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ server, want, err string }{
		{server: "unix:/run/x/native", want: "unix:/run/x/native"},
		{server: "/run/x/native", want: "unix:/run/x/native"},
		{server: "tcp:box", want: "tcp:box:4713"},
		{server: "tcp4:box:99", want: "tcp4:box:99"},
		{server: "tcp6:[::1]:99", want: "tcp6:[::1]:99"},
		{server: "tcp6:::1", want: "tcp6:[::1]:4713"},
		{server: "box", want: "tcp:box:4713"},
		{server: "box:99", want: "tcp:box:99"},
		{server: "{" + host + "}unix:/a {other}unix:/b tcp:c", want: "unix:/a tcp:c:4713"},
		{server: "{other}unix:/b", err: "names no server for this machine"},
		{server: "{open", err: "no closing brace"},
		{server: " ", err: "names no server"},
	} {
		got, err := addresses(tt.server)
		var list []string
		for _, a := range got {
			list = append(list, a.String())
		}
		if s := strings.Join(list, " "); s != tt.want || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%q: %q, %v; want %q, %q", tt.server, s, err, tt.want, tt.err)
		}
	}
	t.Setenv("PULSE_SERVER", "")
	t.Setenv("PULSE_RUNTIME_PATH", "/p")
	t.Setenv("XDG_RUNTIME_DIR", "/x")
	if got, err := addresses(""); err != nil || fmt.Sprint(got) != "[unix:/p/native unix:/x/pulse/native unix:/run/pulse/native]" {
		t.Errorf("%v, %v", got, err)
	}
}

func TestCookie(t *testing.T) {
	name := filepath.Join(t.TempDir(), "cookie")
	t.Setenv("PULSE_COOKIE", name)
	if b, err := cookie(); len(b) != 256 || err == nil {
		t.Errorf("no cookie: %d bytes, %v", len(b), err)
	}
	for size, ok := range map[int]bool{256: true, 255: false, 300: false} {
		if err := os.WriteFile(name, make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
		if b, err := cookie(); len(b) != 256 || (err == nil) != ok {
			t.Errorf("cookie of %d bytes: %d bytes, %v", size, len(b), err)
		}
	}
}

// frame is a message as a server sends it.
func frame(channel uint32, body []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	b = binary.BigEndian.AppendUint32(b, channel)
	return append(append(b, make([]byte, 12)...), body...)
}

// What isn't a sound server gives an error, at once or when its time is over, and neither panics nor prints.
func TestOtherServers(t *testing.T) {
	unknown := frame(0xFFFFFFFF, append([]byte{'L', 0, 0, 0, 101, 'L', 0, 0, 0, 0}, "whatever"...))
	for name, tt := range map[string]struct {
		say  []byte
		want string
	}{
		"closes":          {nil, "the server closed the connection"},
		"web":             {[]byte("HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n\r\n"), "no sound server"},
		"short":           {frame(0xFFFFFFFF, []byte("x")), "no sound server"},
		"cut":             {unknown[:25], "the server closed the connection"},
		"unknown message": {unknown, "the server closed the connection"},
		"refusal":         {frame(0xFFFFFFFF, []byte{'L', 0, 0, 0, 0, 'L', 0, 0, 0, 0, 'L', 0, 0, 0, 1}), "access denied"},
	} {
		t.Run(name, func(t *testing.T) {
			address := "unix:" + serve(t, func(c net.Conn) {
				_, _ = io.ReadAtLeast(c, make([]byte, 1<<12), 20)
				_, _ = c.Write(tt.say)
			})
			begin := time.Now()
			_, err := Dial(context.Background(), address, nil, nil)
			var connect *ConnectError
			if !errors.As(err, &connect) || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), address) {
				t.Errorf("%v, want %q", err, tt.want)
			}
			if took := time.Since(begin); took > answer {
				t.Errorf("took %v", took)
			}
		})
	}
}

func serve(t *testing.T, f func(net.Conn)) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "wire")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	l, err := net.Listen("unix", filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			f(c)
			_ = c.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return filepath.Join(dir, "s")
}

func TestDialCancelled(t *testing.T) {
	release := make(chan struct{})
	address := serve(t, func(net.Conn) { <-release })
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
	defer cancel()
	if _, err := Dial(ctx, address, nil, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	close(release)
}

// FuzzLink reads what any server may send: whole known messages come out, or an error.
func FuzzLink(f *testing.F) {
	f.Add(frame(0xFFFFFFFF, []byte{'L', 0, 0, 0, 2, 'L', 0, 0, 0, 0}))
	f.Add(frame(0xFFFFFFFF, []byte{'L', 0, 0, 0, 101, 'L', 0, 0, 0, 0}))
	f.Add(append(frame(0, []byte("abcd")), frame(1, nil)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		client, server := net.Pipe()
		go func() {
			_, _ = server.Write(b)
			_ = server.Close()
		}()
		var cause error
		l := newLink(client, func(err error) { cause = err })
		out, err := io.ReadAll(l)
		if !errors.Is(err, io.ErrClosedPipe) || cause == nil {
			t.Fatalf("%v, %v", err, cause)
		}
		_ = server.Close()
		if len(out) > len(b) {
			t.Errorf("%d bytes of %d", len(out), len(b))
		}
		for len(out) > 0 {
			n := 20 + int(binary.BigEndian.Uint32(out))
			if len(out) < n {
				t.Fatal("half a message came out")
			}
			if binary.BigEndian.Uint32(out[4:]) == 0xFFFFFFFF && (n < 30 || !known(binary.BigEndian.Uint32(out[21:]))) {
				t.Fatal("an unknown message came out")
			}
			out = out[n:]
		}
	})
}
