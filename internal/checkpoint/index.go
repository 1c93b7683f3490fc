package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// sharded is a checkpoint of several files with an index that says which tensor is where.
type sharded struct {
	path     string
	shards   []*file
	tensors  map[string]*Tensor
	metadata map[string]string
}

// maxIndex is the longest index that is read: some hundred bytes a tensor, and models have thousands.
const maxIndex = 100_000_000

func openIndex(path string) (_ *sharded, err error) {
	text, err := readLimited(path, maxIndex)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	var index struct {
		Map map[string]string `json:"weight_map"`
	}
	if err := json.Unmarshal(text, &index); err != nil {
		return nil, fmt.Errorf("checkpoint: %s: %w", path, err)
	}
	if len(index.Map) == 0 {
		return nil, fmt.Errorf("checkpoint: %s: it has no weight_map", path)
	}
	s := &sharded{path: path, tensors: make(map[string]*Tensor, len(index.Map)), metadata: make(map[string]string)}
	defer func() {
		if err != nil {
			_ = s.Close() // the first error is the one to tell
		}
	}()
	open := make(map[string]*file)
	for _, name := range slices.Sorted(maps.Keys(index.Map)) {
		base := index.Map[name]
		if base != filepath.Base(base) || !filepath.IsLocal(base) {
			return nil, fmt.Errorf("checkpoint: %s: tensor %q: the file name %q leads out of the folder", path, name, base)
		}
		shard := open[base]
		if shard == nil {
			if shard, err = openFile(filepath.Join(filepath.Dir(path), base)); err != nil {
				return nil, fmt.Errorf("shard of %s: %w", path, err)
			}
			open[base] = shard
			s.shards = append(s.shards, shard)
			maps.Copy(s.metadata, shard.metadata)
		}
		if s.tensors[name], err = shard.Tensor(name); err != nil {
			return nil, fmt.Errorf("index %s: %w", path, err)
		}
	}
	return s, nil
}

// readLimited reads a whole file that must not have more than limit bytes.
func readLimited(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read from
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if int64(len(text)) > limit {
		return nil, fmt.Errorf("%s: longer than %d bytes", path, limit)
	}
	return text, nil
}

func (s *sharded) Names() []string { return slices.Sorted(maps.Keys(s.tensors)) }

func (s *sharded) Tensor(name string) (*Tensor, error) {
	if t, ok := s.tensors[name]; ok {
		return t, nil
	}
	return nil, &MissingError{s.path, name}
}

func (s *sharded) Metadata() map[string]string { return s.metadata }

func (s *sharded) Files() []string {
	files := []string{s.path}
	for _, shard := range s.shards {
		files = append(files, shard.path)
	}
	return files
}

func (s *sharded) Close() error {
	var all []error
	for _, shard := range s.shards {
		all = append(all, shard.Close())
	}
	return errors.Join(all...)
}
