package voice

import (
	"fmt"
	"strings"
)

// LangError reports a language that an engine cannot speak.
type LangError struct {
	Engine string
	Lang   string
	Others []string // engines that may
}

func (e *LangError) Error() string {
	return fmt.Sprintf("voice engine %s cannot speak %q; engines that may: %s", e.Engine, e.Lang, strings.Join(e.Others, ", "))
}

// NameError reports a voice that an engine does not have.
type NameError struct {
	Engine string
	Voice  string
	Known  []string // all, or the most likely
}

func (e *NameError) Error() string {
	return fmt.Sprintf("voice engine %s has no voice %q; it has: %s", e.Engine, e.Voice, strings.Join(e.Known, ", "))
}

// Complete returns the request with its defaults filled in, or an error that names the field that is out of range.
func (r Request) Complete() (Request, error) {
	if r.Speed == 0 {
		r.Speed = 1
	}
	if r.Volume == 0 {
		r.Volume = 1
	}
	switch { // written so that NaN fails
	case !(r.Speed >= 0.5 && r.Speed <= 3):
		return r, fmt.Errorf("speed %v: want 0.5 to 3", r.Speed)
	case !(r.Pitch >= -12 && r.Pitch <= 12):
		return r, fmt.Errorf("pitch %v: want -12 to 12 semitones", r.Pitch)
	case !(r.Volume >= 0 && r.Volume <= 2):
		return r, fmt.Errorf("volume %v: want 0 to 2", r.Volume)
	}
	return r, nil
}
