//go:build unix

package process

import (
	"os/exec"
	"syscall"
)

// OwnGroup puts the process in a group of its own, so that a Ctrl-C meant for us does not reach it first.
func OwnGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// killGroup kills the process's group.
func killGroup(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
