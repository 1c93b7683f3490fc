package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"koe/internal/audio"
	"koe/internal/audio/wav"
	"koe/internal/config"
	"koe/internal/hardware"
	"koe/internal/ort"
	"koe/internal/pipeline"
	"koe/internal/translate/m2m"
	voicekoe "koe/internal/voice/koe"
)

// graphs tells on which execution providers the nodes of the models' graphs run.
func (d *doctor) graphs(ctx context.Context) []part {
	const notRun = "not looked at: "
	if d.cfg == nil {
		return []part{{Name: "graphs", State: stateUnused, Found: notRun + "the configuration is wrong"}}
	}
	rt, err := openRuntime()
	if err != nil {
		return []part{{Name: "graphs", State: stateUnused, Found: notRun + "ONNX Runtime is missing"}}
	}
	var parts []part
	add := func(name string, nodes map[string]int, err error) {
		if err != nil {
			parts = append(parts, failed(name, err))
			return
		}
		p := part{Name: name, State: stateOK, Data: map[string]any{"nodes": nodes}}
		var found []string
		for _, provider := range slices.Sorted(maps.Keys(nodes)) {
			found = append(found, fmt.Sprintf("%d on %s", nodes[provider], provider))
		}
		p.Found = "nodes: " + strings.Join(found, ", ")
		parts = append(parts, p)
	}
	if d.cfg.Translation.Source != d.cfg.Translation.Target {
		nodes, err := translatorNodes(ctx, rt, d.cfg)
		add("translator", nodes, err)
	}
	if d.cfg.TTS.Model == voicekoe.Name {
		m := voiceModels()
		for _, g := range []struct {
			name  string
			graph []byte
		}{{"voice g2p", m.G2P}, {"voice acoustic", m.Acoustic}, {"voice vocoder", m.Vocoder}} {
			nodes, err := graphNodes(rt, g.graph)
			add(g.name, nodes, err)
		}
	}
	return parts
}

func graphNodes(rt *ort.Runtime, graph []byte) (map[string]int, error) {
	s, err := rt.NewSession(graph, ort.Options{RecordNodes: true})
	if err != nil {
		return nil, err
	}
	nodes, err := s.NodesPerProvider()
	return nodes, errors.Join(err, s.Close())
}

// translatorNodes translates a sentence under ONNX Runtime's profiler: the engine writes its graphs itself, and the
// profile has every node that ran, those inside the search loop too, with its provider.
func translatorNodes(ctx context.Context, rt *ort.Runtime, cfg *config.Config) (nodes map[string]int, err error) {
	dir, err := os.MkdirTemp("", "koe-doctor-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	opts := m2m.Options{Threads: cfg.Performance.TranslateThreads, Profile: filepath.Join(dir, "profile")}
	var engine *m2m.Engine
	if cfg.Translation.Model == config.DefaultTranslationModel {
		engine, err = m2m.Open(rt, enjaFiles(), opts)
	} else {
		in, oerr := store().Open(cfg.Translation.Model)
		if oerr != nil {
			return nil, oerr
		}
		engine, err = m2m.OpenDir(rt, in.Dir, opts)
	}
	if err != nil {
		return nil, err
	}
	_, err = engine.Decode(ctx, "It works.", cfg.Translation.Source, cfg.Translation.Target, 1)
	if err = errors.Join(err, engine.Close()); err != nil { // closing completes the profiles
		return nil, err
	}
	profiles, err := filepath.Glob(filepath.Join(dir, "profile*"))
	if err != nil {
		return nil, err
	}
	nodes = map[string]int{}
	for _, file := range profiles {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		if err := countNodes(nodes, data); err != nil {
			return nil, fmt.Errorf("ONNX Runtime's profile: %w", err)
		}
	}
	if len(nodes) == 0 {
		return nil, errors.New("ONNX Runtime wrote no profile")
	}
	return nodes, nil
}

// countNodes adds the nodes of a profile, each once however often it ran.
func countNodes(nodes map[string]int, profile []byte) error {
	var events []struct {
		Cat, Name string
		Args      struct {
			Provider string
			Index    string `json:"node_index"`
		}
	}
	if err := json.Unmarshal(profile, &events); err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, e := range events {
		id := e.Name + " " + e.Args.Index
		if e.Cat != "Node" || e.Args.Provider == "" || seen[id] {
			continue
		}
		seen[id] = true
		nodes[strings.TrimSuffix(e.Args.Provider, "ExecutionProvider")]++
	}
	return nil
}

// selfTest says a sentence the whole way, into memory.
func (d *doctor) selfTest(ctx context.Context) []part {
	p := part{Name: "self-test", State: stateUnused}
	if d.cfg == nil {
		p.Found = "not run: the configuration is wrong"
		return []part{p}
	}
	const sentence = "All tests pass, and the change is ready."
	sum, heard, err := speakToMemory(ctx, d.cfg, sentence)
	if ctx.Err() != nil {
		p.State, p.Found = stateFailed, ctx.Err().Error()
		return []part{p}
	}
	if err != nil {
		return []part{failed("self-test", err)}
	}
	p.State = stateOK
	p.Found = fmt.Sprintf("%q → %q", sentence, heard.text)
	p = p.detail("%.1f s of sound; ready %.0f ms after the start of loading", heard.seconds, heard.loadMS)
	p = p.detail("translation %s, first sound %s after the sentence's end (the first sentence of a process is the slowest)",
		milliseconds(sum.Translate), milliseconds(sum.Ready))
	p.Data = map[string]any{"text": heard.text, "sound_s": heard.seconds, "load_ms": heard.loadMS,
		"translate": sum.Translate, "ready": sum.Ready}
	if r, err := hardware.ResidentMemory(); err == nil {
		p = p.detail("memory: %.0f MB resident, %.0f MB of it files; peak %.0f MB", float64(r.Total)/1e6, float64(r.File)/1e6, float64(r.Peak)/1e6)
		p.Data["resident"] = r
	}
	return []part{p}
}

func milliseconds(f pipeline.Figure) string { return fmt.Sprintf("%.1f ms", f.P50.Seconds()*1e3) }

// heard is what a self-test gave.
type heard struct {
	text    string
	seconds float64
	loadMS  float64
}

// speakToMemory says a sentence with the configured engines and checks that there is sound.
func speakToMemory(ctx context.Context, cfg *config.Config, sentence string) (sum pipeline.Summary, h heard, err error) {
	p, err := openParts(ctx, cfg, need{translator: true, voice: true})
	if err != nil {
		return sum, h, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	h.loadMS = p.ready.Seconds() * 1e3
	var file bytes.Buffer
	sink, err := wav.NewWriter(&file, "memory", p.voice.Format(), wav.Options{})
	if err != nil {
		return sum, h, err
	}
	var problem string
	pipe, err := newPipeline(cfg, p, sink, func(n pipeline.Note) {
		if n.Text != "" {
			h.text = n.Text
		}
		if n.Error != "" {
			problem = n.Error
		}
	})
	if err != nil {
		return sum, h, errors.Join(err, sink.Close())
	}
	sum, err = pipe.Run(ctx, textSource(sentence))
	if err = errors.Join(err, sink.Close()); err != nil {
		return sum, h, err
	}
	if problem != "" {
		return sum, h, errors.New(problem)
	}
	format, samples, err := wav.ReadAll(&file, "memory")
	if err != nil {
		return sum, h, err
	}
	h.seconds = format.Duration(len(samples)).Seconds()
	if audio.RMS(samples) < 1e-3 {
		return sum, h, fmt.Errorf("%.1f s of silence came out", h.seconds)
	}
	return sum, h, nil
}
