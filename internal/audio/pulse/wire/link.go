package wire

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"github.com/jfreymuth/pulse/proto"
)

// link is what the protocol package reads from and writes to. It hands on whole messages that the package knows, and
// notices the end of the connection, whatever ended it.
type link struct {
	conn  net.Conn
	r     *bufio.Reader
	frame []byte // the rest of the message being handed on
	buf   []byte
	lost  func(error)
	ended chan struct{} // closed when no more is read

	mu     sync.Mutex
	closed bool
	err    error
}

func newLink(c net.Conn, lost func(error)) *link {
	return &link{conn: c, r: bufio.NewReader(c), lost: lost, ended: make(chan struct{})}
}

// close closes the connection; nil means that it was meant.
func (l *link) close(err error) {
	l.mu.Lock()
	first := !l.closed
	l.closed = true
	if first {
		l.err = err
	}
	l.mu.Unlock()
	if !first {
		return
	}
	_ = l.conn.Close()
	if err != nil && l.lost != nil {
		l.lost(err)
	}
}

// cause is why the connection was closed, nil if it wasn't or if that was meant.
func (l *link) cause() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// Read implements io.Reader for the protocol package's reading goroutine, which ends with the first error.
func (l *link) Read(b []byte) (int, error) {
	for len(l.frame) == 0 {
		if err := l.next(); err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				err = errors.New("the server closed the connection")
			}
			l.close(err)
			close(l.ended)
			return 0, io.ErrClosedPipe // not io.EOF: the link reports the end itself
		}
	}
	n := copy(b, l.frame)
	l.frame = l.frame[n:]
	return n, nil
}

// next reads the next message.
func (l *link) next() error {
	const header, largest = 20, 16 << 20
	var h [header]byte
	if _, err := io.ReadFull(l.r, h[:]); err != nil {
		return err
	}
	size, channel := binary.BigEndian.Uint32(h[:]), binary.BigEndian.Uint32(h[4:])
	if size > largest {
		return fmt.Errorf("no sound server: a message of %d bytes", size)
	}
	if n := header + int(size); cap(l.buf) < n {
		l.buf = make([]byte, n)
	}
	l.buf = l.buf[:header+int(size)]
	copy(l.buf, h[:])
	body := l.buf[header:]
	if _, err := io.ReadFull(l.r, body); err != nil {
		return err
	}
	const control = 0xFFFFFFFF
	if channel == control {
		if len(body) < 10 || body[0] != 'L' || body[5] != 'L' {
			return errors.New("no sound server: a message that is none of the PulseAudio protocol")
		}
		if !known(binary.BigEndian.Uint32(body[1:])) {
			return nil
		}
	}
	l.frame = l.buf
	return nil
}

// known reports whether the protocol package knows a message; it prints those it doesn't.
func known(op uint32) bool {
	switch op {
	case proto.OpError, proto.OpReply,
		proto.OpRequest, proto.OpOverflow, proto.OpUnderflow, proto.OpPlaybackStreamKilled, proto.OpRecordStreamKilled,
		proto.OpSubscribeEvent, proto.OpPlaybackStreamSuspended, proto.OpRecordStreamSuspended,
		proto.OpPlaybackStreamMoved, proto.OpRecordStreamMoved, proto.OpStarted, proto.OpClientEvent,
		proto.OpPlaybackStreamEvent, proto.OpRecordStreamEvent, proto.OpPlaybackBufferAttrChanged:
		return true
	}
	return false
}

// Write implements io.Writer. The protocol package ignores its error: a connection that can't be written is closed.
func (l *link) Write(b []byte) (int, error) {
	err := l.conn.SetWriteDeadline(time.Now().Add(answer))
	n := 0
	if err == nil {
		n, err = l.conn.Write(b)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = fmt.Errorf("the server took no data for %v", answer)
	}
	if err != nil {
		l.close(err)
	}
	return n, err
}
