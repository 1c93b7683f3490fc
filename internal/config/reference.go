package config

import (
	"fmt"
	"strings"
)

// Reference returns docs/CONFIG.md.
func Reference() string {
	var b strings.Builder
	b.WriteString(`# Configuration

<!-- Generated from internal/config/keys.go: go test ./internal/config -run TestReference -update -->

Koe needs no configuration. What can be set is set, each over the ones below it, by

1. a flag (` + "`--speed 1.2`" + `),
2. the environment (` + "`KOE_TTS_SPEED=1.2`" + `: KOE_, the section, the key),
3. the configuration file,
4. a preset: ` + "`fast`, `balanced`" + ` (the default) ` + "or `quality`" + ` (config/*.yaml; chosen by ` + "`--preset`, `KOE_PRESET` or the file's `preset:`" + `),
5. the defaults below.

The file is the one given by ` + "`--config`" + `, else by ` + "`KOE_CONFIG`" + `, else ` + "`koe/config.yaml`" + ` in the user's configuration folder
(` + "`$XDG_CONFIG_HOME` or `~/.config`" + ` on Linux, ` + "`~/Library/Application Support`" + ` on macOS, ` + "`%LOCALAPPDATA%`" + ` on Windows) if it is there.
A file in the current folder is not read: that folder is often a stranger's checkout.

` + "```yaml" + `
preset: fast
tts: {speed: 1.3, readings: readings.tsv}
speech: {speak_thinking: true}
` + "```" + `

Nothing is accepted and ignored. A key that does not exist, or a value out of its range, is an error with file, line and the
nearest right name. A value that does nothing, on this machine or in this version, is listed as such, with the reason, by
` + "`koe config show`" + `, which also tells where each value came from. ` + "`config/m4_max.yaml`" + ` is an example for a large Mac.

`)
	presetValues := map[string]map[string]string{}
	for _, name := range Presets() {
		settings, err := loadPreset(name)
		if err != nil {
			continue // a test reads them all
		}
		for _, s := range settings {
			if presetValues[s.key] == nil {
				presetValues[s.key] = map[string]string{}
			}
			presetValues[s.key][name] = fmt.Sprint(s.value)
		}
	}
	d := defaults()
	section := "-"
	for _, k := range Keys() {
		s, _, ok := strings.Cut(k.Name, ".")
		if !ok {
			s = ""
		}
		if s != section {
			section = s
			title := s
			if title == "" {
				title = "General"
			}
			fmt.Fprintf(&b, "## %s\n\n| key | type, range | default | effect | in effect in this version |\n|---|---|---|---|---|\n", title)
		}
		kind := k.Type()
		if r := k.Range(); r != "" {
			kind += ": " + r
		}
		today := k.Today
		if today == "" {
			today = "all"
		}
		def := "`" + k.format(d) + "`"
		for _, name := range Presets() {
			if v, ok := presetValues[k.Name][name]; ok && v != k.format(d) {
				def += fmt.Sprintf(", %s `%s`", name, v)
			}
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", k.Name, kind, def, k.Effect, today)
		if last(k.Name) {
			b.WriteString("\n")
		}
	}
	b.WriteString(`Values that can do nothing on a machine: ` + "`mps`" + ` outside macOS, ` + "`cuda`" + ` on macOS, the Neural Engine outside Apple silicon, ` + "`say`" + ` outside macOS,
` + "`hardware.*`" + ` that describe another machine. A model that is not installed ends with an error that names the command to get it;
with ` + "`--fallback`" + ` (or ` + "`fallback: true`" + `) Koe says so and uses its own.
`)
	return b.String()
}

// last reports the last key of a section.
func last(name string) bool {
	keys := Keys()
	for i := range keys {
		if keys[i].Name == name {
			here, _, _ := strings.Cut(name, ".")
			if i+1 == len(keys) {
				return true
			}
			next, _, nested := strings.Cut(keys[i+1].Name, ".")
			return nested && next != here
		}
	}
	return false
}
