package hardware

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tree writes files of a made-up /sys or /proc.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestPerformanceCores(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  int
	}{
		"one kind": {map[string]string{"system/cpu/cpu0/online": "1\n"}, 0},
		"hybrid": {map[string]string{
			"cpu_core/cpus": "0-3\n", "cpu_atom/cpus": "4-7\n",
			"system/cpu/cpu0/topology/thread_siblings_list": "0-1\n", "system/cpu/cpu1/topology/thread_siblings_list": "0-1\n",
			"system/cpu/cpu2/topology/thread_siblings_list": "2-3\n", "system/cpu/cpu3/topology/thread_siblings_list": "2-3\n",
		}, 2},
		"big and little": {map[string]string{
			"system/cpu/cpu0/cpu_capacity": "446\n", "system/cpu/cpu1/cpu_capacity": "446\n",
			"system/cpu/cpu2/cpu_capacity": "1024\n", "system/cpu/cpu3/cpu_capacity": "1024\n", "system/cpu/cpu4/cpu_capacity": "1024\n",
		}, 3},
		"nonsense": {map[string]string{"cpu_core/cpus": "a-b,,-\n"}, 0},
	} {
		if got := performanceCoresIn(tree(t, c.files)); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

func TestMemoryLimit(t *testing.T) {
	for name, c := range map[string]struct {
		files  map[string]string
		groups string
		want   uint64
	}{
		"none":        {map[string]string{"a/memory.max": "max\n"}, "0::/a\n", 0},
		"group":       {map[string]string{"a/b/memory.max": "4096000\n", "a/memory.max": "max\n"}, "0::/a/b\n", 4096000},
		"group above": {map[string]string{"a/b/memory.max": "9000000\n", "a/memory.max": "4096000\n"}, "0::/a/b\n", 4096000},
		"container":   {map[string]string{"memory.max": "123\n"}, "0::/../../elsewhere\n", 123},
		"version 1": {map[string]string{"memory/a/memory.limit_in_bytes": "4096\n", "memory/memory.limit_in_bytes": "9223372036854771712\n"},
			"3:cpu,cpuacct:/a\n2:hugetlb,memory:/a\n", 4096},
		"nonsense": {nil, "what\n", 0},
	} {
		if got := memoryLimitIn(tree(t, c.files), c.groups); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

func TestGPUs(t *testing.T) {
	root := tree(t, map[string]string{
		"nvidia/0000:01:00.0/information": "Model: \t\t NVIDIA GeForce RTX 4090\nIRQ: 1\n",
		"drm/card0/device/vendor":         "0x10de\n", "drm/card0/device/device": "0x2684\n",
		"drm/card1/device/vendor": "0x8086\n", "drm/card1/device/device": "0xa7a0\n",
		"drm/card1-HDMI-A-1/device/vendor": "0x8086\n",
		"drm/card2/device/vendor":          "0x1234\n",
	})
	got := gpusIn(filepath.Join(root, "nvidia"), filepath.Join(root, "drm"))
	if d := cmp.Diff([]string{"NVIDIA GeForce RTX 4090", "Intel graphics a7a0"}, got); d != "" {
		t.Error(d)
	}
	if got := gpusIn(filepath.Join(root, "none"), filepath.Join(root, "none")); got != nil {
		t.Errorf("%q out of nothing", got)
	}
}

func TestParseStatus(t *testing.T) {
	const status = "Name:\tkoe\nVmHWM:\t  500 kB\nVmRSS:\t     310 kB\nRssAnon:\t     200 kB\nRssFile:\t     100 kB\nRssShmem:\t      10 kB\n"
	got, err := parseStatus([]byte(status))
	if d := cmp.Diff(Resident{Total: 310 << 10, Anonymous: 210 << 10, File: 100 << 10, Peak: 500 << 10}, got); d != "" || err != nil {
		t.Error(d, err)
	}
	for _, bad := range []string{"", "VmRSS:\t1 kB\n", strings.Replace(status, "310", "many", 1)} {
		if got, err := parseStatus([]byte(bad)); err == nil {
			t.Errorf("%q gave %+v", bad, got)
		}
	}
}

func TestLibc(t *testing.T) {
	if got := libc(); !strings.HasPrefix(got, "glibc 2.") && got != "musl" {
		t.Errorf("C library %q", got)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("VmRSS:\t310 kB\nRssAnon: 1 kB\n"))
	f.Add([]byte("0-3,8"))
	f.Add([]byte("0::/a/b\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		_, _ = parseStatus(text)
		parseList(string(text))
		memoryLimitIn(t.TempDir(), string(text))
	})
}
