package reading

import "strings"

// lexer reads a token of code: words, numbers, and the marks between them.
type lexer struct {
	w    *writer
	s    string
	next string // the text after the token
	code bool

	separators string // that a number may hold
	slashes    int
	path       bool // slashes are a path's
}

func newLexer(w *writer, s, next string, code bool) *lexer {
	l := &lexer{w: w, s: s, next: next, code: code, separators: ".,:/~-", slashes: strings.Count(s, "/")}
	l.path = l.slashes > 0 && (code || l.slashes > 1 || strings.ContainsAny(s, "._~") || s[0] == '/' || s[len(s)-1] == '/')
	if code || l.path {
		l.separators = "."
	}
	return l
}

func (l *lexer) before(i int) byte {
	if i <= 0 {
		return 0
	}
	return l.s[i-1]
}

func (l *lexer) at(i int) byte {
	if i >= len(l.s) {
		return 0
	}
	return l.s[i]
}

func (l *lexer) run() {
	for i := 0; i < len(l.s); {
		switch c := l.s[i]; {
		case isAlnum(c):
			i = l.name(i)
		default:
			i = l.mark(i)
		}
	}
}

// name reads letters, digits and underscores from i on.
func (l *lexer) name(i int) int {
	j := i
	for j < len(l.s) && (isAlnum(l.s[j]) || l.s[j] == '_' || l.s[j] == '\'' && !l.code && j > i && isLetter(l.at(j+1))) {
		j++
	}
	run := l.s[i:j]
	w := l.w
	if strings.IndexByte(run, '_') > 0 {
		if kana, ok := w.known(run); ok {
			w.say(kana, run)
			return j
		}
	}
	switch {
	case isHash(run):
		if !w.ends("ハッシュ") {
			w.kana("ハッシュ")
		}
		w.spell(run[:4])
		return j
	case isDigit(run[0]):
		if kana, ok := w.known(run); ok { // 2fa and the like
			w.say(kana, run)
			return j
		}
		if i > 1 && l.s[i-1] == '-' && isAlnum(l.s[i-2]) { // name-4-5
			return w.quantity(l.s, i, ".")
		}
		return w.quantity(l.s, i, l.separators)
	case w.last >= '0' && w.last <= '9' && w.space <= 1 && i == 0 && unitLength(l.s) == len(l.s): // 10 MB
		w.raw(l.s)
		w.unit = true
		return len(l.s)
	case run[0]|0x20 == 'v' && len(run) > 1 && isDigit(run[1]):
		if _, ok := w.known(run); !ok || l.at(j) == '.' {
			return l.version(i)
		}
	case strings.IndexByte(run, '\'') > 0:
		w.contraction(run)
		return j
	case (run == "C" || run == "F") && l.at(j) == '#':
		w.letters(run)
		w.kana("シャープ")
		return j + 1
	case run == "C" && strings.HasPrefix(l.s[j:], "++"):
		w.letters(run)
		w.kana("プラスプラス")
		return j + 2
	}
	if l.at(j) == '-' && isDigit(l.at(j+1)) { // UTF-8, SHA-256: one name
		k := j + 1 + digits(l.s[j+1:])
		if kana, ok := w.known(run + l.s[j+1:k]); ok && !isAlnum(l.at(k)) {
			w.say(kana, run+l.s[j+1:k])
			return k
		}
	}
	if run == "etc" && l.before(i) == '/' {
		w.letters(run)
		return j
	}
	if k := len(strings.TrimRight(run, "0123456789")); k < len(run) && isLetter(run[k-1]) && l.at(j) == '.' && isDigit(l.at(j+1)) &&
		strings.IndexByte(run, '_') < 0 && strings.IndexByte(run, '\'') < 0 { // Go1.26
		w.word(run[:k])
		return w.quantity(l.s, i+k, ".")
	}
	for part := range strings.SplitSeq(run, "_") {
		switch {
		case part == "":
		case part[0]|0x20 == 'v' && len(part) > 1 && digits(part[1:]) == len(part)-1 && part != run:
			w.kana("バージョン")
			w.number(part[1:])
		default:
			w.word(part)
		}
	}
	return j
}

// version reads v1.2.3.
func (l *lexer) version(i int) int {
	if !l.w.ends("バージョン") {
		l.w.kana("バージョン")
	}
	l.w.space = 0
	j := i + 1 + digits(l.s[i+1:])
	for l.at(j) == '.' && isDigit(l.at(j+1)) {
		j += 1 + digits(l.s[j+1:])
	}
	l.w.number(l.s[i+1 : j])
	return j
}

// contraction reads don't and user's.
func (w *writer) contraction(s string) {
	if kana, ok := lookup(strings.ToLower(s)); ok {
		w.kana(kana)
		return
	}
	for part := range strings.SplitSeq(s, "'") {
		switch {
		case part == "":
		case part == "s" && w.last != 0:
			if w.last == 'ス' || w.last == 'ク' || w.last == 'プ' || w.last == 'ト' {
				w.kana("ス")
			} else {
				w.kana("ズ")
			}
		default:
			for p := range strings.SplitSeq(part, "_") {
				if p != "" {
					w.word(p)
				}
			}
		}
	}
}

// mark reads what is neither a letter nor a digit at i, and returns where it ends.
func (l *lexer) mark(i int) int {
	w, s, c := l.w, l.s, l.s[i]
	prev, next := l.before(i), l.at(i+1)
	switch c {
	case '"', '\'', '`', '[', ']', '{', '}', ')', '_':
		return i + 1
	case '(':
		if isAlnum(prev) && next != ')' {
			w.pause()
		}
		return i + 1
	case ',', ';':
		w.pause()
		return i + 1
	case '.':
		return l.dot(i)
	case '/':
		return l.slash(i)
	case ':':
		if next != ':' && next != '=' {
			return l.colon(i)
		}
	case '-':
		switch {
		case next == '>' || next == '=':
		case isAlnum(prev) && (isAlnum(next) || next == 0) || prev == '-' || next == '-' && !isAlnum(prev):
			return i + 1
		case isDigit(next) || l.code && s == "-":
			w.kana("マイナス")
			return i + 1
		case next != '-':
			return i + 1
		}
	case '?', '!':
		switch {
		case next == '=' || next == c || c == '?' && next == '.':
		case c == '!' && l.code && !isAlnum(prev) && prev != ')' && (isAlnum(next) || next == '('):
			w.kana("ノット")
			return i + 1
		default:
			return i + 1
		}
	case '<':
		if (isLetter(next) || next == '/' || next == '>') && (w.angles > 0 || l.closes(i)) {
			w.angles++
			return i + 1
		}
	case '>':
		if w.angles > 0 && prev != '-' && prev != '=' {
			w.angles--
			return i + 1
		}
	case '#':
		if n := digits(s[i+1:]); n > 0 && !isAlnum(l.at(i+1+n)) {
			w.number(s[i+1 : i+1+n])
			if !strings.HasPrefix(l.next, "番") {
				w.kana("番")
			}
			return i + 1 + n
		}
		if !l.code && !isAlnum(next) {
			return i + 1
		}
	case '~':
		if isDigit(next) && !isDigit(prev) && !l.code {
			w.kana("約")
			return i + 1
		}
	case '*', '^', '|', '\\':
		if !l.code && !l.path {
			return i + 1
		}
	case '$':
		if isDigit(next) && !l.code { // an amount
			w.raw("$")
			j := w.quantity(s, i+1, ".")
			return j
		}
	}
	op, reading := operator(s[i:])
	if op == "" {
		return i + 1
	}
	w.kana(reading)
	return i + len(op)
}

// closes reports whether an angle bracket opened at i is closed soon after.
func (l *lexer) closes(i int) bool {
	s := l.s[i:]
	s = s[:min(len(s), 80)]
	if strings.IndexByte(s, '>') > 0 {
		return true
	}
	inside, _, _ := strings.Cut(l.next[:min(len(l.next), 80)], "`")
	return l.code && strings.IndexByte(inside, '>') >= 0
}

func (l *lexer) dot(i int) int {
	w, s := l.w, l.s
	n := 1
	for l.at(i+n) == '.' {
		n++
	}
	prev, next := l.before(i), l.at(i+n)
	switch {
	case n == 2 && isDigit(prev) && isDigit(next):
		w.kana("から")
	case n == 2 && (next == '/' || next == 0):
		w.kana("ドットドット")
	case n == 2 && isAlnum(prev) && isAlnum(next):
		w.kana("ドットドット")
	case n > 1:
		w.pause()
	case next == '/' && i == 0: // ./run.sh
		return i + 2
	case isDigit(next) && isDigit(prev), isDigit(next) && isAlnum(prev): // rc.1
		if isDigit(prev) {
			w.kana("ドット")
		}
	case isDigit(next) && i == 0:
		w.number("0")
		w.raw(".")
		j := i + 1 + digits(s[i+1:])
		w.raw(s[i+1 : j])
		return j
	case isAlnum(next) || next == '_' || next == '*' || next == '{' || next == '[' && l.code:
		w.kana("ドット")
	}
	return i + n
}

func (l *lexer) slash(i int) int {
	w := l.w
	prev, next := l.before(i), l.at(i+1)
	switch {
	case next == '/' || next == '=' || next == '*':
		op, reading := operator(l.s[i:])
		w.kana(reading)
		return i + len(op)
	case next == 's' && !isAlnum(l.at(i+2)) && isAlnum(prev) && l.slashes == 1: // req/s
		w.kana("毎秒")
		return i + 2
	case !l.path:
		if next != 0 && prev != 0 && !isAlnum(prev) {
			w.pause()
		}
	case next == 0 && prev != 0 && prev != '/': // a folder's last slash
	case l.parts() > 3 && prev != 0 && prev != '.' && prev != '~':
		w.pause()
	default:
		w.kana("スラッシュ")
	}
	return i + 1
}

// parts counts what the path's slashes part.
func (l *lexer) parts() int {
	n := l.slashes + 1
	if l.s[0] == '/' || strings.HasPrefix(l.s, "./") {
		n--
	}
	if l.s[len(l.s)-1] == '/' {
		n--
	}
	return n
}

// colon reads a position in a file as such, any other colon as a pause.
func (l *lexer) colon(i int) int {
	line := digits(l.s[i+1:])
	end := i + 1 + line
	column := 0
	if to := digits(l.s[min(end+1, len(l.s)):]); l.at(end) == '-' && to > 0 && end+1+to == len(l.s) && l.fileBefore(i) && line > 0 {
		l.w.kana("の")
		l.w.number(l.s[i+1 : end])
		l.w.kana("行目から")
		l.w.number(l.s[end+1:])
		l.lineWord()
		return len(l.s)
	}
	if l.at(end) == ':' {
		column = digits(l.s[end+1:])
	}
	if total := end + column; line > 0 && l.fileBefore(i) &&
		(end == len(l.s) || column > 0 && total+1 == len(l.s)) {
		l.w.kana("の")
		l.w.number(l.s[i+1 : end])
		if column == 0 {
			l.lineWord()
		} else {
			l.w.kana("行目")
			l.w.number(l.s[end+1 : end+1+column])
			l.w.kana("文字目")
			return end + 1 + column
		}
		return end
	}
	l.w.pause()
	return i + 1
}

// fileBefore reports whether what stands before i looks like a file's name: an extension of letters.
func (l *lexer) fileBefore(i int) bool {
	return i > 2 && isLetter(l.s[i-1]) && strings.Contains(l.s[max(0, i-6):i], ".")
}

// lineWord writes 行目 unless the sentence says it itself.
func (l *lexer) lineWord() {
	if !strings.HasPrefix(strings.TrimLeft(l.next, " `"), "行") {
		l.w.kana("行目")
	}
}
