package koe

// Readings placeholder.
type Readings struct{}

func (r *Readings) apply(dst, s []cell) []cell { return append(dst, s...) }
