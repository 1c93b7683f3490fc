// Package checkpoint owns the files that models are published in: it lists their tensors and reads them, or ranges of
// their rows, without loading the rest. Safetensors files, single or sharded with an index, are supported.
package checkpoint

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Reader gives access to a checkpoint's tensors. It is safe for concurrent use.
type Reader interface {
	// Names returns the tensors' names, sorted.
	Names() []string
	// Tensor returns the tensor of that name without reading its data; a *MissingError if there is none.
	Tensor(name string) (*Tensor, error)
	// Metadata returns what the files say about themselves, merged over the shards.
	Metadata() map[string]string
	// Files returns the paths of the files that the checkpoint consists of, the index included.
	Files() []string
	// Close closes the files; tensors can't be read after it.
	Close() error
}

// MissingError reports a tensor that the checkpoint does not have.
type MissingError struct {
	Path string // of the checkpoint
	Name string // of the tensor
}

func (e *MissingError) Error() string {
	return fmt.Sprintf("checkpoint: %s has no tensor %q", e.Path, e.Name)
}

// The names that model hubs give the files.
const (
	singleName = "model.safetensors"
	indexName  = "model.safetensors.index.json"
)

// Open opens a checkpoint: a safetensors file, an index of shards (….index.json), or a folder with either under its
// usual name.
func Open(path string) (Reader, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	if info.IsDir() {
		if path, err = find(path); err != nil {
			return nil, err
		}
	}
	if strings.HasSuffix(path, ".index.json") {
		return openIndex(path)
	}
	return openFile(path)
}

// find returns the checkpoint in a folder.
func find(dir string) (string, error) {
	for _, name := range []string{singleName, indexName} {
		path := filepath.Join(dir, name)
		if _, err := os.Stat(path); err == nil {
			return path, nil
		} else if !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("checkpoint: %w", err)
		}
	}
	for _, name := range []string{"pytorch_model.bin", "pytorch_model.bin.index.json"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return "", fmt.Errorf("checkpoint: %s holds a PyTorch checkpoint (%s), which is not read yet; get the model's %s", dir, name, singleName)
		}
	}
	return "", fmt.Errorf("checkpoint: %s holds neither %s nor %s", dir, singleName, indexName)
}
