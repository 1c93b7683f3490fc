package main

import (
	"fmt"

	"koe/internal/config"
)

type configCmd struct {
	Show configShowCmd `cmd:"" default:"withargs" help:"Effective values, where each came from, and whether it has an effect here."`
	Path configPathCmd `cmd:"" help:"The files that are read."`
}

type configShowCmd struct{}

// Run prints the effective configuration.
func (configShowCmd) Run(s streams, c *common) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	if c.JSON {
		return cfg.WriteJSON(s.out)
	}
	return cfg.WriteText(s.out)
}

type configPathCmd struct{}

// Run prints the path of the configuration file in use and of the user's own.
func (configPathCmd) Run(s streams, c *common) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	inUse := cfg.File()
	if inUse == "" {
		inUse = "none"
	}
	_, err = fmt.Fprintf(s.out, "in use: %s\nthe user's own: %s\n", inUse, config.UserFile())
	return err
}
