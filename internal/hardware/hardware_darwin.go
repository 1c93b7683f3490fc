package hardware

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"github.com/ebitengine/purego"
	"golang.org/x/sys/unix"
)

func chip() (string, error) { return unix.Sysctl("machdep.cpu.brand_string") }

// performanceCores returns the number of performance cores: level 0 is the fastest kind.
func performanceCores() int {
	n, err := unix.SysctlUint32("hw.perflevel0.physicalcpu")
	if err != nil {
		return 0 // Intel: one kind
	}
	return int(n)
}

func memoryLimit() uint64 { return 0 }

// gpus names the graphics of Apple silicon, which are part of the chip; others would need a process to ask.
func gpus() []string {
	name, err := chip()
	if enabled, e := unix.SysctlUint32("hw.optional.arm64"); err != nil || e != nil || enabled != 1 {
		return nil
	}
	return []string{name + " GPU"}
}

func libc() string { return "" }

// Offsets in struct rusage_info_v0 of <sys/resource.h>: a UUID of 16 bytes, then 64-bit numbers.
const (
	rusageResident  = 16 + 6*8
	rusageFootprint = 16 + 7*8
)

// ResidentMemory returns how much memory this process has in RAM. Anonymous is the footprint that Activity Monitor
// shows, which counts compressed pages too; File is what remains.
func ResidentMemory() (Resident, error) {
	lib, err := purego.Dlopen("/usr/lib/libSystem.B.dylib", purego.RTLD_NOW|purego.RTLD_GLOBAL)
	if err != nil {
		return Resident{}, err
	}
	rusage, err := purego.Dlsym(lib, "proc_pid_rusage")
	if err != nil {
		return Resident{}, err
	}
	var info [32]uint64 // larger than the struct
	const rusageInfoV0 = 0
	status, _, errno := purego.SyscallN(rusage, uintptr(os.Getpid()), rusageInfoV0, uintptr(unsafe.Pointer(&info[0])))
	if int32(status) != 0 {
		return Resident{}, fmt.Errorf("proc_pid_rusage: %w", unix.Errno(errno))
	}
	r := Resident{Total: info[rusageResident/8], Anonymous: info[rusageFootprint/8]}
	if r.Total == 0 {
		return Resident{}, errors.New("proc_pid_rusage gave nothing")
	}
	if r.Total > r.Anonymous {
		r.File = r.Total - r.Anonymous
	}
	return r, nil
}
