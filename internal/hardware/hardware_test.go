package hardware

import (
	"runtime"
	"slices"
	"testing"
)

func TestDetect(t *testing.T) {
	m, err := Detect()
	if err != nil {
		t.Error(err)
	}
	t.Logf("%s; %+v %+v %q %q", m, m.Cores, m.Memory, m.GPUs, m.Libc)
	if m.OS != runtime.GOOS || m.Arch != runtime.GOARCH || m.Chip == "" {
		t.Errorf("machine %+v", m)
	}
	c := m.Cores
	if c.Performance < 1 || c.Performance > c.Physical || c.Physical > c.Logical || c.Usable < 1 {
		t.Errorf("cores %+v", c)
	}
	if m.Memory.Total < 256<<20 || m.Memory.Available == 0 || m.Memory.Available > m.Memory.Total || m.Memory.Usable() == 0 {
		t.Errorf("memory %+v", m.Memory)
	}
	basic := map[string]string{"arm64": "neon"}[m.Arch]
	if basic != "" && !slices.Contains(m.Features, basic) {
		t.Errorf("features %q lack %q", m.Features, basic)
	}
}

func TestResidentMemory(t *testing.T) {
	before, err := ResidentMemory()
	if err != nil {
		t.Fatal(err)
	}
	if before.Total == 0 || before.Anonymous == 0 {
		t.Errorf("%+v", before)
	}
	// 64 MB that are written to are anonymous, and resident.
	block := make([]byte, 64<<20)
	for i := 0; i < len(block); i += 4096 {
		block[i] = 1
	}
	after, err := ResidentMemory()
	if err != nil {
		t.Fatal(err)
	}
	runtime.KeepAlive(block)
	if grown := after.Anonymous - before.Anonymous; after.Anonymous < before.Anonymous+60<<20 {
		t.Errorf("anonymous memory grew by %d bytes for 64 MB: %+v, %+v", grown, before, after)
	}
	if after.Peak != 0 && after.Peak < after.Anonymous {
		t.Errorf("peak below the present: %+v", after)
	}
}

func TestUsableMemory(t *testing.T) {
	for _, c := range []struct {
		m    Memory
		want uint64
	}{
		{Memory{Total: 8}, 8},
		{Memory{Total: 8, Limit: 4}, 4},
		{Memory{Total: 8, Limit: 16}, 8},
	} {
		if got := c.m.Usable(); got != c.want {
			t.Errorf("%+v: %d, want %d", c.m, got, c.want)
		}
	}
}
