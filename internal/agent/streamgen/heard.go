package streamgen

import "time"

// heardTurn is a turn of narration between tool calls, at most n sentences: messages of one to three sentences, and tools
// that take until these have been heard, at that many characters a second. Each message's first sentence so meets
// silence, the others wait for the one before. No sentence comes twice before all came once.
func heardTurn(r *recorder, a *author, n int, rate float64) {
	r.prompt("Please go on.", "")
	last := ""
	for range 2 + r.rng.IntN(4) {
		k := min(n, 1+r.rng.IntN(3))
		if k <= 0 {
			break
		}
		n -= k
		r.wait(r.around(1500 * time.Millisecond)) // to the first token
		last = a.paragraph(k)
		r.text("text", last)
		heard := float64(len(last))/rate + 0.5*float64(k)
		tool := tools[r.rng.IntN(len(tools))]
		r.tool(tool.name, tool.input, time.Duration(heard*float64(time.Second)), tool.result, false)
	}
	r.turnEnd(last)
}
