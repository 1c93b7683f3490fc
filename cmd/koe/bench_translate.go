package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"koe/internal/bench"
	"koe/internal/config"
	"koe/internal/model"
	"koe/internal/ort"
	"koe/internal/quality"
	"koe/internal/translate"
	"koe/internal/translate/m2m"
)

// checkpointDir is where the embedded model's checkpoint lies beside a checkout, if at all.
const checkpointDir = "../shared/models/enja-v2"

type benchTranslateCmd struct {
	Sentences int    `default:"50" placeholder:"N" help:"Sentences of our own narration with 15 to 20 words."`
	Runs      int    `default:"3" placeholder:"N" help:"Runs of each sentence; the best counts, for all alike."`
	HF        string `name:"hf" placeholder:"DIR" type:"path" help:"The model's checkpoint in the Hugging Face layout, for exact weights and the peer; by default ../shared/models/enja-v2 where it exists."`
	Python    string `default:"python3" placeholder:"PROGRAM" help:"A Python with torch, transformers and sentencepiece."`
	Script    string `default:"bench/peers/translate_transformers.py" type:"path" placeholder:"FILE" help:"The peer's script."`
	Threads   int    `default:"2" placeholder:"N" help:"Threads, for all alike."`
	NoPeers   bool   `help:"Ours alone."`
	Profile   string `hidden:"" placeholder:"PREFIX" help:"Let ONNX Runtime write profiles with this prefix."`
}

// translateResult is the bench's JSON.
type translateResult struct {
	bench.Head
	Sentences   int                   `json:"sentences"`
	Runs        int                   `json:"runs"`
	Threads     int                   `json:"threads"`
	Translators []bench.DecodeFigures `json:"translators"`
	Versions    map[string]string     `json:"peer_versions,omitempty"`
	// Ratio is the peer's p50 over that of the embedded model's search.
	Ratio float64 `json:"ratio_p50,omitempty"`
	// Same is how many of the peer's translations the exact weights give letter by letter.
	Same *int `json:"fp32_same_as_peer,omitempty"`
}

// Run measures translation.
func (cmd *benchTranslateCmd) Run(ctx context.Context, s streams, c *common) (err error) {
	cfg, err := c.begin(s)
	if err != nil {
		return err
	}
	sentences := bench.Sentences(cmd.Sentences, 15, 20)
	if len(sentences) == 0 || cmd.Runs < 1 || cmd.Threads < 1 {
		return usage("--sentences, --runs and --threads: positive numbers are needed")
	}
	cfg.Performance.TranslateThreads = cmd.Threads
	rt, err := openRuntime()
	if err != nil {
		return err
	}
	engine, err := cmd.open(rt, cfg)
	if err != nil {
		return err
	}
	whole := translate.New(engine, translate.Options{})
	defer func() { err = errors.Join(err, whole.Close()) }()
	source, target := cfg.Translation.Source, cfg.Translation.Target
	greedy := func(e translate.Engine) bench.Decoder {
		return func(ctx context.Context, text string) (string, error) { return e.Decode(ctx, text, source, target, 1) }
	}
	names := []string{"koe, greedy search", "koe, with checks and fallbacks"}
	decoders := []bench.Decoder{greedy(engine), func(ctx context.Context, text string) (string, error) {
		tr, err := whole.Translate(ctx, translate.Request{Text: text, Source: source, Target: target})
		return tr.Text, err
	}}
	result := translateResult{Head: bench.NewHead(), Runs: cmd.Runs, Threads: cmd.Threads, Sentences: len(sentences)}
	exact, peer := -1, -1
	hf := checkpoint(cmd.HF)
	if hf != "" && !cmd.NoPeers {
		fp32, remove, err := buildFP32(ctx, s, rt, hf, cmd.Threads)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, fp32.Close(), remove()) }()
		exact = len(names)
		names, decoders = append(names, "koe, exact weights (fp32)"), append(decoders, greedy(fp32))
		python, perr := bench.StartTransformers(ctx, cmd.Python, cmd.Script, hf, cmd.Threads)
		if perr == nil {
			defer func() { err = errors.Join(err, python.Close()) }()
			peer, result.Versions = len(names), python.Versions
			names, decoders = append(names, "transformers, PyTorch (fp32)"), append(decoders, python.Decode)
		} else if perr = skipped(s, perr); perr != nil {
			return perr
		}
	} else if !cmd.NoPeers {
		fmt.Fprintf(s.err, "koe: no checkpoint at %s: ours alone; --hf DIR names another place\n", checkpointDir)
	}
	tokens := func(text string) int {
		if m, ok := engine.(translate.Measurer); ok {
			n, _ := m.Length(text)
			return n
		}
		return 0
	}
	fmt.Fprintf(s.err, "koe: %d sentences, %d runs …\n", len(sentences), cmd.Runs)
	if result.Translators, err = bench.Translate(ctx, names, decoders, sentences, cmd.Runs, tokens); err != nil {
		return err
	}
	if peer >= 0 {
		result.Ratio = float64(result.Translators[peer].Sentence.P50) / float64(result.Translators[0].Sentence.P50)
		same := bench.Same(result.Translators[exact], result.Translators[peer])
		result.Same = &same
	}
	if c.JSON {
		return encode(s.out, result)
	}
	return result.print(s)
}

func (cmd *benchTranslateCmd) open(rt *ort.Runtime, cfg *config.Config) (translate.Engine, error) {
	if cmd.Profile != "" && cfg.Translation.Model == config.DefaultTranslationModel {
		return m2m.Open(rt, enjaFiles(), m2m.Options{Threads: cmd.Threads, Profile: cmd.Profile})
	}
	return openEngine(rt, cfg)
}

func (r *translateResult) print(s streams) error {
	if err := r.Print(s.out); err != nil {
		return err
	}
	t := bench.Table{Columns: []string{fmt.Sprintf("%d sentences of 15–20 words, %d threads", r.Sentences, r.Threads), "n", "p50", "p95", "max", "tokens/s"}}
	for _, f := range r.Translators {
		t.AddFigure(f.Name, f.Sentence, fmt.Sprintf("%.0f", f.TokensPerSec))
	}
	if err := t.Print(s.out); err != nil {
		return err
	}
	if r.Same == nil {
		return nil
	}
	_, err := fmt.Fprintf(s.out, "\nkoe is %.1f times as fast as transformers (p50; torch %s, transformers %s); with exact weights %d of %d translations are the same\n",
		r.Ratio, r.Versions["torch"], r.Versions["transformers"], *r.Same, r.Sentences)
	return err
}

// checkpoint is the folder given, or the default where it exists.
func checkpoint(dir string) string {
	if dir != "" {
		return dir
	}
	if _, err := os.Stat(filepath.Join(checkpointDir, m2m.ConfigFile)); err == nil {
		return checkpointDir
	}
	return ""
}

// buildFP32 builds the model with exact weights in a temporary folder, which remove removes, and opens it.
func buildFP32(ctx context.Context, s streams, rt *ort.Runtime, hf string, threads int) (_ *m2m.Engine, remove func() error, err error) {
	recipe, err := m2m.ParseRecipe("fp32")
	if err != nil {
		return nil, nil, err
	}
	b := m2m.Builder{Recipe: recipe}
	if err := b.Accepts(hf); err != nil {
		return nil, nil, usageError{err}
	}
	dir, err := os.MkdirTemp("", "koe-fp32-")
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	fmt.Fprintln(s.err, "koe: building the model with exact weights …")
	if _, err = b.Build(ctx, hf, dir, func(model.Progress) {}); err != nil {
		return nil, nil, err
	}
	e, err := m2m.OpenDir(rt, dir, m2m.Options{Threads: threads})
	return e, func() error { return os.RemoveAll(dir) }, err
}

type benchQualityCmd struct {
	Files  []string `arg:"" type:"existingfile" help:"A sentence, a tab and its translation on each line."`
	Losses bool     `help:"Name the sentences that lost a code span, number or name."`
	FP32   string   `name:"fp32" type:"path" placeholder:"DIR" help:"Compare with the exact weights of this checkpoint (Hugging Face layout)."`
}

// qualityResult is the JSON of one file.
type qualityResult struct {
	File      string          `json:"file"`
	Report    *quality.Report `json:"koe"`
	Fallbacks float64         `json:"fallback_share"`
	Exact     *quality.Report `json:"fp32,omitempty"`
	// Difference is koe's chrF2 less that of the exact weights; First that of the first tries.
	Difference *float64 `json:"chrf_difference,omitempty"`
	First      *float64 `json:"chrf_difference_without_fallbacks,omitempty"`
}

// Run measures quality.
func (cmd *benchQualityCmd) Run(ctx context.Context, s streams, c *common) (err error) {
	cfg, err := c.begin(s)
	if err != nil {
		return err
	}
	files := make([][]quality.Pair, len(cmd.Files))
	for i, name := range cmd.Files {
		if files[i], err = quality.ReadFile(name); err != nil {
			return usageError{err}
		}
	}
	rt, err := openRuntime()
	if err != nil {
		return err
	}
	engine, err := openEngine(rt, cfg)
	if err != nil {
		return err
	}
	koe := translate.New(engine, translate.Options{})
	defer func() { err = errors.Join(err, koe.Close()) }()
	var exact translate.Translator
	if cmd.FP32 != "" {
		fp32, remove, err := buildFP32(ctx, s, rt, cmd.FP32, cfg.Performance.TranslateThreads)
		if err != nil {
			return err
		}
		exact = translate.New(fp32, translate.Options{})
		defer func() { err = errors.Join(err, exact.Close(), remove()) }()
	}
	head := bench.NewHead()
	var results []qualityResult
	for i, pairs := range files {
		r := qualityResult{File: cmd.Files[i]}
		if r.Report, err = evaluate(ctx, s, cfg, koe, "koe", r.File, pairs); err != nil {
			return err
		}
		r.Fallbacks = r.Report.Fallbacks()
		if cmd.Losses {
			for _, one := range r.Report.Results {
				if lost := slices.Concat(one.Losses.Spans, one.Losses.Numbers, one.Losses.Names); len(lost) > 0 {
					fmt.Fprintf(s.err, "%s:%d: lost %q\n\t%s\n\t%s\n", r.File, one.Pair.Line, lost, one.Pair.Source, one.Translation.Text)
				}
			}
		}
		if exact != nil {
			if r.Exact, err = evaluate(ctx, s, cfg, exact, "fp32", r.File, pairs); err != nil {
				return err
			}
			whole, first := r.Report.ChrF-r.Exact.ChrF, r.Report.ChrFFirst-r.Exact.ChrFFirst
			r.Difference, r.First = &whole, &first
		}
		results = append(results, r)
	}
	if c.JSON {
		return encode(s.out, struct {
			bench.Head
			Files []qualityResult `json:"files"`
		}{head, results})
	}
	if err := head.Print(s.out); err != nil {
		return err
	}
	for _, r := range results {
		if err := r.print(s); err != nil {
			return err
		}
	}
	return nil
}

func (r *qualityResult) print(s streams) error {
	fmt.Fprintln(s.out, r.File)
	if err := r.Report.Print(s.out); err != nil {
		return err
	}
	if r.Exact != nil {
		fmt.Fprintln(s.out, "\nwith exact weights (fp32)")
		if err := r.Exact.Print(s.out); err != nil {
			return err
		}
		fmt.Fprintf(s.out, "\nchrF2 less that of exact weights: %+.2f; of first tries: %+.2f\n", *r.Difference, *r.First)
	}
	_, err := fmt.Fprintln(s.out)
	return err
}

// evaluate translates a file's sentences and says on s.err how far it is.
func evaluate(ctx context.Context, s streams, cfg *config.Config, tr translate.Translator, name, file string, pairs []quality.Pair) (*quality.Report, error) {
	said := time.Now()
	return quality.Evaluate(ctx, tr, cfg.Translation.Source, cfg.Translation.Target, pairs, func(done int) {
		if now := time.Now(); now.Sub(said) > 2*time.Second || done == len(pairs) {
			said = now
			fmt.Fprintf(s.err, "koe: %s: %s: %d of %d\n", name, filepath.Base(file), done, len(pairs))
		}
	})
}
