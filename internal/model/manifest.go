// Package model owns the models on disk: what a model's manifest says, and the store in which imported ones lie. How a
// checkpoint becomes a model is an engine's matter; engines hand the store a Builder. Embedded models carry the same
// manifest.
package model

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// ManifestName is the file in a model's folder that describes it.
const ManifestName = "manifest.json"

// format is the version of the manifest that this program writes, and the newest that it reads.
const format = 1

// Manifest describes a model.
type Manifest struct {
	Format      int      `json:"format"`
	Name        string   `json:"name"`            // "enja", "facebook/nllb-200-3.3B"
	Kind        string   `json:"kind"`            // "translate", "voice", "g2p"
	Engine      string   `json:"engine"`          // the package that runs it: "m2m"
	Languages   []string `json:"languages"`       // codes as the engine takes them
	Source      string   `json:"source"`          // where the checkpoint came from
	Licence     string   `json:"licence"`         // SPDX expression, or the name of the terms
	Attribution string   `json:"attribution"`     // what the licence wants said
	Recipe      string   `json:"recipe"`          // how it was built from the checkpoint: "int8", with what options
	Koe         string   `json:"koe"`             // version of the program that built it
	Notes       []string `json:"notes,omitempty"` // limits, figures
	Files       []File   `json:"files,omitempty"` // all but the manifest, sorted by name
}

// File is one file of a model.
type File struct {
	Name   string `json:"name"` // relative to the model's folder, with slashes
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Size returns the bytes of all files.
func (m *Manifest) Size() int64 {
	var n int64
	for _, f := range m.Files {
		n += f.Size
	}
	return n
}

// ParseManifest reads a manifest.
func ParseManifest(data []byte) (Manifest, error) {
	var m Manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return m, fmt.Errorf("model: manifest: %w", err)
	}
	if m.Format > format {
		return m, fmt.Errorf("model: manifest of format %d; this koe reads %d, a newer one is needed", m.Format, format)
	}
	if err := m.check(); err != nil {
		return m, fmt.Errorf("model: manifest: %w", err)
	}
	return m, nil
}

func (m *Manifest) check() error {
	if err := checkName(m.Name); err != nil {
		return err
	}
	if m.Kind == "" || m.Engine == "" {
		return errors.New("kind and engine are needed")
	}
	seen := make(map[string]bool)
	for _, f := range m.Files {
		local, err := filepath.Localize(f.Name) //nolint:misspell // the standard library's spelling
		if err != nil || path.Clean(f.Name) != f.Name || f.Name == ManifestName {
			return fmt.Errorf("file name %q leads out of the model's folder or is not one", f.Name)
		}
		if seen[local] {
			return fmt.Errorf("file %q is listed twice", f.Name)
		}
		seen[local] = true
		if sum, err := hex.DecodeString(f.SHA256); err != nil || len(sum) != sha256.Size {
			return fmt.Errorf("file %q: %q is no SHA-256", f.Name, f.SHA256)
		}
		if f.Size < 0 {
			return fmt.Errorf("file %q has the size %d", f.Name, f.Size)
		}
	}
	return nil
}

var namePart = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// checkName allows what is a safe file name everywhere, in two parts at most, as model hubs have them.
func checkName(name string) error {
	parts := strings.Split(name, "/")
	bad := len(parts) > 2 || len(name) > 128 || strings.Contains(name, separator)
	for _, p := range parts {
		bad = bad || !namePart.MatchString(p) || strings.HasSuffix(p, ".")
	}
	if bad {
		return fmt.Errorf("%q is no model name: letters, digits, dots and dashes, with one slash at most (facebook/nllb-200-3.3B)", name)
	}
	return nil
}

// Seal completes the manifest of a folder with the sizes and sums of the files in it and writes it there.
func Seal(ctx context.Context, dir string, m Manifest) (Manifest, error) {
	m.Format = format
	m.Files = nil
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		if err != nil || rel == ManifestName {
			return err
		}
		if !d.Type().IsRegular() {
			return fmt.Errorf("%s is not a regular file", p)
		}
		f, err := os.Open(p)
		if err != nil {
			return err
		}
		sum, n, err := digest(ctx, f)
		if err = errors.Join(err, f.Close()); err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
		m.Files = append(m.Files, File{Name: filepath.ToSlash(rel), Size: n, SHA256: sum})
		return nil
	})
	if err != nil {
		return m, fmt.Errorf("model: %w", err)
	}
	slices.SortFunc(m.Files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	if err := m.check(); err != nil {
		return m, fmt.Errorf("model: manifest: %w", err)
	}
	data, err := json.MarshalIndent(&m, "", "  ")
	if err != nil {
		return m, fmt.Errorf("model: %w", err)
	}
	if err := writeSynced(filepath.Join(dir, ManifestName), append(data, '\n')); err != nil {
		return m, fmt.Errorf("model: %w", err)
	}
	return m, nil
}

func writeSynced(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

// digest returns the SHA-256 of all that r gives, and how much that is.
func digest(ctx context.Context, r io.Reader) (string, int64, error) {
	h := sha256.New()
	n, err := io.Copy(h, &reader{ctx: ctx.Err, r: r})
	return hex.EncodeToString(h.Sum(nil)), n, err
}

// reader ends with the context's error.
type reader struct {
	ctx func() error
	r   io.Reader
}

func (r *reader) Read(p []byte) (int, error) {
	if err := r.ctx(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

// DamagedError reports a file that is not what the manifest says.
type DamagedError struct {
	Model, File, Problem string
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("model %s is damaged: %s %s; remove it with: koe models rm %s, and import it again", e.Model, e.File, e.Problem, e.Model)
}

// VerifyFiles compares the files of a model with its manifest. open gives the content of one by its name.
func VerifyFiles(ctx context.Context, m Manifest, open func(name string) (io.ReadCloser, error)) error {
	for _, f := range m.Files {
		r, err := open(f.Name)
		if errors.Is(err, fs.ErrNotExist) {
			return &DamagedError{m.Name, f.Name, "is missing"}
		}
		if err != nil {
			return fmt.Errorf("model %s: %w", m.Name, err)
		}
		sum, n, err := digest(ctx, r)
		if err = errors.Join(err, r.Close()); err != nil {
			return fmt.Errorf("model %s: %s: %w", m.Name, f.Name, err)
		}
		switch {
		case n != f.Size:
			return &DamagedError{m.Name, f.Name, fmt.Sprintf("has %d bytes instead of %d", n, f.Size)}
		case !strings.EqualFold(sum, f.SHA256):
			return &DamagedError{m.Name, f.Name, "has another content (SHA-256 " + sum[:12] + "… instead of " + f.SHA256[:12] + "…)"}
		}
	}
	return nil
}
