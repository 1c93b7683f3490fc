// Package models owns the models that are built into the program: the files themselves, and access to them without
// copying. Only cmd/koe imports it, so that no test binary carries them; tests open the files.
//
// models/enja is rebuilt from its checkpoint with
//
//	go run models/rebuild.go enja ../shared/models/enja-v2
package models

import (
	"io"
	"io/fs"
	"strings"
	"unsafe"
)

// File is one embedded file. Its bytes lie in the program's read-only memory: writing to them crashes.
type File string

// Bytes returns the file's content without a copy. It must not be written to.
func (f File) Bytes() []byte { return unsafe.Slice(unsafe.StringData(string(f)), len(f)) }

// Open returns a reader of the file.
func (f File) Open() io.ReadCloser { return io.NopCloser(strings.NewReader(string(f))) }

// Model is a model's files by name, its manifest.json among them.
type Model map[string]File

// Open opens one of the files, as model.VerifyFiles wants it.
func (m Model) Open(name string) (io.ReadCloser, error) {
	f, ok := m[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return f.Open(), nil
}
