package process

import (
	"os/exec"
	"syscall"
)

// OwnGroup puts the process in a group of its own, so that a Ctrl-C meant for us does not reach it first; no window opens.
func OwnGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP, HideWindow: true}
}

// killGroup kills the process; the programs have no children.
func killGroup(cmd *exec.Cmd) { _ = cmd.Process.Kill() }
