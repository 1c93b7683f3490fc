package spm

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// normaliser rewrites text before it is cut: characters by the model's own map (NFKC and the like, as a double-array
// trie), spaces by its flags.
type normaliser struct {
	trie        string // units of 4 bytes, little-endian (Darts-clone)
	mapped      string // the replacements, each ended by a zero byte
	dummyPrefix bool
	trim        bool
	suffix      bool // the dummy space comes last
	space       string
	keep        *prefixes // user-defined symbols are left as they are
}

func newNormaliser(p protoNormaliser, suffix bool) (normaliser, error) {
	n := normaliser{dummyPrefix: p.dummyPrefix, trim: p.trimSpaces, suffix: suffix, space: " "}
	if p.escape {
		n.space = space
	}
	if p.charsmap == "" {
		return n, nil
	}
	if len(p.charsmap) <= 4 {
		return n, fmt.Errorf("a character map of %d bytes", len(p.charsmap))
	}
	size := binary.LittleEndian.Uint32([]byte(p.charsmap[:4]))
	rest := p.charsmap[4:]
	if uint64(size) >= uint64(len(rest)) || size%4 != 0 {
		return n, fmt.Errorf("a character map whose trie has %d of %d bytes", size, len(rest))
	}
	n.trie, n.mapped = rest[:size], rest[size:]
	if n.mapped[len(n.mapped)-1] != 0 {
		return n, errors.New("a character map that does not end with a zero byte")
	}
	return n, nil
}

// unit returns the trie's unit at the index; beyond the end a unit that matches nothing.
func (n *normaliser) unit(i uint32) uint32 {
	if uint64(i)*4+4 > uint64(len(n.trie)) {
		return 1 << 31
	}
	s := n.trie[i*4 : i*4+4]
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}

func offset(unit uint32) uint32 { return unit >> 10 << (unit & (1 << 9) >> 6) }

// match returns the longest rule that s starts with: its length and replacement.
func (n *normaliser) match(s string) (length int, replacement string) {
	if n.trie == "" {
		return 0, ""
	}
	unit := n.unit(0)
	pos := offset(unit)
	value := uint32(0)
	for i := range len(s) {
		pos ^= uint32(s[i])
		unit = n.unit(pos)
		if unit&(1<<31|0xff) != uint32(s[i]) {
			break
		}
		pos ^= offset(unit)
		if unit>>8&1 == 1 {
			length, value = i+1, n.unit(pos)&(1<<31-1)
		}
	}
	if length == 0 || uint64(value) >= uint64(len(n.mapped)) {
		return 0, ""
	}
	text := n.mapped[value:]
	return length, text[:strings.IndexByte(text, 0)]
}

// next returns how the text's beginning is normalised and how many bytes of the text that are.
func (n *normaliser) next(s string) (out string, consumed int) {
	if n.keep != nil {
		if k := n.keep.longest(s); k > 0 {
			return s[:k], k
		}
	}
	if k, text := n.match(s); k > 0 {
		return text, k
	}
	r, k := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && k == 1 {
		return "\uFFFD", 1
	}
	return s[:k], k
}

func (n *normaliser) normalise(s string) string {
	if n.trim {
		for s != "" {
			out, k := n.next(s)
			if out != " " {
				break
			}
			s = s[k:]
		}
	}
	if s == "" {
		return ""
	}
	b := make([]byte, 0, len(s)+len(s)/2+8)
	if n.dummyPrefix && !n.suffix {
		b = append(b, n.space...)
	}
	afterSpace := n.trim
	for s != "" {
		out, k := n.next(s)
		if afterSpace {
			out = strings.TrimLeft(out, " ")
		}
		if out != "" {
			for i := range len(out) {
				if out[i] == ' ' {
					b = append(b, n.space...)
				} else {
					b = append(b, out[i])
				}
			}
			afterSpace = n.trim && out[len(out)-1] == ' '
		}
		s = s[k:]
	}
	if n.trim {
		for len(b) >= len(n.space) && string(b[len(b)-len(n.space):]) == n.space {
			b = b[:len(b)-len(n.space)]
		}
	}
	if n.dummyPrefix && n.suffix {
		b = append(b, n.space...)
	}
	return string(b)
}
