package quality

import (
	"context"
	"fmt"
	"io"
	"time"

	"koe/internal/translate"
)

// Report is what an evaluation found.
type Report struct {
	Sentences int `json:"sentences"`
	// ChrF is the chrF2 of the translations; ChrFFirst that of the first tries, without what fallbacks changed.
	ChrF      float64 `json:"chrf"`
	ChrFFirst float64 `json:"chrf_without_fallbacks"`
	Spans     Kept    `json:"spans"`
	Numbers   Kept    `json:"numbers"`
	Names     Kept    `json:"names"`
	// SecondTry and Piecewise are the sentences that needed that fallback at most.
	SecondTry int `json:"second_try"`
	Piecewise int `json:"piecewise"`
	// FirstSpans and FirstNumbers are what the first tries kept.
	FirstSpans   Kept          `json:"spans_without_fallbacks"`
	FirstNumbers Kept          `json:"numbers_without_fallbacks"`
	Time         time.Duration `json:"time_ns"`
	Results      []Result      `json:"-"`
}

// Kept counts units of the sources and those found in the translations.
type Kept struct {
	All  int `json:"all"`
	Kept int `json:"kept"`
}

// Share returns the part that was kept, 1 if there was nothing to keep.
func (k Kept) Share() float64 {
	if k.All == 0 {
		return 1
	}
	return float64(k.Kept) / float64(k.All)
}

func (k *Kept) add(all, lost int) {
	k.All += all
	k.Kept += all - lost
}

// Result is one sentence of an evaluation.
type Result struct {
	Pair        Pair
	Translation translate.Translation
	Losses      translate.Losses
}

// Fallbacks returns the share of sentences that needed a fallback.
func (r *Report) Fallbacks() float64 {
	if r.Sentences == 0 {
		return 0
	}
	return float64(r.SecondTry+r.Piecewise) / float64(r.Sentences)
}

// Evaluate translates the pairs' sources one after the other and compares with their references. progress, if not nil,
// is told how many are done.
func Evaluate(ctx context.Context, tr translate.Translator, source, target string, pairs []Pair, progress func(done int)) (*Report, error) {
	r := &Report{Sentences: len(pairs), Results: make([]Result, 0, len(pairs))}
	var whole, first ChrF
	begun := time.Now()
	for i, p := range pairs {
		request := translate.Request{Text: p.Source, Source: source, Target: target}
		t, err := tr.Translate(ctx, request)
		if err != nil {
			return nil, fmt.Errorf("quality: line %d: %w", p.Line, err)
		}
		initial := t.Text
		if t.First != "" {
			initial = t.First
		}
		switch t.Fallback {
		case translate.SecondTry:
			r.SecondTry++
		case translate.Piecewise:
			r.Piecewise++
		}
		whole.Add(t.Text, p.Reference)
		first.Add(initial, p.Reference)
		losses := translate.Compare(request, t.Text)
		r.Spans.add(losses.AllSpans, len(losses.Spans))
		r.Numbers.add(losses.AllNumbers, len(losses.Numbers))
		r.Names.add(losses.AllNames, len(losses.Names))
		early := translate.Compare(request, initial)
		r.FirstSpans.add(early.AllSpans, len(early.Spans))
		r.FirstNumbers.add(early.AllNumbers, len(early.Numbers))
		r.Results = append(r.Results, Result{p, t, losses})
		if progress != nil {
			progress(i + 1)
		}
	}
	r.Time = time.Since(begun)
	r.ChrF, r.ChrFFirst = whole.Score(), first.Score()
	return r, nil
}

// Print writes the report as a table.
func (r *Report) Print(w io.Writer) error {
	_, err := fmt.Fprintf(w, `sentences              %6d
chrF2                  %6.2f
  without fallbacks    %6.2f
code spans kept        %6.2f %%  (%d of %d; first tries %.2f %%)
numbers kept           %6.2f %%  (%d of %d; first tries %.2f %%)
names kept             %6.2f %%  (%d of %d)
needed a fallback      %6.2f %%  (second try %d, in pieces %d)
time per sentence      %6.1f ms
`,
		r.Sentences, r.ChrF, r.ChrFFirst,
		100*r.Spans.Share(), r.Spans.Kept, r.Spans.All, 100*r.FirstSpans.Share(),
		100*r.Numbers.Share(), r.Numbers.Kept, r.Numbers.All, 100*r.FirstNumbers.Share(),
		100*r.Names.Share(), r.Names.Kept, r.Names.All,
		100*r.Fallbacks(), r.SecondTry, r.Piecewise,
		float64(r.Time.Microseconds())/1000/float64(max(1, r.Sentences)))
	return err
}
