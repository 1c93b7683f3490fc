// Package setup owns how what Koe needs besides Go gets here. Its tests run the scripts with stand-ins for uname,
// getconf and npm, so that they see other machines and need no network.
package setup

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// machine is a copy of the set-up with stand-ins for the commands that it asks.
type machine struct {
	root, commands string
}

// npm stands in for npm: it takes the arguments that the script gives and writes what the package holds.
const npm = `#!/bin/sh
if [ "$1" = --version ]; then echo 10.8.2; exit 0; fi
echo "$@" >>"$CALLS"
[ "$1" = ci ] && [ "$2" = --prefix ] || exit 9
cd "$3" || exit 9
grep -q 'sha512-' package-lock.json || exit 9
grep -q 'ignore-scripts=true' .npmrc || exit 9
for p in linux/x64/libonnxruntime.so.1 linux/arm64/libonnxruntime.so.1; do
	mkdir -p "node_modules/onnxruntime-node/bin/napi-v6/$(dirname "$p")"
	echo "$p" >"node_modules/onnxruntime-node/bin/napi-v6/$p"
done
d=node_modules/onnxruntime-node/bin/napi-v6/darwin/arm64
mkdir -p "$d"
echo darwin >"$d/libonnxruntime.1.30.0.dylib"
ln -s libonnxruntime.1.30.0.dylib "$d/libonnxruntime.1.dylib"
`

func newMachine(t *testing.T, system, arch, glibc string) machine {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the scripts are for sh")
	}
	m := machine{root: filepath.Join(t.TempDir(), "a checkout"), commands: t.TempDir()}
	for _, name := range []string{"onnxruntime.sh", "onnxruntime/package.json", "onnxruntime/package-lock.json", "onnxruntime/.npmrc"} {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(m.root, "setup", name), string(content))
	}
	m.command(t, "uname", `[ "$1" = -s ] && echo `+system+" || echo "+arch)
	if glibc == "" {
		m.command(t, "getconf", "exit 1")
	} else {
		m.command(t, "getconf", "echo glibc "+glibc)
	}
	m.command(t, "npm", npm)
	for _, tool := range []string{"sh", "sed", "cat", "dirname", "mktemp", "mkdir", "rm", "cp", "mv", "chmod", "grep", "ln", "id"} {
		path, err := exec.LookPath(tool)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path, filepath.Join(m.commands, tool)); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o700); err != nil { //nolint:gosec // stand-ins for commands are executable
		t.Fatal(err)
	}
}

func (m machine) command(t *testing.T, name, script string) {
	t.Helper()
	write(t, filepath.Join(m.commands, name), "#!/bin/sh\n"+script+"\n")
}

// run runs the script and returns what it said, whether it succeeded, and how often npm fetched.
func (m machine) run(t *testing.T, env ...string) (said string, ok bool, fetched int) {
	t.Helper()
	calls := filepath.Join(t.TempDir(), "calls")
	cmd := exec.Command("sh", filepath.Join(m.root, "setup", "onnxruntime.sh"))
	cmd.Env = append([]string{"PATH=" + m.commands, "CALLS=" + calls}, env...)
	out, err := cmd.CombinedOutput()
	log, _ := os.ReadFile(calls) // missing when npm was not called
	return string(out), err == nil, bytes.Count(log, []byte("\n"))
}

// bin lists what is in bin/.
func (m machine) bin(t *testing.T) string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(m.root, "bin"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

func TestLibraryOfEachMachine(t *testing.T) {
	for _, c := range []struct{ system, arch, library, content string }{
		{"Linux", "x86_64", "libonnxruntime.so.1", "linux/x64/libonnxruntime.so.1\n"},
		{"Linux", "aarch64", "libonnxruntime.so.1", "linux/arm64/libonnxruntime.so.1\n"},
		{"Darwin", "arm64", "libonnxruntime.1.dylib", "darwin\n"},
	} {
		t.Run(c.system+" "+c.arch, func(t *testing.T) {
			m := newMachine(t, c.system, c.arch, "2.28")
			said, ok, fetched := m.run(t)
			if !ok || fetched != 1 || !strings.Contains(said, "114 MB") {
				t.Fatalf("fetched %d times, said: %s", fetched, said)
			}
			if got, want := m.bin(t), c.library+" onnxruntime.version"; got != want {
				t.Errorf("bin/ has %q, want %q", got, want)
			}
			library := filepath.Join(m.root, "bin", c.library)
			if info, err := os.Lstat(library); err != nil || !info.Mode().IsRegular() {
				t.Errorf("%v, %v: want a file, not a link", info, err)
			}
			if got, err := os.ReadFile(library); err != nil || string(got) != c.content {
				t.Errorf("library %q, %v, want %q", got, err, c.content)
			}
			// Again: nothing to do, nothing to say.
			if said, ok, fetched := m.run(t); !ok || fetched != 0 || said != "" {
				t.Errorf("second time: fetched %d times, said %q", fetched, said)
			}
			// A library of another version is replaced, a lost one fetched again.
			write(t, filepath.Join(m.root, "bin", "onnxruntime.version"), "onnxruntime-node 1.29.0 linux/x64\n")
			if said, ok, fetched := m.run(t); !ok || fetched != 1 {
				t.Errorf("after an upgrade: fetched %d times, said %q", fetched, said)
			}
			if err := os.Remove(library); err != nil {
				t.Fatal(err)
			}
			if said, ok, fetched := m.run(t); !ok || fetched != 1 {
				t.Errorf("after a loss: fetched %d times, said %q", fetched, said)
			}
		})
	}
}

func TestMachinesWithoutLibrary(t *testing.T) {
	for _, c := range []struct{ system, arch, glibc, want string }{
		{"Darwin", "x86_64", "", "Intel Mac"},
		{"Linux", "x86_64", "", "musl"},
		{"Linux", "x86_64", "2.27", "glibc 2.27 is too old"},
		{"Linux", "riscv64", "2.39", "Linux on riscv64"},
		{"FreeBSD", "amd64", "", "FreeBSD on amd64"},
	} {
		t.Run(c.system+" "+c.arch+" "+c.glibc, func(t *testing.T) {
			said, ok, fetched := newMachine(t, c.system, c.arch, c.glibc).run(t)
			if ok || fetched != 0 || !strings.Contains(said, c.want) || !strings.Contains(said, "KOE_ONNXRUNTIME") {
				t.Errorf("ok %v, fetched %d times, said %q, want %q and a way out", ok, fetched, said, c.want)
			}
		})
	}
}

func TestNpmFailures(t *testing.T) {
	const fails = `if [ "$1" = --version ]; then echo 10.8.2; exit 0; fi; echo "npm error code `
	for name, c := range map[string]struct {
		npm  string
		want []string
	}{
		"offline":   {fails + `ENOTFOUND"; exit 1`, []string{"ENOTFOUND", "could not get ONNX Runtime", "Without a network", "HTTPS_PROXY"}},
		"integrity": {fails + `EINTEGRITY"; exit 1`, []string{"is not the ONNX Runtime that this version of Koe was made with"}},
		"disk":      {fails + `ENOSPC"; exit 1`, []string{"no space left"}},
		"old":       {"echo 6.14.4", []string{"npm 6.14.4 is too old"}},
		"broken":    {"exit 1", []string{"npm that does not run"}},
		"empty":     {`if [ "$1" = --version ]; then echo 10.8.2; fi`, []string{"has no linux/x64/libonnxruntime.so.1"}},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t, "Linux", "x86_64", "2.36")
			m.command(t, "npm", c.npm)
			write(t, filepath.Join(m.root, "bin", "libonnxruntime.so.1"), "what was there")
			said, ok, _ := m.run(t)
			for _, want := range c.want {
				if ok || !strings.Contains(said, want) {
					t.Errorf("ok %v, said %q, want %q", ok, said, want)
				}
			}
			if got := m.bin(t); got != "libonnxruntime.so.1" {
				t.Errorf("bin/ has %q: want it as it was", got)
			}
		})
	}
}

func TestNpmMissing(t *testing.T) {
	for system, want := range map[string]string{"Linux": "apt-get install npm", "Darwin": "brew install node"} {
		m := newMachine(t, system, "arm64", "2.36")
		if err := os.Remove(filepath.Join(m.commands, "npm")); err != nil {
			t.Fatal(err)
		}
		m.command(t, "apt-get", "exit 1")
		if said, ok, _ := m.run(t); ok || !strings.Contains(said, "npm is missing") || !strings.Contains(said, want) {
			t.Errorf("%s: ok %v, said %q, want %q", system, ok, said, want)
		}
	}
}

func TestOwnLibrary(t *testing.T) {
	m := newMachine(t, "Linux", "riscv64", "")
	own := filepath.Join(t.TempDir(), "libonnxruntime.so")
	if said, ok, _ := m.run(t, "KOE_ONNXRUNTIME="+own); ok || !strings.Contains(said, own+", which does not exist") {
		t.Errorf("ok %v, said %q", ok, said)
	}
	write(t, own, "")
	if said, ok, fetched := m.run(t, "KOE_ONNXRUNTIME="+own); !ok || fetched != 0 || !strings.Contains(said, "using "+own) {
		t.Errorf("ok %v, fetched %d times, said %q", ok, fetched, said)
	}
}

// The lock file pins everything by hash, and names no registry, so that mirrors serve.
func TestLockFile(t *testing.T) {
	lock, err := os.ReadFile("onnxruntime/package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(lock, []byte("://")) || bytes.Contains(lock, []byte(`"resolved"`)) {
		t.Error("the lock file names addresses")
	}
	packages := regexp.MustCompile(`"node_modules/`).FindAll(lock, -1)
	hashes := regexp.MustCompile(`"integrity": "sha512-`).FindAll(lock, -1)
	if len(packages) == 0 || len(packages) != len(hashes) {
		t.Errorf("%d packages, %d hashes", len(packages), len(hashes))
	}
}
