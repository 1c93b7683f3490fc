// Package wire owns the connection to a PulseAudio server (or PipeWire's): finding it, the handshake, and a link that
// guards the protocol package against what it doesn't survive: servers that fall silent, other services' sockets, and
// messages it has no name for.
package wire

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jfreymuth/pulse/proto"
)

// answer is how long the server may take for an answer or to take data. It is local; it answers within milliseconds.
const answer = 3 * time.Second

// Conn is a connection.
type Conn struct {
	*proto.Client
	Server string // its address, for people
	link   *link
}

// ConnectError reports that no server was found, and what was tried.
type ConnectError struct {
	Tried []Attempt
}

// Attempt is a server that was tried.
type Attempt struct {
	Server string
	Err    error
}

func (e *ConnectError) Error() string {
	var b strings.Builder
	b.WriteString("no PulseAudio or PipeWire server")
	for i, a := range e.Tried {
		b.WriteString([]string{": ", "; "}[min(i, 1)])
		fmt.Fprintf(&b, "%s: %v", a.Server, a.Err)
	}
	return b.String()
}

// Unwrap gives the attempts' errors.
func (e *ConnectError) Unwrap() []error {
	errs := make([]error, len(e.Tried))
	for i, a := range e.Tried {
		errs[i] = a.Err
	}
	return errs
}

// Dial connects to the server (a server string as in PULSE_SERVER; "" for the environment's) and introduces the program.
// event gets the server's messages, one at a time, and must not call the connection; it may be called until the
// connection has been closed. When the connection is lost, lost is called once, unless Close was called before.
func Dial(ctx context.Context, server string, event func(any), lost func(error)) (*Conn, error) {
	addrs, err := addresses(server)
	if err != nil {
		return nil, err
	}
	failed := &ConnectError{}
	for _, a := range addrs {
		c, err := dial(ctx, a, event, lost)
		if err == nil {
			return c, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		failed.Tried = append(failed.Tried, Attempt{a.String(), err})
	}
	return nil, failed
}

func dial(ctx context.Context, a address, event func(any), lost func(error)) (*Conn, error) {
	d := net.Dialer{Timeout: answer}
	nc, err := d.DialContext(ctx, a.network, a.addr)
	if err != nil {
		var op *net.OpError
		if errors.As(err, &op) { // the address is said already
			err = op.Err
		}
		return nil, err
	}
	cookie, noCookie := cookie()
	c := &Conn{Client: &proto.Client{}, Server: a.String(), link: newLink(nc, lost)}
	c.SetTimeout(answer)
	c.Callback = func(m any) {
		if _, ok := m.(*proto.ConnectionClosed); !ok && event != nil { // the link reports that one
			event(m)
		}
	}
	stop := context.AfterFunc(ctx, func() { c.Close() })
	c.Open(c.link)
	var auth proto.AuthReply
	err = c.Request(&proto.Auth{Version: c.Version(), Cookie: cookie}, &auth)
	if err == nil {
		c.SetVersion(auth.Version)
		const oldest = 13 // has streams with properties and adjustable latency: PulseAudio 0.9.11
		if v := c.Version().Version(); v < oldest {
			err = fmt.Errorf("the server's protocol version %d is too old", v)
		}
	}
	if err == nil {
		err = c.Request(&proto.SetClientName{Props: proto.PropList{
			"application.name":       proto.PropListString("Koe"),
			"application.process.id": proto.PropListString(strconv.Itoa(os.Getpid())),
		}}, &proto.SetClientNameReply{})
	}
	var refusal proto.Error
	if cause := c.link.cause(); err != nil && cause != nil && !errors.As(err, &refusal) {
		err = cause
	}
	if errors.Is(err, proto.ErrAccessDenied) && noCookie != nil {
		err = fmt.Errorf("%w (%w)", err, noCookie)
	}
	if !stop() {
		err = ctx.Err()
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// Request asks the server. Its errors are the server's, or say that it gave no answer in time.
func (c *Conn) Request(req proto.RequestArgs, reply proto.Reply) error {
	err := c.Client.Request(req, reply)
	if errors.Is(err, context.DeadlineExceeded) { // not the caller's deadline
		return fmt.Errorf("the server gave no answer within %v", answer)
	}
	return err
}

// Close closes the connection; the server drops its streams. Requests under way fail. When it returns, the connection's
// goroutine is over or about to be.
func (c *Conn) Close() {
	c.link.close(nil)
	<-c.link.ended
}

// Break closes the connection as lost, with the reason; lost is called with it.
func (c *Conn) Break(err error) { c.link.close(err) }

// address is a server's address.
type address struct{ network, addr string }

func (a address) String() string { return a.network + ":" + a.addr }

// addresses lists the servers to try. See
// https://www.freedesktop.org/wiki/Software/PulseAudio/Documentation/User/ServerStrings/
func addresses(server string) ([]address, error) {
	if server == "" {
		server = os.Getenv("PULSE_SERVER")
	}
	if server != "" {
		return parse(server)
	}
	var dirs []string
	if d := os.Getenv("PULSE_RUNTIME_PATH"); d != "" {
		dirs = append(dirs, d)
	}
	if d := os.Getenv("XDG_RUNTIME_DIR"); d != "" {
		dirs = append(dirs, filepath.Join(d, "pulse"))
	} else {
		dirs = append(dirs, fmt.Sprintf("/run/user/%d/pulse", os.Getuid()))
	}
	dirs = append(dirs, "/run/pulse")
	addrs := make([]address, len(dirs))
	for i, d := range dirs {
		addrs[i] = address{"unix", filepath.Join(d, "native")}
	}
	return addrs, nil
}

func parse(server string) ([]address, error) {
	const port = "4713"
	host, err := os.Hostname()
	if err != nil {
		host = ""
	}
	var addrs []address
	for s := range strings.FieldsSeq(server) {
		if strings.HasPrefix(s, "{") { // for one machine only
			name, rest, ok := strings.Cut(s[1:], "}")
			if !ok {
				return nil, fmt.Errorf("PULSE_SERVER: %q: no closing brace", s)
			}
			if name != host {
				continue
			}
			s = rest
		}
		network, addr, ok := strings.Cut(s, ":")
		switch {
		case strings.HasPrefix(s, "/"):
			network, addr = "unix", s
		case ok && network == "unix":
		case ok && (network == "tcp" || network == "tcp4" || network == "tcp6"):
		default: // a bare host, perhaps with a port
			network, addr = "tcp", s
		}
		if network != "unix" {
			if _, _, err := net.SplitHostPort(addr); err != nil {
				addr = net.JoinHostPort(strings.Trim(addr, "[]"), port)
			}
		}
		addrs = append(addrs, address{network, addr})
	}
	if len(addrs) == 0 {
		return nil, fmt.Errorf("PULSE_SERVER: %q names no server for this machine", server)
	}
	return addrs, nil
}

// cookie is the secret that lets another user's or machine's client in. On a user's own socket none is needed: then any
// will do, and the error doesn't matter.
func cookie() ([]byte, error) {
	const size = 256
	none := make([]byte, size)
	var names []string
	if c := os.Getenv("PULSE_COOKIE"); c != "" {
		names = append(names, c)
	} else if home, err := os.UserHomeDir(); err == nil {
		config := os.Getenv("XDG_CONFIG_HOME")
		if config == "" {
			config = filepath.Join(home, ".config")
		}
		names = append(names, filepath.Join(config, "pulse", "cookie"), filepath.Join(home, ".pulse-cookie"))
	}
	err := errors.New("there is no PulseAudio cookie; set PULSE_COOKIE")
	for _, n := range names {
		b, e := os.ReadFile(n)
		if e == nil && len(b) == size {
			return b, nil
		}
		if e == nil {
			e = fmt.Errorf("%s: %d bytes, must be %d", n, len(b), size)
		}
		if !errors.Is(e, os.ErrNotExist) {
			err = fmt.Errorf("PulseAudio cookie: %w", e)
		}
	}
	return none, err
}
