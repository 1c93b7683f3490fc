package reading

import "strings"

// url reads the host of an address; that there is more is said, not read.
func (w *writer) url(s string) bool {
	scheme, rest, _ := strings.Cut(s, "://")
	if scheme == "" || strings.IndexFunc(scheme, func(r rune) bool { return !isAlnum(byte(r)) && r != '+' && r != '-' && r != '.' }) >= 0 {
		return false
	}
	end := strings.IndexAny(rest, "/?#")
	host, more := rest, ""
	if end >= 0 {
		host, more = rest[:end], strings.Trim(rest[end:], "/")
	}
	if k := strings.LastIndexByte(host, '@'); k >= 0 {
		host = host[k+1:]
	}
	port := ""
	if k := strings.LastIndexByte(host, ':'); k >= 0 && digits(host[k+1:]) == len(host)-k-1 && k+1 < len(host) {
		host, port = host[:k], host[k+1:]
	}
	host = strings.TrimPrefix(host, "www.")
	switch {
	case host == "" && more == "":
		newLexer(w, scheme, "", true).run()
		w.kana("コロンスラッシュスラッシュ")
		return true
	case host == "":
		newLexer(w, scheme, "", true).run()
		more = "/"
	case isNumeric(host):
		w.number(host)
	default:
		newLexer(w, host, "", true).run()
	}
	if port != "" {
		w.kana("のポート")
		w.number(port)
	}
	if more != "" {
		w.kana("の")
		w.letters("URL")
	}
	return true
}

// mail reads name@host.domain.
func (w *writer) mail(s string) bool {
	name, host, _ := strings.Cut(s, "@")
	if !strings.Contains(host, ".") || strings.Trim(host, ".") != host || strings.ContainsAny(s, "()/:,;<>=\"'") || strings.Contains(host, "@") || !isLetter(host[0]) || !isLetter(host[len(host)-1]) {
		return false
	}
	newLexer(w, name, "", true).run()
	w.kana("アットマーク")
	newLexer(w, host, "", true).run()
	return true
}
