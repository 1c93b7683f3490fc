package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is Koe's version; CHANGELOG.md names it.
const version = "0.1.0"

type versionCmd struct{}

// Run prints the version, the revision it was built from where that is known, and the platform.
func (versionCmd) Run(s streams) error {
	_, err := fmt.Fprintf(s.out, "koe %s%s %s/%s %s\n", version, revision(), runtime.GOOS, runtime.GOARCH, runtime.Version())
	return err
}

func revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return " (" + s.Value[:12] + ")"
		}
	}
	return ""
}
