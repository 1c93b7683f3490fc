// Package process owns the engines that are other programs: processes that are started before they are needed, wait for
// text on their standard input, speak and end. Package espeak and say build on it.
package process

import (
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// Process is a program that waits for text or speaks it.
type Process struct {
	Stdout io.Reader // until Wait
	Output string    // the file that it writes to, "" for Stdout alone

	key     string
	cmd     *exec.Cmd
	stdin   io.WriteCloser
	stderr  tail
	cleanup func()

	waiting sync.Mutex // serialises Wait
	mu      sync.Mutex
	waited  bool
	status  error
}

// Command makes a program ready to be started. output is the file that it will write to, if any; cleanup (may be nil) is
// called once the process has ended.
type Command func() (cmd *exec.Cmd, output string, cleanup func(), err error)

// start starts a program; key says what kind of request it was started for.
func start(key string, command Command) (*Process, error) {
	cmd, output, cleanup, err := command()
	if err != nil {
		return nil, err
	}
	p := &Process{key: key, cmd: cmd, Output: output, cleanup: cleanup}
	cmd.Stderr = &p.stderr
	cmd.WaitDelay = 2 * time.Second // should a child of it hold the pipes
	OwnGroup(cmd)
	if p.stdin, err = cmd.StdinPipe(); err == nil {
		p.Stdout, err = cmd.StdoutPipe()
	}
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		if cleanup != nil {
			cleanup()
		}
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	return p, nil
}

// Send hands over the text and ends it.
func (p *Process) Send(text string) error {
	_, err := io.WriteString(p.stdin, text)
	if err == nil {
		err = p.stdin.Close()
	}
	if err != nil {
		return fmt.Errorf("send text to %s: %w", p.cmd.Path, err)
	}
	return nil
}

// Kill ends the process and all of its group, if it has not ended.
func (p *Process) Kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.waited {
		killGroup(p.cmd)
	}
}

// Wait waits for the process's end and returns what was wrong with it. It may be called again.
func (p *Process) Wait() error {
	p.waiting.Lock()
	defer p.waiting.Unlock()
	if p.waited {
		return p.status
	}
	_ = p.stdin.Close() // so that it ends
	err := p.cmd.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waited = true
	if err != nil {
		p.status = fmt.Errorf("%s ended with %w", p.cmd.Path, err)
		if note := p.stderr.String(); note != "" {
			p.status = fmt.Errorf("%w (%s)", p.status, note)
		}
	}
	return p.status
}

// end kills the process, waits, and removes what it left.
func (p *Process) end() {
	p.Kill()
	_ = p.Wait() // it was killed
	if p.cleanup != nil {
		p.cleanup()
	}
}

// ErrClosed reports a pool that was closed.
var ErrClosed = errors.New("the engine is closed")

// Pool holds the processes of an engine. The zero value is ready for use, by several goroutines at once.
type Pool struct {
	mu     sync.Mutex
	closed bool
	idle   *Process // started ahead, waiting for text
	busy   map[*Process]struct{}
}

// Ahead sees that one process waits for requests of this kind.
func (l *Pool) Ahead(key string, command Command) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return ErrClosed
	}
	if l.idle != nil {
		if l.idle.key == key {
			return nil
		}
		l.idle.end()
		l.idle = nil
	}
	p, err := start(key, command)
	if err != nil {
		return err
	}
	l.idle = p
	return nil
}

// Take returns the process that waits for this kind of request, or starts one. Done must be called for it.
func (l *Pool) Take(key string, command Command) (*Process, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, ErrClosed
	}
	p := l.idle
	l.idle = nil
	if p != nil && p.key != key {
		p.end()
		p = nil
	}
	if p == nil {
		var err error
		if p, err = start(key, command); err != nil {
			return nil, err
		}
	}
	if l.busy == nil {
		l.busy = map[*Process]struct{}{}
	}
	l.busy[p] = struct{}{}
	return p, nil
}

// Done ends a process that Take returned, if it has not ended, and removes what it left.
func (l *Pool) Done(p *Process) {
	p.end()
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.busy, p)
}

// Closed reports whether the pool was closed.
func (l *Pool) Closed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed
}

// Close kills all processes, so that those who read from them go on, and takes no more.
func (l *Pool) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	for p := range l.busy {
		p.Kill()
	}
	if l.idle != nil {
		l.idle.end()
		l.idle = nil
	}
}

// tail keeps the last 500 bytes written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, b...)
	if n := len(t.text) - 500; n > 0 {
		t.text = t.text[n:]
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.ToValidUTF8(strings.TrimSpace(string(t.text)), "")
}
