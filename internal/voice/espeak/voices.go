package espeak

import (
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"koe/internal/voice"
	"koe/internal/voice/process"
)

// listed is a voice that espeak-ng lists.
type listed struct {
	voice      voice.Voice
	priorities []int // of the voice's languages, lower first
}

func listVoices(ctx context.Context, path string) ([]listed, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "--voices")
	process.OwnGroup(cmd)
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	voices := parseVoices(string(out))
	if len(voices) == 0 {
		return nil, fmt.Errorf("%s --voices lists none; is its data installed?", path)
	}
	return voices, nil
}

// parseVoices reads the table that --voices prints: priority, language, age and gender, name, file, other languages as
// (language priority).
func parseVoices(table string) []listed {
	var voices []listed
	seen := map[string]bool{}
	for line := range strings.Lines(table) {
		fields := strings.Fields(line)
		if len(fields) < 5 {
			continue
		}
		priority, err := strconv.Atoi(fields[0])
		name := fields[4]
		// MBROLA voices have rates of their own and need another program.
		if err != nil || seen[name] || strings.HasPrefix(name, "mb/") {
			continue
		}
		seen[name] = true
		v := listed{voice: voice.Voice{Name: name, Engine: "espeak", Langs: []string{fields[1]}, Licence: "GPL-3.0-or-later",
			About: strings.ReplaceAll(fields[3], "_", " ")}, priorities: []int{priority}}
		switch {
		case strings.HasSuffix(fields[2], "/M"), fields[2] == "M":
			v.voice.Gender = "male"
		case strings.HasSuffix(fields[2], "/F"), fields[2] == "F":
			v.voice.Gender = "female"
		}
		others := strings.NewReplacer("(", " ", ")", " ").Replace(strings.Join(fields[5:], " "))
		for pairs := strings.Fields(others); len(pairs) >= 2; pairs = pairs[2:] {
			if n, err := strconv.Atoi(pairs[1]); err == nil {
				v.voice.Langs = append(v.voice.Langs, pairs[0])
				v.priorities = append(v.priorities, n)
			}
		}
		voices = append(voices, v)
	}
	return voices
}

// choose returns the file of a voice by its name, by what espeak-ng calls it ("English (America)"), or by language. A
// language without a voice of its own falls back on the one it is part of (en-AU: en).
func (e *Engine) choose(name, lang string) (string, error) {
	if name != "" {
		for _, v := range e.voices {
			if strings.EqualFold(v.voice.Name, name) || strings.EqualFold(v.voice.About, name) {
				return v.voice.Name, nil
			}
		}
		if file, ok := e.byLanguage(name); ok {
			return file, nil
		}
		known := make([]string, 0, len(e.voices))
		for _, v := range e.voices {
			known = append(known, v.voice.Name)
		}
		return "", &voice.NameError{Engine: "espeak", Voice: name, Known: known}
	}
	if lang == "" {
		lang = "en"
	}
	for tag := lang; ; {
		if file, ok := e.byLanguage(tag); ok {
			return file, nil
		}
		i := strings.LastIndexByte(tag, '-')
		if i < 0 {
			return "", &voice.LangError{Engine: "espeak", Lang: lang, Others: []string{"say"}}
		}
		tag = tag[:i]
	}
}

// byLanguage returns the voice that espeak-ng would take for a language: the one with the lowest priority number.
func (e *Engine) byLanguage(lang string) (string, bool) {
	best, file := 1<<30, ""
	for _, v := range e.voices {
		for i, l := range v.voice.Langs {
			if strings.EqualFold(l, lang) && v.priorities[i] < best {
				best, file = v.priorities[i], v.voice.Name
			}
		}
	}
	return file, file != ""
}
