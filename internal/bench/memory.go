package bench

import (
	"sync"
	"time"

	"koe/internal/hardware"
)

// Memory is the most that this process had resident, in bytes.
type Memory struct {
	Anonymous uint64 `json:"anonymous"`   // heap, stacks, ONNX Runtime's buffers
	File      uint64 `json:"file_backed"` // program, libraries, embedded models: can be dropped and read again
	Total     uint64 `json:"total"`       // of both, by the kernel's own mark where it keeps one
}

// Watch samples the process's memory until stop is called, which returns the peaks.
func Watch(every time.Duration) (stop func() (Memory, error)) {
	var m Memory
	var failed error
	look := func() {
		r, err := hardware.ResidentMemory()
		if err != nil {
			failed = err
			return
		}
		m.Anonymous, m.File = max(m.Anonymous, r.Anonymous), max(m.File, r.File)
		m.Total = max(m.Total, r.Total, r.Peak)
	}
	look()
	end := make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				look()
			case <-end:
				look()
				return
			}
		}
	})
	return sync.OnceValues(func() (Memory, error) {
		close(end)
		done.Wait()
		return m, failed
	})
}
