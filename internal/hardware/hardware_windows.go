package hardware

import (
	"fmt"
	"strings"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

func chip() (string, error) {
	return registryText(`HARDWARE\DESCRIPTION\System\CentralProcessor\0`, "ProcessorNameString")
}

func registryText(path, name string) (string, error) {
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, path, registry.QUERY_VALUE)
	if err != nil {
		return "", err
	}
	defer func() { _ = key.Close() }()
	text, _, err := key.GetStringValue(name)
	return strings.TrimSpace(text), err
}

func performanceCores() int { return 0 }

func memoryLimit() uint64 { return 0 }

// gpus reads the display adapters' names from the registry, where their drivers write them.
func gpus() []string {
	const class = `SYSTEM\CurrentControlSet\Control\Class\{4d36e968-e325-11ce-bfc1-08002be10318}`
	var names []string
	for i := range 16 {
		if name, err := registryText(fmt.Sprintf(`%s\%04d`, class, i), "DriverDesc"); err == nil {
			names = append(names, name)
		}
	}
	return names
}

func libc() string { return "" }

// memoryCounters is PROCESS_MEMORY_COUNTERS_EX of psapi.h.
type memoryCounters struct {
	size, pageFaults                                     uint32
	peakWorkingSet, workingSet                           uintptr
	quotaPeakPaged, quotaPaged, quotaPeakPool, quotaPool uintptr
	pagefile, peakPagefile, private                      uintptr
}

// ResidentMemory returns how much memory this process has in RAM. Anonymous is its private memory, or all that is
// resident where some of that is not; File is what remains.
func ResidentMemory() (Resident, error) {
	var c memoryCounters
	c.size = uint32(unsafe.Sizeof(c))
	get := windows.NewLazySystemDLL("kernel32.dll").NewProc("K32GetProcessMemoryInfo")
	if err := get.Find(); err != nil {
		return Resident{}, err
	}
	if ok, _, err := get.Call(uintptr(windows.CurrentProcess()), uintptr(unsafe.Pointer(&c)), uintptr(c.size)); ok == 0 {
		return Resident{}, fmt.Errorf("GetProcessMemoryInfo: %w", err)
	}
	r := Resident{Total: uint64(c.workingSet), Peak: uint64(c.peakWorkingSet), Anonymous: uint64(min(c.private, c.workingSet))}
	r.File = r.Total - r.Anonymous
	return r, nil
}
