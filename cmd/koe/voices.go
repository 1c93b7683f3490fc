package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"koe/internal/config"
	"koe/internal/voice"
	"koe/internal/voice/espeak"
	voicekoe "koe/internal/voice/koe"
	"koe/internal/voice/say"
)

type voicesCmd struct {
	Lang string `placeholder:"TAG" help:"Only voices of this language, as ja or en."`
}

// Run lists the voices of all engines; an engine that is not installed is named with its remedy.
func (cmd *voicesCmd) Run(ctx context.Context, s streams, c *common) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	list := voicekoe.Voices()
	var missing []string
	for _, open := range []func(context.Context, string) (voice.Synthesizer, error){
		func(ctx context.Context, p string) (voice.Synthesizer, error) { return espeak.Open(ctx, p) },
		func(ctx context.Context, p string) (voice.Synthesizer, error) { return say.Open(ctx, p) },
	} {
		v, err := open(ctx, "")
		if err != nil {
			if !errors.As(err, new(*voice.MissingError)) {
				return err
			}
			missing = append(missing, err.Error())
			continue
		}
		list = append(list, v.Voices()...)
		if err := v.Close(); err != nil {
			return err
		}
	}
	var kept []voice.Voice
	for _, v := range list {
		if cmd.Lang == "" || speaks(v, cmd.Lang) {
			kept = append(kept, v)
		}
	}
	if c.JSON {
		return json.NewEncoder(s.out).Encode(map[string]any{"voices": kept, "missing": missing})
	}
	t := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "ENGINE\tVOICE\tLANGUAGES\tGENDER\tABOUT")
	for _, v := range kept {
		mark := ""
		if v.Engine == cfg.TTS.Model && (v.Name == cfg.TTS.Voice || cfg.TTS.Voice == "" && v.Engine == config.DefaultVoiceModel) {
			mark = " (in use)"
		}
		fmt.Fprintf(t, "%s\t%s%s\t%s\t%s\t%s\n", v.Engine, v.Name, mark, strings.Join(v.Langs, " "), v.Gender, v.About)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, m := range missing {
		fmt.Fprintln(s.err, "koe:", m)
	}
	return nil
}

func speaks(v voice.Voice, lang string) bool {
	for _, l := range v.Langs {
		if sameLanguage(l, lang) {
			return true
		}
	}
	return false
}
