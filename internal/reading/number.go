package reading

import "strings"

// unitLength returns the length of the unit that s begins with, 0 if none: the units of the voice's normaliser, which
// must not run on into letters or digits. "/s" may follow and is counted.
func unitLength(s string) int {
	n := 0
	for n < len(s) && isLetter(s[n]) {
		n++
	}
	if n == 0 || n > 5 || n < len(s) && isDigit(s[n]) || !isUnit(s[:n]) {
		return 0
	}
	if strings.HasPrefix(s[n:], "/s") && (len(s) == n+2 || !isAlnum(s[n+2])) {
		n += 2
	}
	return n
}

func isUnit(s string) bool {
	switch s {
	case "ms", "us", "ns", "s", "sec", "min", "h", "KB", "kB", "MB", "GB", "TB", "PB", "KiB", "MiB", "GiB", "TiB", "px", "pt", "Hz",
		"kHz", "MHz", "GHz", "mm", "cm", "m", "km", "kg", "g", "bit", "bits", "byte", "bytes", "Mbps", "Gbps", "kbps", "x", "W", "V":
		return true
	}
	return false
}

// digits returns the length of the digits that s begins with.
func digits(s string) int {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}

// isNumeric reports a token made of digits and the marks of dates, clocks, ranges and fractions.
func isNumeric(s string) bool {
	return s != "" && isDigit(s[0]) && isDigit(s[len(s)-1]) && strings.Trim(s, "0123456789.,:/~-") == "" && !strings.Contains(s, "..")
}

// quantity reads what begins with a digit at s[i] and returns where it ends: the number as it is, with its unit, for the
// normaliser.
func (w *writer) quantity(s string, i int, separators string) int {
	if s[i] == '0' && i+2 < len(s) && (s[i+1]|0x20 == 'x' && isHex(s[i+2]) || s[i+1]|0x20 == 'b' && isDigit(s[i+2])) {
		return w.prefixed(s, i)
	}
	j := i + digits(s[i:])
	for j+1 < len(s) && strings.IndexByte(separators, s[j]) >= 0 && isDigit(s[j+1]) {
		j += 1 + digits(s[j+1:])
	}
	for j+3 < len(s) && s[j] == ',' && digits(s[j+1:]) == 3 { // thousands
		j += 4
	}
	for j+1 < len(s) && s[j] == '_' && isDigit(s[j+1]) { // 1_000_000
		j += 1 + digits(s[j+1:])
	}
	w.number(strings.ReplaceAll(s[i:j], "_", ""))
	rest := s[j:]
	switch {
	case rest == "":
		return j
	case rest[0] == '%':
		w.raw("%")
		return j + 1
	case unitLength(rest) > 0:
		n := unitLength(rest)
		w.raw(rest[:n])
		w.unit = true
		return j + n
	case rest[0]|0x20 == 'e' && len(rest) > 1: // 1e-9
		k, sign := 1, ""
		switch rest[1] {
		case '-':
			k, sign = 2, "マイナス"
		case '+':
			k = 2
		}
		if n := digits(rest[k:]); n > 0 && (k+n == len(rest) || !isAlnum(rest[k+n])) {
			w.kana("かける10の" + sign)
			w.number(rest[k : k+n])
			w.kana("乗")
			return j + k + n
		}
	case rest[0]|0x20 == 'x' && len(rest) > 1 && isDigit(rest[1]): // 1920x1080
		w.kana("かける")
		return j + 1
	case len(rest) >= 2 && (len(rest) == 2 || !isAlnum(rest[2])):
		switch strings.ToLower(rest[:2]) {
		case "st", "nd", "rd", "th":
			w.kana("番目")
			return j + 2
		}
	}
	return j
}

// prefixed reads 0x1F and 0b101 digit by digit, long ones by their first four digits.
func (w *writer) prefixed(s string, i int) int {
	w.kana("ゼロ")
	w.kana(letterName(s[i+1]))
	j := i + 2
	for j < len(s) && (isHex(s[j]) || s[j] == '_') {
		j++
	}
	d := strings.ReplaceAll(s[i+2:j], "_", "")
	w.spell(d[:min(len(d), 4)])
	return j
}

// isHash reports hexadecimal digits as long as a short commit hash or longer, with digits and letters both.
func isHash(s string) bool {
	if len(s) < 7 || len(s) > 128 {
		return false
	}
	n := 0
	for i := range len(s) {
		if !isHex(s[i]) {
			return false
		}
		if isDigit(s[i]) {
			n++
		}
	}
	return n >= 2 && n < len(s)
}

// isUUID reports 8-4-4-4-12 hexadecimal digits.
func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if s[i] != '-' {
				return false
			}
		} else if !isHex(s[i]) {
			return false
		}
	}
	return true
}

// timestamp reads 2026-01-02T03:04:05(.678)(Z|±hh:mm); the zone is left out.
func (w *writer) timestamp(s string) bool {
	if len(s) < 16 || s[10] != 'T' || !isNumeric(s[:10]) || s[4] != '-' || s[7] != '-' {
		return false
	}
	clock := strings.TrimSuffix(s[11:], "Z")
	if k := strings.IndexAny(clock, "+-."); k > 0 {
		clock = clock[:k]
	}
	if !isNumeric(clock) || strings.Trim(clock, "0123456789:") != "" {
		return false
	}
	w.number(s[:10])
	w.space = 1
	w.raw(clock)
	return true
}
