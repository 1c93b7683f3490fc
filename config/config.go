// Package config holds the presets: configuration files that internal/config reads by name.
package config

import "embed"

// Presets holds fast.yaml, balanced.yaml and quality.yaml.
//
//go:embed fast.yaml balanced.yaml quality.yaml
var Presets embed.FS
