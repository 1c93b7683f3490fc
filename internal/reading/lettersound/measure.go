package lettersound

// Score is how well a model reads words.
type Score struct {
	Words int
	Exact float64 // share of words read as wanted
	CER   float64 // edit distance in runes over the wanted runes
}

// Measure reads the words with m and compares with their wanted readings.
func Measure(m *Model, pairs []Pair) Score {
	var exact, edits, runes int
	for _, p := range pairs {
		want, got := []rune(p.Kana), []rune(m.Katakana(p.Word))
		d := distance(want, got)
		if d == 0 {
			exact++
		}
		edits += d
		runes += len(want)
	}
	if runes == 0 {
		return Score{}
	}
	return Score{len(pairs), float64(exact) / float64(len(pairs)), float64(edits) / float64(runes)}
}

func distance(a, b []rune) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j := range b {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
