package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"koe/internal/audio"
	"koe/internal/audio/device"
	"koe/internal/config"
	"koe/internal/hardware"
	"koe/internal/ort"
	"koe/internal/voice"
	"koe/internal/voice/espeak"
	"koe/internal/voice/say"
)

// patience is how long doctor waits for other programs.
const patience = 5 * time.Second

func (*doctor) program(context.Context) []part {
	return []part{{Name: "koe", State: stateOK, Found: fmt.Sprintf("%s%s %s/%s %s", version, revision(), runtime.GOOS, runtime.GOARCH, runtime.Version()),
		Data: map[string]any{"version": version, "os": runtime.GOOS, "arch": runtime.GOARCH}}}
}

func (*doctor) machine(context.Context) []part {
	m, err := hardware.Detect()
	p := part{Name: "machine", State: stateOK, Found: m.String(), Data: map[string]any{"machine": m}}
	p = p.detail("cores: %d physical, %d logical, %d usable here", m.Cores.Physical, m.Cores.Logical, m.Cores.Usable)
	p = p.detail("vector units: %s", orNone(strings.Join(m.Features, " ")))
	limit := ""
	if m.Memory.Limit > 0 {
		limit = fmt.Sprintf(", limited to %.1f GB here", float64(m.Memory.Limit)/1e9)
	}
	p = p.detail("memory: %.1f GB, %.1f GB available%s", float64(m.Memory.Total)/1e9, float64(m.Memory.Available)/1e9, limit)
	if m.Libc != "" {
		p = p.detail("C library: %s", m.Libc)
	}
	p = p.detail("graphics: %s", orNone(strings.Join(m.GPUs, ", ")))
	if err != nil {
		p.State = stateNote
		p = p.detail("not found out: %v", err)
	}
	if strings.HasPrefix(m.Libc, "musl") {
		p.State, p.Remedy = stateNote, "ONNX Runtime's library needs glibc 2.28 or later; use a distribution that has it"
	}
	return []part{p}
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func (d *doctor) configuration(context.Context) []part {
	if d.cfgErr != nil {
		p := failed("configuration", d.cfgErr)
		p.exit = exitUsage
		return []part{p}
	}
	file := d.cfg.File()
	if file == "" {
		file = "no file (" + config.UserFile() + " would be read)"
	}
	p := part{Name: "configuration", State: stateOK, Found: file, Data: map[string]any{"file": d.cfg.File(), "preset": d.cfg.Preset}}
	p = p.detail("preset %s; %s → %s, translation model %s, voice engine %s", d.cfg.Preset,
		d.cfg.Translation.Source, d.cfg.Translation.Target, d.cfg.Translation.Model, d.cfg.TTS.Model)
	notices, err := resolveModels(d.cfg)
	if err != nil {
		p.State, p.exit = stateMissing, exitMissing
		p = p.detail("%v", err)
	}
	for _, n := range append(notices, d.cfg.Notices()...) {
		if p.State == stateOK {
			p.State = stateNote
		}
		p = p.detail("%s", n)
	}
	return []part{p}
}

func (*doctor) runtime(context.Context) []part {
	rt, err := openRuntime()
	if err != nil {
		p := failed("ONNX Runtime", err)
		p.exit = exitMissing // there or not: nothing speaks without one that works
		p.Remedy = "run ./demo, which gets the library, or set " + ort.EnvLibrary + " to a library of version 1.30 or later"
		return []part{p}
	}
	machine, _ := hardware.Detect() // the machine's own line says what is wrong
	p := part{Name: "ONNX Runtime", State: stateOK, Found: rt.Version() + " at " + rt.Path(),
		Data: map[string]any{"version": rt.Version(), "path": rt.Path(), "providers": rt.Providers()}}
	parts := []part{p}
	for _, name := range rt.Providers() {
		one := part{Name: "  " + name, State: stateUnused, Found: "execution provider: " + unusedBecause(name, machine)}
		if isCPU(name) {
			one.State, one.Found = stateOK, "execution provider: all models run here"
		}
		parts = append(parts, one)
	}
	return parts
}

func isCPU(provider string) bool { return strings.HasPrefix(strings.ToUpper(provider), "CPU") }

// unusedBecause says why an execution provider that the library was built with is unused. That a library lists one does
// not say that there is a device for it; to ask WebGPU would start it.
func unusedBecause(provider string, m hardware.Machine) string {
	const yet = "koe's models run on the CPU in this version"
	graphics := strings.ToLower(strings.Join(m.GPUs, " "))
	switch name := strings.ToLower(provider); {
	case strings.HasPrefix(name, "cuda"), strings.Contains(name, "tensorrt"):
		if !strings.Contains(graphics, "nvidia") {
			return "built into the library; no NVIDIA graphics processor here, and " + yet
		}
	case strings.HasPrefix(name, "webgpu"), strings.HasPrefix(name, "dml"):
		if graphics == "" && m.OS != "darwin" {
			return "built into the library; no graphics processor here, and " + yet
		}
	case strings.HasPrefix(name, "coreml"):
		if m.OS != "darwin" {
			return "built into the library; no Mac, and " + yet
		}
	}
	return "built into the library; " + yet
}

func (*doctor) models(ctx context.Context) []part {
	built, err := embeddedModels()
	var parts []part
	for _, e := range built {
		p := part{Name: "model " + e.Name, State: stateOK, Found: fmt.Sprintf("built in: %s, %s, %s; sums verified", e.Kind, languages(e.Languages), megabytes(e.Size())),
			Data: map[string]any{"name": e.Name, "size": e.Size(), "licence": e.Licence, "recipe": e.Recipe}}
		if err := e.verify(ctx); err != nil {
			p.State, p.Found, p.exit = stateFailed, err.Error(), exitMissing
		}
		parts = append(parts, p)
	}
	if err != nil {
		p := failed("built-in models", err)
		p.exit = exitMissing
		parts = append(parts, p)
	}
	imported, err := store().List()
	if err != nil {
		// Nothing but an imported model that is configured needs the store, and the configuration's line tells that.
		parts = append(parts, part{Name: "imported models", State: stateFailed, Found: err.Error()})
	}
	for _, in := range imported {
		p := part{Name: "model " + in.Name, State: stateOK, Found: fmt.Sprintf("imported: %s, %s, %s in %s", in.Kind, languages(in.Languages), megabytes(in.Size()), in.Dir),
			Data: map[string]any{"name": in.Name, "size": in.Size(), "licence": in.Licence, "recipe": in.Recipe, "dir": in.Dir}}
		if in.Err != nil {
			p.State, p.Found = stateFailed, in.Err.Error()
		}
		parts = append(parts, p)
	}
	if err == nil && len(imported) == 0 {
		parts = append(parts, part{Name: "imported models", State: stateUnused, Found: "none in " + store().Root() + "; koe models import gets them there"})
	}
	return parts
}

// engines asks for the voice engines that are programs. Only the configured one is needed.
func (d *doctor) engines(ctx context.Context) []part {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var parts []part
	for _, e := range []struct {
		name string
		open func() (voice.Synthesizer, error)
	}{
		{"espeak", func() (voice.Synthesizer, error) { return espeak.Open(ctx, "") }},
		{"say", func() (voice.Synthesizer, error) { return say.Open(ctx, "") }},
	} {
		p := part{Name: "voice engine " + e.name, State: stateOK}
		v, err := e.open()
		if err == nil {
			p.Found = fmt.Sprintf("%d voices; use it with --engine %s", len(v.Voices()), e.name)
			err = v.Close()
		}
		if err != nil {
			p.State, p.Found = stateFailed, err.Error()
			var missing *voice.MissingError
			if errors.As(err, &missing) {
				p.State, p.Found, p.Remedy = stateUnused, "not installed, and not needed unless it is to speak", missing.Remedy
			}
			if d.cfg != nil && d.cfg.TTS.Model == e.name {
				p.State, p.Found, p.exit = stateMissing, err.Error(), exitMissing
			}
		}
		parts = append(parts, p)
	}
	return parts
}

func (d *doctor) sound(ctx context.Context) []part {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	list, err := device.List(ctx)
	if err != nil {
		p := part{Name: "sound", State: stateMissing, Found: err.Error(), exit: exitSound}
		var none *device.NoDeviceError
		if errors.As(err, &none) {
			p.Found, p.Remedy = "no sound device", none.Remedy
			for _, t := range none.Tried {
				p = p.detail("tried: %s", t)
			}
		}
		return []part{p}
	}
	p := part{Name: "sound", State: stateOK, Found: fmt.Sprintf("%d devices", len(list)), Data: map[string]any{"devices": list, "server": os.Getenv("PULSE_SERVER")}}
	if len(list) == 1 {
		p.Found = "1 device"
	}
	if server := os.Getenv("PULSE_SERVER"); server != "" {
		p.Found += " of the server " + server
	}
	for _, one := range list {
		mark := ""
		if one.Default {
			mark = " (default)"
		}
		p = p.detail("%s: %s%s", one.Name, one.Description, mark)
	}
	name := ""
	if d.cfg != nil {
		name = d.cfg.Audio.Device
	}
	sink, err := device.Open(ctx, name, audio.Format{Rate: 24000, Channels: 1})
	if err == nil {
		p = p.detail("in use: %s", sink.Stats().Name)
		err = sink.Close()
	}
	if err != nil {
		p.State, p.exit = stateFailed, exitSound
		p = p.detail("can't be opened: %v", err)
	}
	return []part{p}
}
