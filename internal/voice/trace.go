package voice

import (
	"context"
	"time"
)

type traceKey struct{}

// WithTrace returns a context that makes a Synthesizer report how long the parts of its way to the first chunk took, as
// soon as each is done: "normalise", "g2p", "acoustic", "first chunk" for the embedded voice. Other engines report what
// parts they have, or none. trace is called from Synthesize's goroutine.
func WithTrace(ctx context.Context, trace func(part string, took time.Duration)) context.Context {
	return context.WithValue(ctx, traceKey{}, trace)
}

// Trace returns the function given to WithTrace, or one that does nothing.
func Trace(ctx context.Context) func(part string, took time.Duration) {
	if f, ok := ctx.Value(traceKey{}).(func(string, time.Duration)); ok && f != nil {
		return f
	}
	return func(string, time.Duration) {}
}
