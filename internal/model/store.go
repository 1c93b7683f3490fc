package model

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/adrg/xdg"
	"github.com/gofrs/flock"
)

// separator stands for the slash of a name in the name of its folder.
const separator = "--"

// The names in the store's folder that are no models.
const (
	tempPrefix = ".importing-"
	goneSuffix = ".removed"
	lockName   = ".lock"
)

// Store is a folder of models, one folder each. Several processes may use it at the same time.
type Store struct {
	root    string
	version string
}

// New returns the store in a folder, which need not exist yet. version is that of the program, for manifests.
func New(root, version string) *Store { return &Store{root: root, version: version} }

// DefaultRoot returns where the user's models lie: koe/models in the XDG data home.
func DefaultRoot() string { return filepath.Join(xdg.DataHome, "koe", "models") }

// Root returns the store's folder.
func (s *Store) Root() string { return s.root }

// Builder makes a model out of a checkpoint. Engines implement it.
type Builder interface {
	// Engine is the name of the engine that runs what Build writes: "m2m".
	Engine() string
	// Accepts returns nil if the folder holds a checkpoint that Build can read, else why not.
	Accepts(dir string) error
	// Build writes the model's files to dst, an empty folder, and returns what it knows for the manifest: kind, languages,
	// recipe, and source, licence and attribution if the checkpoint tells. It returns ctx.Err() soon after ctx's end.
	Build(ctx context.Context, src, dst string, progress func(Progress)) (Manifest, error)
}

// Progress says how far an import is.
type Progress struct {
	Stage       string // "waiting for another import", "reading", "building", "checking"
	Done, Total int64  // in the stage's own unit; Total is 0 if not known
}

// Pick returns the first builder that accepts the checkpoint in a folder.
func Pick(builders []Builder, dir string) (Builder, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("model: %s is not a folder; give the folder that holds the checkpoint", dir)
	}
	why := make([]error, 0, len(builders))
	for _, b := range builders {
		err := b.Accepts(dir)
		if err == nil {
			return b, nil
		}
		why = append(why, fmt.Errorf("%s: %w", b.Engine(), err))
	}
	return nil, fmt.Errorf("model: no engine can import %s: %w", dir, errors.Join(why...))
}

// NotInstalledError reports a model that the store does not have.
type NotInstalledError struct {
	Name, Root string
}

func (e *NotInstalledError) Error() string {
	return fmt.Sprintf("model %s is not installed (in %s); get it with: koe models import DIR --name %s, where DIR holds its checkpoint",
		e.Name, e.Root, e.Name)
}

// ExistsError reports an import under a name that is taken.
type ExistsError struct{ Name string }

func (e *ExistsError) Error() string {
	return fmt.Sprintf("model %s is installed already; remove it first with: koe models rm %s", e.Name, e.Name)
}

// Installed is a model in the store.
type Installed struct {
	Manifest
	Dir string
	Err error // List only: why the model can't be used
}

func (s *Store) dir(name string) string {
	return filepath.Join(s.root, strings.ReplaceAll(name, "/", separator))
}

// Open returns the model of that name, a *NotInstalledError if there is none. It checks that the files are there with
// their sizes, not their content: Verify does.
func (s *Store) Open(name string) (Installed, error) {
	if err := checkName(name); err != nil {
		return Installed{}, fmt.Errorf("model: %w", err)
	}
	in := Installed{Dir: s.dir(name)}
	data, err := os.ReadFile(filepath.Join(in.Dir, ManifestName))
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(in.Dir); err == nil {
			return in, &DamagedError{name, ManifestName, "is missing"}
		}
		return in, &NotInstalledError{name, s.root}
	}
	if err != nil {
		return in, fmt.Errorf("model %s: %w", name, err)
	}
	if in.Manifest, err = ParseManifest(data); err != nil {
		return in, &DamagedError{name, ManifestName, "can't be read (" + strings.TrimPrefix(err.Error(), "model: ") + ")"}
	}
	if in.Name != name {
		return in, &DamagedError{name, ManifestName, fmt.Sprintf("is that of %q", in.Name)}
	}
	for _, f := range in.Files {
		info, err := os.Stat(filepath.Join(in.Dir, filepath.FromSlash(f.Name)))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return in, &DamagedError{name, f.Name, "is missing"}
		case err != nil:
			return in, fmt.Errorf("model %s: %w", name, err)
		case info.Size() != f.Size:
			return in, &DamagedError{name, f.Name, fmt.Sprintf("has %d bytes instead of %d", info.Size(), f.Size)}
		}
	}
	return in, nil
}

// List returns all models, sorted by name; one that can't be used has its Err set.
func (s *Store) List() ([]Installed, error) {
	entries, err := os.ReadDir(s.root)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	var list []Installed
	for _, e := range entries {
		name := strings.ReplaceAll(e.Name(), separator, "/")
		if !e.IsDir() || checkName(name) != nil {
			continue
		}
		in, err := s.Open(name)
		in.Name, in.Err = name, err
		list = append(list, in)
	}
	slices.SortFunc(list, func(a, b Installed) int { return cmp.Compare(a.Name, b.Name) })
	return list, nil
}

// Verify reads all files of a model and compares them with its manifest. What differs is a *DamagedError.
func (s *Store) Verify(ctx context.Context, name string) error {
	in, err := s.Open(name)
	if err != nil {
		return err
	}
	return VerifyFiles(ctx, in.Manifest, func(file string) (io.ReadCloser, error) {
		return os.Open(filepath.Join(in.Dir, filepath.FromSlash(file)))
	})
}

// Remove deletes a model. What has it open goes on with it where the system allows that (not on Windows).
func (s *Store) Remove(ctx context.Context, name string) error {
	if err := checkName(name); err != nil {
		return fmt.Errorf("model: %w", err)
	}
	dir := s.dir(name)
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return &NotInstalledError{name, s.root}
	}
	unlock, err := s.lock(ctx, nil)
	if err != nil {
		return err
	}
	defer unlock()
	gone := filepath.Join(s.root, tempPrefix+filepath.Base(dir)+goneSuffix) // away at once, whatever its deletion takes
	if err := errors.Join(os.RemoveAll(gone), os.Rename(dir, gone), os.RemoveAll(gone)); err != nil {
		return fmt.Errorf("model: remove %s: %w", name, err)
	}
	return nil
}

// Import builds a model out of the checkpoint in dir and installs it under the name. Either all of it is installed or
// nothing: the model is built in a folder beside and renamed. progress may be nil.
func (s *Store) Import(ctx context.Context, dir, name string, b Builder, progress func(Progress)) (_ Installed, err error) {
	if progress == nil {
		progress = func(Progress) {}
	}
	if err := checkName(name); err != nil {
		return Installed{}, fmt.Errorf("model: %w", err)
	}
	if err := os.MkdirAll(s.root, 0o755); err != nil {
		return Installed{}, fmt.Errorf("model: %w", err)
	}
	unlock, err := s.lock(ctx, progress)
	if err != nil {
		return Installed{}, err
	}
	defer unlock()
	s.sweep()
	final := s.dir(name)
	if _, err := os.Stat(final); err == nil {
		return Installed{}, &ExistsError{name}
	}
	temp, err := os.MkdirTemp(s.root, tempPrefix)
	if err != nil {
		return Installed{}, s.importError(name, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(temp))
		}
	}()
	if err := os.Chmod(temp, 0o755); err != nil { // MkdirTemp makes it private
		return Installed{}, s.importError(name, err)
	}
	m, err := b.Build(ctx, dir, temp, progress)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return Installed{}, s.importError(name, err)
	}
	progress(Progress{Stage: "checking"})
	m.Name, m.Engine, m.Koe = name, b.Engine(), s.version
	if m, err = Seal(ctx, temp, m); err != nil {
		return Installed{}, s.importError(name, err)
	}
	if err := os.Rename(temp, final); err != nil {
		return Installed{}, s.importError(name, err)
	}
	return Installed{Manifest: m, Dir: final}, nil
}

func (s *Store) importError(name string, err error) error {
	if diskFull(err) {
		return fmt.Errorf("model: import %s: the disk with %s is full, nothing was installed: %w", name, s.root, err)
	}
	return fmt.Errorf("model: import %s: %w", name, err)
}

// diskFull knows the errors of a full disk: Windows has its own (ERROR_DISK_FULL).
func diskFull(err error) bool {
	var code syscall.Errno
	return errors.Is(err, syscall.ENOSPC) || runtime.GOOS == "windows" && errors.As(err, &code) && code == 112
}

// sweep deletes what an import that was killed left behind; only one at a time can be running. What can't be deleted now
// can be later.
func (s *Store) sweep() {
	entries, err := os.ReadDir(s.root)
	if err != nil {
		return
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), tempPrefix) {
			_ = os.RemoveAll(filepath.Join(s.root, e.Name()))
		}
	}
}

// lock waits until no other process changes the store.
func (s *Store) lock(ctx context.Context, progress func(Progress)) (unlock func(), err error) {
	l := flock.New(filepath.Join(s.root, lockName))
	ok, err := l.TryLock()
	if err == nil && !ok {
		if progress != nil {
			progress(Progress{Stage: "waiting for another import"})
		}
		_, err = l.TryLockContext(ctx, 50*time.Millisecond)
	}
	if err != nil {
		return nil, fmt.Errorf("model: lock %s: %w", s.root, err)
	}
	return func() { _ = l.Unlock() }, nil // the process's end unlocks it, too
}
