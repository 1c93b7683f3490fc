package model

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gofrs/flock"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// builder copies a file named checkpoint.
type builder struct {
	err   error
	delay time.Duration
}

func (b *builder) Engine() string { return "copy" }

func (b *builder) Accepts(dir string) error {
	_, err := os.Stat(filepath.Join(dir, "checkpoint"))
	return err
}

func (b *builder) Build(ctx context.Context, src, dst string, progress func(Progress)) (Manifest, error) {
	progress(Progress{Stage: "building", Done: 1, Total: 2})
	data, err := os.ReadFile(filepath.Join(src, "checkpoint"))
	if err != nil {
		return Manifest{}, err
	}
	if err := os.Mkdir(filepath.Join(dst, "sub"), 0o755); err != nil {
		return Manifest{}, err
	}
	for _, name := range []string{"weights.bin", "sub/config.json"} {
		if err := os.WriteFile(filepath.Join(dst, name), data, 0o644); err != nil {
			return Manifest{}, err
		}
	}
	select {
	case <-ctx.Done():
		return Manifest{}, ctx.Err()
	case <-time.After(b.delay):
	}
	return Manifest{Kind: "translate", Languages: []string{"eng_Latn"}, Licence: "Apache-2.0", Recipe: "copy"}, b.err
}

func checkpoint(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "checkpoint"), []byte("weights"), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestStore(t *testing.T) {
	ctx := context.Background()
	s := New(filepath.Join(t.TempDir(), "koe", "models"), "1.2.3")
	if list, err := s.List(); err != nil || len(list) != 0 {
		t.Errorf("an empty store: %v, %v", list, err)
	}
	_, err := s.Open("facebook/nllb-200-3.3B")
	var missing *NotInstalledError
	if !errors.As(err, &missing) || !strings.Contains(err.Error(), "koe models import DIR --name facebook/nllb-200-3.3B") {
		t.Errorf("not installed: %v", err)
	}
	if err := s.Remove(ctx, "enja"); !errors.As(err, &missing) {
		t.Errorf("remove what is not there: %v", err)
	}
	src := checkpoint(t)
	var stages []string
	in, err := s.Import(ctx, src, "facebook/nllb", &builder{}, func(p Progress) { stages = append(stages, p.Stage) })
	if err != nil {
		t.Fatal(err)
	}
	if strings.Join(stages, " ") != "building checking" {
		t.Errorf("stages %q", stages)
	}
	if in.Name != "facebook/nllb" || in.Koe != "1.2.3" || in.Engine != "copy" || in.Format != 1 || len(in.Files) != 2 || in.Size() != 14 {
		t.Errorf("%+v", in)
	}
	var exists *ExistsError
	if _, err := s.Import(ctx, src, "facebook/nllb", &builder{}, nil); !errors.As(err, &exists) {
		t.Errorf("imported twice: %v", err)
	}
	got, err := s.Open("facebook/nllb")
	if err != nil || got.Dir != in.Dir || fmt.Sprint(got.Manifest) != fmt.Sprint(in.Manifest) {
		t.Errorf("Open: %+v, %v", got, err)
	}
	if err := s.Verify(ctx, "facebook/nllb"); err != nil {
		t.Errorf("Verify: %v", err)
	}
	weights := filepath.Join(in.Dir, "weights.bin")
	damage(t, s, weights, "other!!", "another content", false)
	damage(t, s, weights, "short", "has 5 bytes instead of 7", true)
	if err := os.Remove(weights); err != nil {
		t.Fatal(err)
	}
	if list, err := s.List(); err != nil || len(list) != 1 || list[0].Err == nil || !strings.Contains(list[0].Err.Error(), "is missing") {
		t.Errorf("List: %+v, %v", list, err)
	}
	if err := s.Remove(ctx, "facebook/nllb"); err != nil {
		t.Error(err)
	}
	if left := leftovers(t, s); len(left) != 0 {
		t.Errorf("left behind: %q", left)
	}
}

func damage(t *testing.T, s *Store, path, content, want string, open bool) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	var d *DamagedError
	err := s.Verify(context.Background(), "facebook/nllb")
	if !errors.As(err, &d) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "koe models rm facebook/nllb") {
		t.Errorf("Verify: %v, want %q", err, want)
	}
	if _, err := s.Open("facebook/nllb"); (err != nil) != open {
		t.Errorf("Open: %v", err)
	}
}

func leftovers(t *testing.T, s *Store) []string {
	t.Helper()
	entries, err := os.ReadDir(s.Root())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if e.Name() != lockName {
			names = append(names, e.Name())
		}
	}
	return names
}

// TestImportFails: nothing is left of an import that fails, whatever the reason.
func TestImportFails(t *testing.T) {
	s := New(t.TempDir(), "1")
	src := checkpoint(t)
	full := &os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	short, cancelShort := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancelShort()
	for _, c := range []struct {
		name string
		ctx  context.Context
		b    *builder
		is   error
		want string
	}{
		{"enja", context.Background(), &builder{err: errors.New("bad weights")}, nil, "import enja: bad weights"},
		{"enja", context.Background(), &builder{err: full}, syscall.ENOSPC, "is full, nothing was installed"},
		{"enja", cancelled, &builder{}, context.Canceled, ""},
		{"enja", short, &builder{delay: time.Hour}, context.DeadlineExceeded, ""},
		{"../enja", context.Background(), &builder{}, nil, "is no model name"},
		{"a/b/c", context.Background(), &builder{}, nil, "is no model name"},
		{"a--b", context.Background(), &builder{}, nil, "is no model name"},
		{".hidden", context.Background(), &builder{}, nil, "is no model name"},
		{"", context.Background(), &builder{}, nil, "is no model name"},
	} {
		_, err := s.Import(c.ctx, src, c.name, c.b, nil)
		if err == nil || c.is != nil && !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %v %q", c.name, err, c.is, c.want)
		}
		if left := leftovers(t, s); len(left) != 0 {
			t.Fatalf("%q: left behind: %q", c.name, left)
		}
	}
	// What a killed import left is swept away by the next one.
	if err := os.MkdirAll(filepath.Join(s.Root(), tempPrefix+"123", "x"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Import(context.Background(), src, "enja", &builder{}, nil); err != nil {
		t.Error(err)
	}
	if left := leftovers(t, s); len(left) != 1 || left[0] != "enja" {
		t.Errorf("left behind: %q", left)
	}
}

func TestLock(t *testing.T) {
	s := New(t.TempDir(), "1")
	l := flock.New(filepath.Join(s.Root(), lockName))
	if err := l.Lock(); err != nil {
		t.Fatal(err)
	}
	waiting := make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-waiting
		cancel()
	}()
	_, err := s.Import(ctx, checkpoint(t), "enja", &builder{}, func(p Progress) {
		if strings.HasPrefix(p.Stage, "waiting") {
			close(waiting)
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("an import beside another: %v", err)
	}
	if err := l.Unlock(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Import(context.Background(), checkpoint(t), "enja", &builder{}, nil); err != nil {
		t.Error(err)
	}
}

func TestPick(t *testing.T) {
	b := &builder{}
	if got, err := Pick([]Builder{b}, checkpoint(t)); err != nil || got != Builder(b) {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := Pick([]Builder{b}, t.TempDir()); err == nil || !strings.Contains(err.Error(), "copy: ") {
		t.Errorf("an empty folder: %v", err)
	}
	if _, err := Pick(nil, filepath.Join(checkpoint(t), "checkpoint")); err == nil || !strings.Contains(err.Error(), "not a folder") {
		t.Errorf("a file: %v", err)
	}
	if _, err := Pick(nil, "/no/such/folder"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("nothing: %v", err)
	}
}

func TestParseManifest(t *testing.T) {
	const sum = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	file := func(name string) string {
		return `{"format":1,"name":"a","kind":"voice","engine":"koe","files":[{"name":"` + name + `","size":0,"sha256":"` + sum + `"}]}`
	}
	if _, err := ParseManifest([]byte(file("x/y.bin"))); err != nil {
		t.Error(err)
	}
	for text, want := range map[string]string{
		`{`: "manifest",
		`{"format":9,"name":"a","kind":"voice","engine":"koe"}`:     "a newer one is needed",
		`{"format":1,"name":"a/b/c","kind":"voice","engine":"koe"}`: "is no model name",
		`{"format":1,"name":"a"}`:                                   "kind and engine",
		file("../x"):                                                "leads out",
		file("/etc/passwd"):                                         "leads out",
		file("a/../../x"):                                           "leads out",
		file("manifest.json"):                                       "leads out",
		file(""):                                                    "leads out",
		strings.ReplaceAll(file("x"), sum, "abc"):                   "is no SHA-256",
	} {
		if _, err := ParseManifest([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func FuzzParseManifest(f *testing.F) {
	f.Add([]byte(`{"format":1,"name":"a/b","kind":"voice","engine":"koe","files":[{"name":"x","size":0,"sha256":"00"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := ParseManifest(data)
		if err != nil {
			return
		}
		for _, file := range m.Files {
			if !filepath.IsLocal(filepath.FromSlash(file.Name)) {
				t.Fatalf("%q", file.Name)
			}
		}
	})
}
