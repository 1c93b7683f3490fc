//go:build !unix

package wav

import "os"

// appending reports whether the file was opened to append (>>), which can't be known here.
func appending(*os.File) bool { return false }
