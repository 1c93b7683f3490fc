package config

import (
	"fmt"
	"strings"
)

// MissingModelError reports a configured model that is not installed, and the command that gets it.
type MissingModelError struct {
	Key     string // "translation.model"
	Model   string
	Origin  string // where it was configured
	Command string // what to do: a command, or another value
}

func (e *MissingModelError) Error() string {
	return fmt.Sprintf("%s %q (%s) is not installed; %s; or use --fallback for the default model", e.Key, e.Model, e.Origin, remedy(e.Command))
}

// remedy introduces a command; other remedies speak for themselves.
func remedy(s string) string {
	if strings.HasPrefix(s, "koe ") {
		return "get it with: " + s
	}
	return s
}

// ResolveModels checks that the configured models are there. installed tells for a key ("translation.model",
// "tts.model") and a model's name whether it is, and if not, which command gets it ("": the usual one). A missing model
// is a *MissingModelError; with Fallback set, c gets the default model instead and a notice is returned to be shown.
func (c *Config) ResolveModels(installed func(key, model string) (ok bool, command string)) (notices []string, err error) {
	for _, m := range []struct {
		key, standard, command string
		model                  *string
	}{
		{"translation.model", DefaultTranslationModel, "koe models import DIR (the folder of the downloaded checkpoint)", &c.Translation.Model},
		{"tts.model", DefaultVoiceModel, "koe doctor (says what the engine needs)", &c.TTS.Model},
	} {
		if *m.model == m.standard {
			continue
		}
		ok, command := installed(m.key, *m.model)
		if ok {
			continue
		}
		missing := &MissingModelError{Key: m.key, Model: *m.model, Origin: c.Origin(m.key), Command: or(command, m.command)}
		if !c.Fallback {
			return notices, missing
		}
		notices = append(notices, fmt.Sprintf("%s %q is not installed; using %q (%s)", m.key, *m.model, m.standard, remedy(missing.Command)))
		c.origins[m.key] = "fallback, for " + *m.model + " from " + missing.Origin
		*m.model = m.standard
	}
	return notices, nil
}
