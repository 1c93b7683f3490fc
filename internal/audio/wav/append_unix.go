//go:build unix

package wav

import (
	"os"

	"golang.org/x/sys/unix"
)

// appending reports whether the file was opened to append (>>): WriteAt would then append too.
func appending(f *os.File) bool {
	flags, err := unix.FcntlInt(f.Fd(), unix.F_GETFL, 0)
	return err != nil || flags&unix.O_APPEND != 0
}
