package prose

// Options says what a cutter speaks. The zero value speaks prose only; Defaults is what users expect.
type Options struct {
	SpeakThinking bool // speak thinking blocks (agent.Thinking), too
	AnnounceCode  bool // announce code blocks and diffs ("A Go code block of 12 lines.")
	AnnounceTable bool // announce tables ("A table of 3 rows.")
	NoGuess       bool // never speculate: certain sentences only
	// MaxSentence is the length in runes from which a sentence is cut at a clause, so that latency stays bounded; 0 is 300.
	MaxSentence int
}

// Defaults returns the options that Koe starts with: announcements on, thinking off.
func Defaults() Options { return Options{AnnounceCode: true, AnnounceTable: true} }

func (o Options) maxSentence() int {
	if o.MaxSentence <= 0 {
		return 300
	}
	return max(o.MaxSentence, 80)
}
