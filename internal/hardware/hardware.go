// Package hardware owns what machine this is: chip, cores, vector units, memory, graphics, C library; and how much
// memory this process has resident. It asks the kernel and starts no processes.
package hardware

import (
	"errors"
	"fmt"
	"runtime"
	"strings"

	"github.com/shirou/gopsutil/v4/cpu"
	"github.com/shirou/gopsutil/v4/mem"
	syscpu "golang.org/x/sys/cpu"
)

// Machine is what Detect found. Fields that could not be found out are empty.
type Machine struct {
	OS   string // GOOS
	Arch string // GOARCH
	Chip string // the processor's marketing name ("Apple M4 Max")
	// Cores tells how many there are.
	Cores Cores
	// Features are the vector and matrix units that inference uses, in ascending order of worth ("avx2", "avx512f",
	// "avx512_vnni", "amx_int8"; "neon", "dotprod", "i8mm").
	Features []string
	Memory   Memory
	// GPUs names the graphics processors that the kernel knows; whether ONNX Runtime can use them is another question.
	GPUs []string
	// NeuralEngine tells that there is one: on every Apple silicon Mac.
	NeuralEngine bool
	// Libc is the C library and its version on Linux ("glibc 2.36", "musl").
	Libc string
}

// Cores counts processor cores.
type Cores struct {
	Physical int
	Logical  int
	// Performance is how many of the physical cores are of the fastest kind; all of them where there is one kind.
	Performance int
	// Usable is how many threads can run at once here: Logical less what affinity and container limits take away.
	Usable int
}

// Memory is the machine's main memory, in bytes.
type Memory struct {
	Total     uint64
	Available uint64 // what could be taken now without swapping
	Limit     uint64 // what the container or control group allows; 0: no limit
}

// Usable returns how much memory there is for us in all: Total, or Limit where that is less.
func (m Memory) Usable() uint64 {
	if m.Limit > 0 && m.Limit < m.Total {
		return m.Limit
	}
	return m.Total
}

// Detect finds out what machine this is. The error joins what could not be found; the rest is valid all the same.
func Detect() (Machine, error) {
	m := Machine{OS: runtime.GOOS, Arch: runtime.GOARCH, Features: features(), GPUs: gpus(), Libc: libc(),
		NeuralEngine: runtime.GOOS == "darwin" && runtime.GOARCH == "arm64"}
	var failed []error
	var err error
	if m.Chip, err = chip(); err != nil {
		failed = append(failed, fmt.Errorf("processor name: %w", err))
	}
	if m.Cores, err = cores(); err != nil {
		failed = append(failed, fmt.Errorf("processor cores: %w", err))
	}
	if m.Memory, err = memory(); err != nil {
		failed = append(failed, fmt.Errorf("memory: %w", err))
	}
	return m, errors.Join(failed...)
}

// String describes the machine in one line.
func (m Machine) String() string {
	s := fmt.Sprintf("%s/%s, %s, %d cores", m.OS, m.Arch, m.Chip, m.Cores.Physical)
	if m.Cores.Performance != m.Cores.Physical {
		s += fmt.Sprintf(" (%d for performance)", m.Cores.Performance)
	}
	s += fmt.Sprintf(", %.1f GB", float64(m.Memory.Usable())/1e9)
	if len(m.Features) > 0 {
		s += ", " + strings.Join(m.Features, " ")
	}
	return s
}

func cores() (Cores, error) {
	c := Cores{Usable: runtime.GOMAXPROCS(0)}
	var err error
	if c.Logical, err = cpu.Counts(true); err != nil {
		return c, err
	}
	if c.Physical, err = cpu.Counts(false); err != nil {
		return c, err
	}
	if c.Physical == 0 || c.Physical > c.Logical { // some virtual machines hide it
		c.Physical = c.Logical
	}
	c.Performance = performanceCores()
	if c.Performance == 0 || c.Performance > c.Physical {
		c.Performance = c.Physical
	}
	return c, nil
}

func memory() (Memory, error) {
	v, err := mem.VirtualMemory()
	if err != nil {
		return Memory{}, err
	}
	return Memory{Total: v.Total, Available: v.Available, Limit: memoryLimit()}, nil
}

// features lists what the processor can do, on both architectures: only one kind can be set.
func features() []string {
	x, a := &syscpu.X86, &syscpu.ARM64
	var names []string
	for _, f := range []struct {
		has  bool
		name string
	}{
		{x.HasAVX, "avx"}, {x.HasAVX2, "avx2"}, {x.HasFMA, "fma"}, {x.HasAVXVNNI, "avx_vnni"}, {x.HasAVX512F, "avx512f"},
		{x.HasAVX512VNNI, "avx512_vnni"}, {x.HasAVX512BF16, "avx512_bf16"}, {x.HasAMXBF16, "amx_bf16"}, {x.HasAMXInt8, "amx_int8"},
		{a.HasASIMD, "neon"}, {a.HasASIMDHP, "fp16"}, {a.HasASIMDDP, "dotprod"}, {a.HasI8MM, "i8mm"},
		{a.HasSVE, "sve"}, {a.HasSVE2, "sve2"},
	} {
		if f.has {
			names = append(names, f.name)
		}
	}
	return names
}
