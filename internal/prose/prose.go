// Package prose owns the way from an agent's Markdown, arriving in pieces, to sentences to speak. Code spans are kept as
// units in backticks; code blocks, tables and diffs become announcements; secrets are withheld.
package prose

import (
	"time"

	"koe/internal/agent"
)

// Role says what part of the document a sentence was.
type Role uint8

// The roles of a sentence.
const (
	Body         Role = iota // a paragraph's sentence
	Heading                  // a heading
	Item                     // a sentence of a list item
	Quote                    // a sentence of a block quote
	Announcement             // stands for a code block, table or diff ("A Go code block of 12 lines.")
)

// Pause is the silence intended after a sentence.
type Pause uint8

// The pauses, by what ended the sentence.
const (
	PauseSentence  Pause = iota // next sentence of the same paragraph
	PauseItem                   // list item
	PauseParagraph              // paragraph, heading, block end
)

// Sentence is one unit to translate and speak.
type Sentence struct {
	// Text is plain prose: no Markdown but code spans, which stay in single backticks with their content unchanged (a
	// backtick inside one becomes an apostrophe). A bare address is such a span, too.
	// A secret is the code-free word "secret". Never empty, no newline, no leading or trailing space.
	Text    string
	Role    Role
	Pause   Pause
	Channel agent.Channel
	Session string
	Parent  string
	Read    time.Time // when its last byte was read
}

// Op says what a Cut does to the sentence.
type Op uint8

// The operations. A Guess is followed by exactly one Confirm or Drop of the same sentence before any other Cut of its
// stream; a Confirm without a Guess hands over a new sentence.
const (
	Guess   Op = iota + 1 // a likely end: work may start, nothing may be heard or stored
	Confirm               // the sentence is certain; what is cut cannot change any more
	Drop                  // the guess was wrong
)

// Cut is one step of the cutter.
type Cut struct {
	Op       Op
	Sentence Sentence
}
