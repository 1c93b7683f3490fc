package hardware

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"github.com/ebitengine/purego"
	"github.com/shirou/gopsutil/v4/cpu"
)

func chip() (string, error) {
	infos, err := cpu.Info()
	if err != nil {
		return "", err
	}
	if len(infos) > 0 && infos[0].ModelName != "" {
		return infos[0].ModelName, nil
	}
	// Boards name themselves in the device tree where the processor does not.
	if model, err := os.ReadFile("/proc/device-tree/model"); err == nil {
		return strings.TrimRight(string(model), "\x00\n"), nil
	}
	return "", errors.New("neither /proc/cpuinfo nor the device tree has one")
}

// performanceCores returns how many physical cores are of the fastest kind, 0 when the kernel tells of no kinds.
func performanceCores() int { return performanceCoresIn("/sys/devices") }

func performanceCoresIn(devices string) int {
	// Intel's hybrids name the processors of each kind; several may be threads of one core.
	if list, err := os.ReadFile(filepath.Join(devices, "cpu_core/cpus")); err == nil {
		cores := map[string]bool{}
		for _, n := range parseList(string(list)) {
			siblings, err := os.ReadFile(filepath.Join(devices, fmt.Sprintf("system/cpu/cpu%d/topology/thread_siblings_list", n)))
			if err != nil {
				siblings = []byte(strconv.Itoa(n))
			}
			cores[strings.TrimSpace(string(siblings))] = true
		}
		return len(cores)
	}
	// ARM gives each core a capacity of at most 1024.
	files, err := filepath.Glob(filepath.Join(devices, "system/cpu/cpu[0-9]*/cpu_capacity"))
	if err != nil {
		return 0
	}
	var capacities []int
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		if n, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil {
			capacities = append(capacities, n)
		}
	}
	if len(capacities) == 0 {
		return 0
	}
	best, count := slices.Max(capacities), 0
	for _, n := range capacities {
		if n == best {
			count++
		}
	}
	return count
}

// parseList reads the kernel's lists of numbers ("0-3,8"). What is no number is left out.
func parseList(list string) []int {
	var numbers []int
	for part := range strings.SplitSeq(strings.TrimSpace(list), ",") {
		first, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = first
		}
		from, err1 := strconv.Atoi(first)
		to, err2 := strconv.Atoi(last)
		if err1 != nil || err2 != nil || from < 0 || to > 1<<16 {
			continue
		}
		for n := from; n <= to; n++ {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

// memoryLimit returns the least limit of the control groups that this process is in.
func memoryLimit() uint64 {
	groups, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return 0
	}
	return memoryLimitIn("/sys/fs/cgroup", string(groups))
}

func memoryLimitIn(root, groups string) uint64 {
	var least uint64
	for line := range strings.Lines(groups) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3) // number:controllers:path
		if len(parts) != 3 {
			continue
		}
		base, file := root, "memory.max"
		switch {
		case parts[1] == "": // version 2
		case slices.Contains(strings.Split(parts[1], ","), "memory"):
			base, file = filepath.Join(root, "memory"), "memory.limit_in_bytes"
		default:
			continue
		}
		// Every group above limits too. In a container the path may be one of the host that is not there; its root is.
		for path := filepath.Clean("/" + parts[2]); ; path = filepath.Dir(path) {
			if text, err := os.ReadFile(filepath.Join(base, path, file)); err == nil {
				n, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
				// Version 1 writes "no limit" as the largest multiple of a page.
				if err == nil && n < 1<<62 && (least == 0 || n < least) {
					least = n
				}
			}
			if path == "/" {
				break
			}
		}
	}
	return least
}

func gpus() []string { return gpusIn("/proc/driver/nvidia/gpus", "/sys/class/drm") }

func gpusIn(nvidia, drm string) []string {
	var names []string
	files, _ := filepath.Glob(filepath.Join(nvidia, "*/information")) // fails for a bad pattern only
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(text)) {
			if model, ok := strings.CutPrefix(line, "Model:"); ok {
				names = append(names, strings.TrimSpace(model))
			}
		}
	}
	vendors := map[string]string{"0x1002": "AMD", "0x8086": "Intel", "0x10de": "NVIDIA", "0x1af4": "virtio", "0x106b": "Apple"}
	files, _ = filepath.Glob(filepath.Join(drm, "card[0-9]*/device/vendor"))
	for _, file := range files {
		vendor, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		device, _ := os.ReadFile(filepath.Join(filepath.Dir(file), "device")) // its absence leaves the number out
		id := strings.TrimSpace(string(vendor))
		name := vendors[id]
		if name == "" || (name == "NVIDIA" && len(names) > 0) || strings.Contains(filepath.Base(filepath.Dir(filepath.Dir(file))), "-") {
			continue // not a graphics processor, known by name already, or a connector of a card
		}
		names = append(names, strings.TrimSpace(fmt.Sprintf("%s graphics %s", name, strings.TrimPrefix(strings.TrimSpace(string(device)), "0x"))))
	}
	return names
}

// libc asks the C library that this process is linked with.
func libc() string {
	version, err := purego.Dlsym(purego.RTLD_DEFAULT, "gnu_get_libc_version")
	if err == nil && version != 0 {
		p, _, _ := purego.SyscallN(version)
		return "glibc " + cText(p)
	}
	if found, _ := filepath.Glob("/lib/ld-musl-*.so.1"); len(found) > 0 {
		return "musl"
	}
	return ""
}

// cText copies a C string that the C library owns.
func cText(p uintptr) string {
	if p == 0 {
		return ""
	}
	start := *(*unsafe.Pointer)(unsafe.Pointer(&p))
	n := 0
	for *(*byte)(unsafe.Add(start, n)) != 0 {
		n++
	}
	return string(unsafe.Slice((*byte)(start), n))
}

// ResidentMemory returns how much memory this process has in RAM.
func ResidentMemory() (Resident, error) {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return Resident{}, err
	}
	return parseStatus(text)
}

func parseStatus(text []byte) (Resident, error) {
	var r Resident
	var shared uint64
	fields := map[string]*uint64{"VmRSS": &r.Total, "RssAnon": &r.Anonymous, "RssFile": &r.File, "RssShmem": &shared, "VmHWM": &r.Peak}
	found := 0
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ":")
		field := fields[name]
		if field == nil {
			continue
		}
		n, err := strconv.ParseUint(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 54)
		if err != nil {
			return Resident{}, fmt.Errorf("/proc/self/status: %s: %w", name, err)
		}
		*field = n << 10
		found++
	}
	if err := lines.Err(); err != nil {
		return Resident{}, fmt.Errorf("/proc/self/status: %w", err)
	}
	if found != len(fields) {
		return Resident{}, fmt.Errorf("/proc/self/status has only %d of %d memory figures (Linux before 4.5?)", found, len(fields))
	}
	r.Anonymous += shared // shared memory segments are not backed by a file on disk
	return r, nil
}
