// Package wav owns WAV files: a writer that is an audio.Sink, to files and to pipes, and a reader of every PCM and float
// layout in use.
package wav

import (
	"encoding/binary"
	"fmt"

	"koe/internal/audio"
)

// Encoding is how a sample is stored.
type Encoding int

// The encodings that Writer writes.
const (
	PCM16   Encoding = iota // 16-bit signed integers
	Float32                 // 32-bit IEEE floats
)

const (
	tagPCM        = 1
	tagFloat      = 3
	tagExtensible = 0xFFFE

	// unknown stands for a length that isn't known when the header is written to a pipe.
	unknown = 0xFFFFFFFF
)

func (e Encoding) bytes() int {
	if e == Float32 {
		return 4
	}
	return 2
}

// header is everything before the samples. data is their length in bytes, or unknown.
func header(f audio.Format, e Encoding, data uint32) []byte {
	frame := e.bytes() * f.Channels
	le := binary.LittleEndian
	h := append(make([]byte, 0, 58), "RIFF\x00\x00\x00\x00WAVEfmt "...)
	tag, size := uint16(tagPCM), uint32(16)
	if e == Float32 {
		tag, size = tagFloat, 18
	}
	h = le.AppendUint32(h, size)
	h = le.AppendUint16(h, tag)
	h = le.AppendUint16(h, uint16(f.Channels))
	h = le.AppendUint32(h, uint32(f.Rate))
	h = le.AppendUint32(h, uint32(f.Rate*frame))
	h = le.AppendUint16(h, uint16(frame))
	h = le.AppendUint16(h, uint16(8*e.bytes()))
	if e == Float32 { // what isn't PCM has an extension's size and a fact chunk
		h = le.AppendUint16(h, 0)
		h = append(h, "fact"...)
		h = le.AppendUint32(h, 4)
		frames := data / uint32(frame)
		if data == unknown {
			frames = unknown
		}
		h = le.AppendUint32(h, frames)
	}
	h = append(h, "data"...)
	h = le.AppendUint32(h, data)
	riff := uint32(unknown)
	if data != unknown {
		riff = uint32(len(h)) - 8 + data + data%2
	}
	le.PutUint32(h[4:], riff)
	return h
}

// FormatError reports a file that is no WAV file, or one that this package can't read.
type FormatError struct {
	Name   string // the file
	Offset int64  // where
	What   string
}

func (e *FormatError) Error() string {
	return fmt.Sprintf("%s: byte %d: %s", e.Name, e.Offset, e.What)
}
