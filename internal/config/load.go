package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/adrg/xdg"

	presets "koe/config"
	"koe/internal/hardware"
)

// Setting sets one key from outside a file.
type Setting struct {
	Key    string // "tts.speed"
	Value  string // as text
	Origin string // "flag --speed"
}

// Options of Load.
type Options struct {
	// Path names the file (--config); "": KOE_CONFIG, then the user's own, koe/config.yaml in the configuration folder
	// ($XDG_CONFIG_HOME, ~/.config, or the system's own), if it is there. A file in the current folder is not read: that
	// folder is often a stranger's checkout.
	Path    string
	Preset  string           // --preset; "": KOE_PRESET, then the file's, then balanced
	Flags   []Setting        // the command line's settings, which override everything
	Environ []string         // os.Environ()
	Machine hardware.Machine // for memory limits and the status of keys
}

// maxFile bounds a configuration file, in bytes.
const maxFile = 64 << 10

// Presets returns the names of the presets.
func Presets() []string { return []string{"fast", "balanced", "quality"} }

// UserFile returns the path of the user's own configuration file.
func UserFile() string { return filepath.Join(xdg.ConfigHome, "koe", "config.yaml") }

// Load finds the effective configuration: flags over environment over file over preset over defaults. Its errors are
// *Error, several joined.
func Load(o Options) (*Config, error) {
	env := environment(o.Environ)
	settings, path, err := readFile(o.Path, env["KOE_CONFIG"])
	if err != nil {
		return nil, err
	}
	fromEnv, err := envSettings(env)
	if err != nil {
		return nil, err
	}
	flags := make([]setting, 0, len(o.Flags)+1)
	for _, f := range o.Flags {
		flags = append(flags, setting{key: f.Key, value: f.Value, text: true, origin: f.Origin})
	}
	if o.Preset != "" {
		flags = append(flags, setting{key: "preset", value: o.Preset, text: true, origin: "flag --preset"})
	}
	settings = slices.Concat(settings, fromEnv, flags)

	c := defaults()
	c.machine, c.file = o.Machine, path
	var errs []error
	for _, s := range settings { // the preset first: the others override what it sets
		if s.key == "preset" {
			if err := c.set(s); err != nil {
				errs = append(errs, err)
			}
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	preset, err := loadPreset(c.Preset)
	if err != nil {
		return nil, err
	}
	for _, s := range slices.Concat(preset, settings) {
		if err := c.set(s); err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	c.limit()
	return c, nil
}

func loadPreset(name string) ([]setting, error) {
	data, err := presets.Presets.ReadFile(name + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("preset %s: %w", name, err)
	}
	settings, err := parse(name+".yaml", data)
	for i := range settings {
		settings[i].origin = "preset " + name
	}
	return settings, err
}

// readFile reads the file that flag or env names, or the user's own, which may be missing. path is "" if there is none.
func readFile(flag, env string) (_ []setting, path string, err error) {
	path, why := flag, "--config"
	if path == "" {
		path, why = env, "KOE_CONFIG"
	}
	given := path != ""
	if !given {
		path = UserFile()
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) && !given {
		return nil, "", nil
	}
	if err != nil {
		e := &Error{Where: path, Problem: "can't be read: " + reason(err), Remedy: "make it readable, or name another with --config", Err: err}
		if given {
			e.Remedy = "check the path given with " + why
		}
		return nil, "", e
	}
	defer f.Close() //nolint:errcheck // read only
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, "", &Error{Where: path, Problem: "can't be read: " + reason(err), Err: err}
	}
	if len(data) > maxFile {
		return nil, "", &Error{Where: path, Problem: "is longer than 64 KiB", Remedy: "a configuration has some forty keys: is it the right file?"}
	}
	settings, err := parse(path, data)
	for i := range settings {
		settings[i].dir = filepath.Dir(path)
	}
	return settings, path, err
}

// reason is what an error of the file system says without the path, which the message has already.
func reason(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}

func environment(environ []string) map[string]string {
	env := map[string]string{}
	for _, e := range environ {
		if k, v, ok := strings.Cut(e, "="); ok && strings.HasPrefix(k, "KOE_") && v != "" {
			env[k] = v
		}
	}
	return env
}

// envSettings finds the keys that the environment sets. A variable that begins like a key's but is none is an error.
func envSettings(env map[string]string) ([]setting, error) {
	names := map[string]string{}
	sections := map[string]bool{}
	for _, k := range Keys() {
		names[k.Env()] = k.Name
		if section, _, ok := strings.Cut(k.Name, "."); ok {
			sections["KOE_"+strings.ToUpper(section)+"_"] = true
		}
	}
	var settings []setting
	var errs []error
	vars := make([]string, 0, len(env))
	for v := range env {
		vars = append(vars, v)
	}
	slices.Sort(vars)
	for _, v := range vars {
		if key, ok := names[v]; ok {
			settings = append(settings, setting{key: key, value: env[v], text: true, origin: "env " + v})
			continue
		}
		for s := range sections {
			if strings.HasPrefix(v, s) {
				all := make([]string, 0, len(names))
				for n := range names {
					all = append(all, n)
				}
				slices.Sort(all)
				errs = append(errs, &Error{Where: "env " + v, Problem: "sets no key", Remedy: didYouMean(v, all, "docs/CONFIG.md lists the variables")})
			}
		}
	}
	return settings, errors.Join(errs...)
}
