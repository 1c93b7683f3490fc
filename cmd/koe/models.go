package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"golang.org/x/term"

	"koe/internal/model"
	"koe/internal/translate/m2m"
	"koe/models"
)

type modelsCmd struct {
	List   modelsListCmd   `cmd:"" default:"withargs" help:"The models: built in and imported."`
	Import modelsImportCmd `cmd:"" help:"Build a model out of a checkpoint and install it."`
	Rm     modelsRmCmd     `cmd:"" help:"Remove imported models."`
	Verify modelsVerifyCmd `cmd:"" help:"Compare models with their check sums."`
}

// embedded is a model inside the program.
type embedded struct {
	model.Manifest
	files models.Model
}

// embeddedModels are all of them. One whose manifest can't be read is an error: the program is damaged.
func embeddedModels() ([]embedded, error) {
	var list []embedded
	for _, files := range []models.Model{models.EnJa(), models.G2PJa(), models.VoiceJa()} {
		m, err := model.ParseManifest(files[model.ManifestName].Bytes())
		if err != nil {
			return list, fmt.Errorf("built-in %w", err)
		}
		list = append(list, embedded{m, files})
	}
	return list, nil
}

// verify compares the model's files with its manifest.
func (e embedded) verify(ctx context.Context) error {
	err := model.VerifyFiles(ctx, e.Manifest, e.files.Open)
	var damaged *model.DamagedError
	if errors.As(err, &damaged) {
		return fmt.Errorf("built-in model %s is damaged: %s %s; build koe again", damaged.Model, damaged.File, damaged.Problem)
	}
	return err
}

func findEmbedded(list []embedded, name string) *embedded {
	for i := range list {
		if list[i].Name == name {
			return &list[i]
		}
	}
	return nil
}

type modelsListCmd struct{}

// listedModel is a model of `koe models list --json`.
type listedModel struct {
	model.Manifest
	BuiltIn bool   `json:"built_in"`
	Size    int64  `json:"size"` // bytes
	Dir     string `json:"dir,omitempty"`
	Error   string `json:"error,omitempty"`
}

func listModels() ([]listedModel, error) {
	built, err := embeddedModels()
	if err != nil {
		return nil, err
	}
	var list []listedModel
	for _, e := range built {
		list = append(list, listedModel{Manifest: e.Manifest, BuiltIn: true, Size: e.Size()})
	}
	imported, err := store().List()
	for _, in := range imported {
		l := listedModel{Manifest: in.Manifest, Size: in.Size(), Dir: in.Dir}
		if in.Err != nil {
			l.Error = in.Err.Error()
		}
		list = append(list, l)
	}
	return list, err
}

// Run lists the models. One that can't be used is listed with the reason.
func (modelsListCmd) Run(s streams, c *common) error {
	list, err := listModels()
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(s.out).Encode(map[string]any{"store": store().Root(), "models": list})
	}
	t := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "NAME\tKIND\tLANGUAGES\tSIZE\tLICENCE\tWHERE\tSOURCE")
	for _, m := range list {
		where := "imported"
		if m.BuiltIn {
			where = "built in"
		}
		source := m.Source
		if m.Error != "" {
			where, source = "damaged", m.Error
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", m.Name, m.Kind, languages(m.Languages), megabytes(m.Size), m.Licence, where, source)
	}
	return t.Flush()
}

// languages names a few and counts many.
func languages(codes []string) string {
	if len(codes) > 4 {
		return fmt.Sprintf("%d languages", len(codes))
	}
	return strings.Join(codes, " ")
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }

type modelsImportCmd struct {
	Dir     string `arg:"" type:"path" help:"Folder with the checkpoint: config.json, model.safetensors (or its shards) and sentencepiece.bpe.model."`
	Name    string `placeholder:"NAME" help:"Name to install it under; otherwise the folder's."`
	Recipe  string `default:"default" placeholder:"NAME" help:"How weights are stored: default, fp32, int8, int4 or int4-16."`
	Source  string `placeholder:"TEXT" help:"Where the checkpoint came from; otherwise its name."`
	Licence string `placeholder:"NAME" help:"Its licence; otherwise that of its model card (README.md)."`
}

// Run builds and installs a model.
func (cmd *modelsImportCmd) Run(ctx context.Context, s streams, c *common) error {
	recipe, err := m2m.ParseRecipe(cmd.Recipe)
	if err != nil {
		return usageError{fmt.Errorf("--recipe: %w", err)}
	}
	name := cmd.Name
	if name == "" {
		name = checkpointName(cmd.Dir)
	}
	built, err := embeddedModels()
	if err != nil {
		return err
	}
	if findEmbedded(built, name) != nil {
		return usage("the name %s is that of a built-in model; choose another with --name", name)
	}
	builder, err := model.Pick([]model.Builder{m2m.Builder{Recipe: recipe}}, cmd.Dir)
	if err != nil {
		return usageError{err}
	}
	var notInstalled *model.NotInstalledError
	if _, err := store().Open(name); err == nil {
		return usageError{&model.ExistsError{Name: name}}
	} else if !errors.As(err, &notInstalled) {
		return err
	}
	if cmd.Licence == "" {
		cmd.Licence = cardLicence(cmd.Dir)
	}
	if cmd.Source == "" {
		cmd.Source = checkpointName(cmd.Dir)
	}
	shown := newProgress(s.err)
	in, err := store().Import(ctx, cmd.Dir, name, described{builder, cmd.Source, cmd.Licence}, shown.show)
	shown.end()
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if errors.As(err, new(*model.ExistsError)) {
			return usageError{err}
		}
		return err
	}
	if c.JSON {
		return json.NewEncoder(s.out).Encode(listedModel{Manifest: in.Manifest, Size: in.Size(), Dir: in.Dir})
	}
	_, err = fmt.Fprintf(s.out, "installed %s (%s, %s) in %s\nlicence: %s\nuse it with: koe --model %s\n",
		in.Name, megabytes(in.Size()), languages(in.Languages), in.Dir, in.Licence, in.Name)
	return err
}

// checkpointName is the name that a checkpoint's folder tells: its own, or that of the repository where the folder is a
// snapshot in the cache of Hugging Face (models--facebook--nllb-200-3.3B/snapshots/…).
func checkpointName(dir string) string {
	if full, err := filepath.Abs(dir); err == nil {
		dir = full
	}
	if snapshots := filepath.Dir(dir); filepath.Base(snapshots) == "snapshots" {
		if repo, ok := strings.CutPrefix(filepath.Base(filepath.Dir(snapshots)), "models--"); ok {
			return strings.Replace(repo, "--", "/", 1)
		}
	}
	return filepath.Base(dir)
}

// cardLicence is the licence that the front matter of a checkpoint's model card names.
func cardLicence(dir string) string {
	const unknown = "unknown: see where the checkpoint came from"
	f, err := os.Open(filepath.Join(dir, "README.md"))
	if err != nil {
		return unknown
	}
	defer f.Close() //nolint:errcheck // read only
	lines := bufio.NewScanner(io.LimitReader(f, 64<<10))
	for n := 0; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if n == 0 && line != "---" || n > 0 && line == "---" {
			break
		}
		if l, ok := strings.CutPrefix(line, "license:"); ok {
			if l = strings.Trim(strings.TrimSpace(l), `"'`); l != "" {
				return l
			}
		}
	}
	return unknown
}

// described is a builder whose models say where they came from.
type described struct {
	model.Builder
	source, licence string
}

func (d described) Build(ctx context.Context, src, dst string, progress func(model.Progress)) (model.Manifest, error) {
	m, err := d.Builder.Build(ctx, src, dst, progress)
	if m.Source == "" {
		m.Source = d.source
	}
	if m.Licence == "" {
		m.Licence = d.licence
	}
	return m, err
}

// progress shows how far an import is: in one line of a terminal, elsewhere a line for each stage.
type progress struct {
	w        io.Writer
	terminal bool
	stage    string
}

func newProgress(w io.Writer) *progress {
	f, ok := w.(*os.File)
	return &progress{w: w, terminal: ok && term.IsTerminal(int(f.Fd()))}
}

func (p *progress) show(now model.Progress) {
	switch {
	case p.terminal && now.Total > 0:
		fmt.Fprintf(p.w, "\r\x1b[Kkoe: %s: %d %%", now.Stage, 100*now.Done/now.Total)
	case p.terminal:
		fmt.Fprintf(p.w, "\r\x1b[Kkoe: %s", now.Stage)
	case now.Stage != p.stage:
		fmt.Fprintf(p.w, "koe: %s\n", now.Stage)
	}
	p.stage = now.Stage
}

func (p *progress) end() {
	if p.terminal && p.stage != "" {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}

type modelsRmCmd struct {
	Names []string `arg:"" name:"name" help:"Models to remove."`
}

// Run removes imported models.
func (cmd *modelsRmCmd) Run(ctx context.Context, s streams, c *common) error {
	built, err := embeddedModels()
	if err != nil {
		return err
	}
	for _, name := range cmd.Names {
		if findEmbedded(built, name) != nil {
			return usage("the model %s is built into koe and can't be removed", name)
		}
	}
	for _, name := range cmd.Names {
		if err := store().Remove(ctx, name); err != nil {
			return err
		}
		if !c.JSON {
			if _, err := fmt.Fprintf(s.out, "removed %s\n", name); err != nil {
				return err
			}
		}
	}
	if c.JSON {
		return json.NewEncoder(s.out).Encode(map[string]any{"removed": cmd.Names})
	}
	return nil
}

type modelsVerifyCmd struct {
	Names []string `arg:"" optional:"" name:"name" help:"Models to verify; all if there is none."`
}

// verified is a model's line of `koe models verify --json`.
type verified struct {
	Name  string `json:"name"`
	OK    bool   `json:"ok"`
	Files int    `json:"files"`
	Size  int64  `json:"size"`
	Error string `json:"error,omitempty"`
}

// Run reads models and compares them with their sums: all of them, also after one that is damaged.
func (cmd *modelsVerifyCmd) Run(ctx context.Context, s streams, c *common) error {
	built, err := embeddedModels()
	if err != nil {
		return err
	}
	names := cmd.Names
	if len(names) == 0 {
		list, err := listModels()
		if err != nil {
			return err
		}
		for _, m := range list {
			names = append(names, m.Name)
		}
	}
	var (
		results []verified
		bad     []error
	)
	for _, name := range names {
		v, err := verifyOne(ctx, built, name)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			v.Error = err.Error()
			bad = append(bad, err)
		}
		results = append(results, v)
		if !c.JSON && err == nil {
			if _, err := fmt.Fprintf(s.out, "%s: ok (%d files, %s)\n", v.Name, v.Files, megabytes(v.Size)); err != nil {
				return err
			}
		}
	}
	if c.JSON {
		if err := json.NewEncoder(s.out).Encode(map[string]any{"models": results}); err != nil {
			return err
		}
	}
	return errors.Join(bad...)
}

func verifyOne(ctx context.Context, built []embedded, name string) (verified, error) {
	v := verified{Name: name}
	var err error
	if e := findEmbedded(built, name); e != nil {
		v.Files, v.Size = len(e.Files), e.Size()
		err = e.verify(ctx)
	} else if err = store().Verify(ctx, name); err == nil {
		in, oerr := store().Open(name)
		v.Files, v.Size, err = len(in.Files), in.Size(), oerr
	}
	v.OK = err == nil
	return v, err
}
