package oto

import "golang.org/x/sys/windows"

// present reports whether there is an output device. Without one oto plays into nothing and doesn't say so.
func present() bool {
	proc := windows.NewLazySystemDLL("winmm.dll").NewProc("waveOutGetNumDevs")
	if proc.Find() != nil {
		return true
	}
	n, _, _ := proc.Call()
	return n > 0
}
