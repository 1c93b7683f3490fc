package prose

// Redact replaces the secrets in a line of text by the word "secret", for what is shown but not spoken (a tool's detail).
func Redact(s string) string {
	s, _ = redact(s)
	return s
}
