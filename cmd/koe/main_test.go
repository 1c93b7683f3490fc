package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"koe/internal/audio"
	"koe/internal/audio/wav"
	"koe/internal/ort"
	"koe/internal/testenv"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"koe": main})
}

// library is the folder of ONNX Runtime's library; without it the test is skipped.
func library(t testing.TB) string {
	t.Helper()
	path, err := ort.FindIn(filepath.Join(testenv.Root(t), "bin"))
	if err != nil {
		if path, err = ort.Find(); err != nil {
			testenv.Skip(t, "ONNX Runtime")
		}
	}
	return path
}

// TestScripts runs testdata/*.txtar: the program as a user meets it.
func TestScripts(t *testing.T) {
	root, lib := testenv.Root(t), library(t)
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(e *testscript.Env) error {
			for key, value := range map[string]string{
				"ROOT": root, ort.EnvLibrary: lib, "HOME": e.WorkDir, "XDG_CONFIG_HOME": filepath.Join(e.WorkDir, "config"),
				"XDG_DATA_HOME": filepath.Join(e.WorkDir, "data"), "XDG_RUNTIME_DIR": e.WorkDir, "PULSE_SERVER": "unix:" + filepath.Join(e.WorkDir, "none"),
				"RECORDING": filepath.Join(root, "recordings", "session.jsonl"), "GOTRACEBACK": "all", "TERM": "xterm",
			} {
				e.Setenv(key, value)
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "wavinfo": wavInfo, "noise": noise, "events": events, "interrupt": interrupt, "closes": closes, "repeat": repeat,
		},
		Condition: func(cond string) (bool, error) {
			if name, ok := strings.CutPrefix(cond, "has:"); ok {
				_, err := exec.LookPath(name)
				return err == nil, nil
			}
			return false, fmt.Errorf("unknown condition %q", cond)
		},
	})
}

// exits CODE COMMAND… runs a command that is to end with the code (or one of several: 0,1); stdout and stderr look at its
// output.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND…")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if !slices.Contains(strings.Split(args[0], ","), strconv.Itoa(got)) {
		ts.Fatalf("%s ended with %d, want %s", strings.Join(args[1:], " "), got, args[0])
	}
}

// wavInfo FILE SECONDS checks that a file is a whole WAV file with audible sound of at least that length.
func wavInfo(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: wavinfo FILE SECONDS")
	}
	least, err := strconv.ParseFloat(args[1], 64)
	ts.Check(err)
	format, samples, err := wav.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	took := format.Duration(len(samples)).Seconds()
	if level := audio.RMS(samples); took < least || level < 0.01 {
		ts.Fatalf("%s: %.2f s, level %.4f; want %.2f s at least, and sound", args[0], took, level, least)
	}
}

// noise FILE BYTES writes random bytes, the same every time.
func noise(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: noise FILE BYTES")
	}
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	r := rand.NewChaCha8([32]byte{1})
	b := make([]byte, n)
	_, err = r.Read(b)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b, 0o600))
}

// repeat FILE N TO writes a file's content n times over.
func repeat(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: repeat FILE N TO")
	}
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(strings.Repeat(ts.ReadFile(args[0]), n)), 0o600))
}

// events FILE checks what --json wrote: each sentence queued before it is spoken, in the agent's order, and a summary at
// the end that agrees.
func events(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: events FILE")
	}
	var order struct{ queued, speaking, spoken []int }
	last := map[string]any{}
	lines := bufio.NewScanner(strings.NewReader(ts.ReadFile(args[0])))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		last = map[string]any{}
		if err := json.Unmarshal(lines.Bytes(), &last); err != nil {
			ts.Fatalf("no JSON: %s: %v", lines.Text(), err)
		}
		seq := 0
		if s, ok := last["seq"].(float64); ok {
			seq = int(s)
		}
		switch last["event"] {
		case "queued":
			order.queued = append(order.queued, seq)
		case "speaking":
			if !slices.Contains(order.queued, seq) {
				ts.Fatalf("sentence %d speaks before it was queued", seq)
			}
			order.speaking = append(order.speaking, seq)
		case "spoken":
			order.spoken = append(order.spoken, seq)
		case "failed", "skipped", "sound_lost":
			ts.Fatalf("%s", lines.Text())
		}
	}
	ts.Check(lines.Err())
	n := len(order.queued)
	for _, list := range [][]int{order.queued, order.speaking, order.spoken} {
		if len(list) != n || !slices.IsSorted(list) || n == 0 {
			ts.Fatalf("queued %v, speaking %v, spoken %v", order.queued, order.speaking, order.spoken)
		}
	}
	if last["event"] != "summary" || last["spoken"] != float64(n) || last["sentences"] != float64(n) || last["failed"] != float64(0) {
		ts.Fatalf("%d sentences, but the last line is %v", n, last)
	}
}

// start runs a command of the script with its standard output at hand.
func start(ts *testscript.TestScript, args []string) (*exec.Cmd, *os.File, *strings.Builder) {
	path := args[0]
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if full := filepath.Join(dir, args[0]); exists(full) {
			path = full
			break
		}
	}
	cmd := exec.Command(path, args[1:]...)
	cmd.Dir = ts.MkAbs(".")
	for _, key := range []string{"PATH", "HOME", ort.EnvLibrary, "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "PULSE_SERVER"} {
		cmd.Env = append(cmd.Env, key+"="+ts.Getenv(key))
	}
	r, w, err := os.Pipe()
	ts.Check(err)
	var errs strings.Builder
	cmd.Stdout, cmd.Stderr = w, &errs
	ts.Check(cmd.Start())
	ts.Check(w.Close())
	ts.Defer(func() { _ = cmd.Process.Kill(); _ = r.Close() })
	return cmd, r, &errs
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// ended waits for a process, which must not hang, and returns its exit code.
func ended(ts *testscript.TestScript, cmd *exec.Cmd) int {
	watchdog := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Signal(syscall.SIGQUIT) })
	err := cmd.Wait()
	if !watchdog.Stop() {
		ts.Fatalf("it hung; its goroutines: %v", cmd.Stderr)
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		ts.Check(err)
	}
	return cmd.ProcessState.ExitCode()
}

// interrupt PATTERN COMMAND… interrupts a command once its output has a line that matches. It must end with 130.
func interrupt(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: interrupt PATTERN COMMAND…")
	}
	pattern := regexp.MustCompile(args[0])
	cmd, out, errs := start(ts, args[1:])
	lines := bufio.NewScanner(out)
	found := args[0] == ""
	for !found && lines.Scan() {
		found = pattern.MatchString(lines.Text())
	}
	if !found {
		ts.Fatalf("no line %q: %s", args[0], errs)
	}
	ts.Check(cmd.Process.Signal(os.Interrupt))
	go func() {
		for lines.Scan() { // the rest
		}
	}()
	if code := ended(ts, cmd); code != exitInterrupted {
		ts.Fatalf("ended with %d, want %d: %s", code, exitInterrupted, errs)
	}
}

// closes CODE PATTERN COMMAND… closes a command's output after the first line that matches (at once if it is empty). It must end
// with the code.
func closes(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: closes CODE PATTERN COMMAND…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	cmd, out, errs := start(ts, args[2:])
	if args[1] != "" {
		pattern, lines := regexp.MustCompile(args[1]), bufio.NewScanner(out)
		found := false
		for !found && lines.Scan() {
			found = pattern.MatchString(lines.Text())
		}
		if !found {
			ts.Fatalf("no line %q: %s", args[1], errs)
		}
	}
	ts.Check(out.Close())
	if code := ended(ts, cmd); code != want {
		ts.Fatalf("ended with %d, want %d: %s", code, want, errs)
	}
	ts.Logf("[stderr] %s", errs)
	if strings.Contains(errs.String(), "goroutine") {
		ts.Fatalf("it panicked")
	}
}
