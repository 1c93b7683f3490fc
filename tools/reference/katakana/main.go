// Command katakana trains the letter-to-sound model of internal/reading/lettersound from the lexicon, and measures it on
// the tenth of the lexicon that training leaves out.
//
//	go run ./tools/reference/katakana -o internal/reading/lettersound/model.bin
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"

	"koe/internal/reading"
	"koe/internal/reading/lettersound"
)

func main() {
	lexicon := flag.String("lexicon", "internal/reading/katakana.tsv", "lexicon: word, tab, katakana")
	out := flag.String("o", "", "where to write the model; none: only measure")
	epochs := flag.Int("epochs", 12, "passes over the lexicon")
	size := flag.Int("log2", 19, "log2 of the number of weights, a byte each")
	errors := flag.Bool("errors", false, "print the held-out words that come out differently")
	flag.Parse()
	if err := run(*lexicon, *out, *epochs, *size, *errors); err != nil {
		fmt.Fprintln(os.Stderr, "katakana:", err)
		os.Exit(1)
	}
}

func run(lexicon, out string, epochs, size int, errors bool) error {
	data, err := os.ReadFile(lexicon)
	if err != nil {
		return err
	}
	var train, test []lettersound.Pair
	for line := range strings.Lines(string(data)) {
		word, kana, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if !reading.Spoken(word, kana) {
			continue
		}
		if p := (lettersound.Pair{Word: word, Kana: kana}); lettersound.HeldOut(word) {
			test = append(test, p)
		} else {
			train = append(train, p)
		}
	}
	model, err := lettersound.Train(train, lettersound.Options{Epochs: epochs, Log2Table: size, Seed: 1,
		Log: func(f string, a ...any) { fmt.Printf(f, a...) }})
	if err != nil {
		return err
	}
	m, err := lettersound.Load(string(model))
	if err != nil {
		return err
	}
	for name, pairs := range map[string][]lettersound.Pair{"training": train, "held out": test} {
		s := lettersound.Measure(m, pairs)
		fmt.Printf("%s: %d words, exact %.1f %%, character error rate %.2f %%\n", name, s.Words, 100*s.Exact, 100*s.CER)
	}
	if errors {
		for _, p := range test {
			if k := m.Katakana(p.Word); k != p.Kana {
				fmt.Println(p.Word, p.Kana, k)
			}
		}
	}
	if out == "" {
		return nil
	}
	return os.WriteFile(out, model, 0o644)
}
