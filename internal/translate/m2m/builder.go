package m2m

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"koe/internal/model"
)

// EngineName is this package's name in manifests.
const EngineName = "m2m"

// Builder makes models for this engine out of Hugging Face M2M100 checkpoints (config.json, model.safetensors or its
// shards, sentencepiece.bpe.model; tokenizer.json too where config.json has no language_codes).
type Builder struct {
	Recipe Recipe // the zero value is DefaultRecipe
}

var _ model.Builder = Builder{}

// Engine returns "m2m".
func (Builder) Engine() string { return EngineName }

// Accepts returns nil if the folder holds a checkpoint that Build can read, else why not.
func (Builder) Accepts(dir string) error {
	if _, _, err := sourceConfig(dir); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, TokenizerFile)); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("no %s in it", TokenizerFile)
	} else if err != nil {
		return err
	}
	return nil
}

// Build writes the built model's config, weights and tokenizer to dst and returns what is known for its manifest.
func (b Builder) Build(ctx context.Context, src, dst string, progress func(model.Progress)) (model.Manifest, error) {
	r := b.Recipe
	if r == (Recipe{}) {
		r = DefaultRecipe
	}
	files, err := build(ctx, src, r, func(done, total int) {
		progress(model.Progress{Stage: "building", Done: int64(done), Total: int64(total)})
	})
	if err != nil {
		if ctx.Err() != nil {
			return model.Manifest{}, ctx.Err()
		}
		return model.Manifest{}, fmt.Errorf("build translation model from %s: %w", src, err)
	}
	for _, f := range []struct {
		name string
		data []byte
	}{{ConfigFile, files.Config}, {WeightsFile, files.Weights}, {TokenizerFile, files.Tokenizer}} {
		if err := os.WriteFile(filepath.Join(dst, f.name), f.data, 0o644); err != nil {
			return model.Manifest{}, fmt.Errorf("build translation model: %w", err)
		}
	}
	c, err := parseConfig(files.Config)
	if err != nil {
		return model.Manifest{}, err
	}
	return model.Manifest{
		Kind:      "translate",
		Engine:    EngineName,
		Languages: slices.Sorted(maps.Keys(c.LanguageCodes)),
		Recipe:    r.String(),
	}, nil
}
