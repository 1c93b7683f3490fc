package streamgen

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Stats says what was written.
type Stats struct {
	Lines     int
	Bytes     int64
	Sentences int           // of prose; Generate alone counts them
	Duration  time.Duration // of the recording
}

// The sizes of text deltas in real streams, in characters: log-normal with this median and 90th percentile; a block's
// first one is short.
const (
	deltaMedian = 47
	deltaP90    = 109
	firstMedian = 7
	z90         = 1.2816 // of the normal distribution
)

// charsPerSecond is how fast the model writes.
const charsPerSecond = 240

// recorder writes a session line by line and keeps its clock.
type recorder struct {
	w        *bufio.Writer
	rng      *rand.Rand
	noPieces bool // as without --include-partial-messages
	stats    Stats
	err      error
	now      time.Duration

	session string
	message string // id of the open message; "" between messages
	index   int    // of its next block
	stop    string // its stop reason
}

func newRecorder(w io.Writer, seed uint64) *recorder {
	r := &recorder{w: bufio.NewWriterSize(w, 64<<10), rng: rand.New(rand.NewPCG(seed, 0x6b6f65))}
	r.session = r.uuid()
	return r
}

// finish flushes.
func (r *recorder) finish() (Stats, error) {
	if r.err == nil {
		r.err = r.w.Flush()
	}
	r.stats.Duration = r.now
	return r.stats, r.err
}

// line writes one object: format without its closing brace, to which the time is added.
func (r *recorder) line(format string, args ...any) {
	if r.err != nil {
		return
	}
	n, err := fmt.Fprintf(r.w, format+",\"_t\":%d}\n", append(args, r.now.Milliseconds())...)
	r.err = err
	r.stats.Lines++
	r.stats.Bytes += int64(n)
}

// tail is what most lines end with.
func (r *recorder) tail(parent string) string {
	p := "null"
	if parent != "" {
		p = quote(parent)
	}
	return fmt.Sprintf(`"session_id":%q,"parent_tool_use_id":%s,"uuid":%q`, r.session, p, r.uuid())
}

// wait lets time pass.
func (r *recorder) wait(d time.Duration) { r.now += d }

// around is a duration that varies a little.
func (r *recorder) around(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (0.75 + 0.5*r.rng.Float64()))
}

func (r *recorder) init() {
	r.line(`{"type":"system","subtype":"init","cwd":"/home/dev/project","session_id":%q,"tools":["Task","Bash","Edit","Glob","Grep","Read","Write"],"mcp_servers":[],"model":"claude-opus-4-8","permissionMode":"default","uuid":%q`, r.session, r.uuid())
}

func (r *recorder) prompt(text, parent string) {
	r.line(`{"type":"user","message":{"role":"user","content":[{"type":"text","text":%s}]},%s`, quote(text), r.tail(parent))
}

// begin opens a message, unless one is open.
func (r *recorder) begin() {
	if r.message != "" {
		return
	}
	r.message, r.index, r.stop = "msg_01"+r.id(22), 0, "end_turn"
	r.line(`{"type":"system","subtype":"status","status":"requesting","uuid":%q,"session_id":%q`, r.uuid(), r.session)
	r.event(`{"type":"message_start","message":{"model":"claude-opus-4-8","id":%q,"type":"message","role":"assistant","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":2,"output_tokens":2}}}`, r.message)
}

// end closes the message.
func (r *recorder) end() {
	if r.message == "" {
		return
	}
	r.event(`{"type":"message_delta","delta":{"stop_reason":%q,"stop_sequence":null},"usage":{"output_tokens":%d}}`, r.stop, 50+r.index)
	r.event(`{"type":"message_stop"}`)
	r.message = ""
}

func (r *recorder) event(format string, args ...any) {
	if r.noPieces {
		return
	}
	r.line(`{"type":"stream_event","event":%s,%s`, fmt.Sprintf(format, args...), r.tail(""))
}

// assistant writes a complete block.
func (r *recorder) assistant(message, block, parent string) {
	r.line(`{"type":"assistant","message":{"model":"claude-opus-4-8","id":%q,"type":"message","role":"assistant","content":[%s],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":2,"output_tokens":2}},%s`, message, block, r.tail(parent))
}

// text writes a block of prose or thinking, in pieces and complete.
func (r *recorder) text(kind, text string) {
	r.begin()
	field, extra := "text", ""
	if kind == "thinking" {
		field, extra = "thinking", `,"signature":""`
	}
	r.event(`{"type":"content_block_start","index":%d,"content_block":{"type":%q,%q:""%s}}`, r.index, kind, field, extra)
	for rest, first := text, true; rest != ""; first = false {
		n := cut(rest, r.deltaSize(first))
		r.wait(r.around(time.Duration(n) * time.Second / charsPerSecond))
		r.event(`{"type":"content_block_delta","index":%d,"delta":{"type":"%s_delta",%q:%s}}`, r.index, kind, field, quote(rest[:n]))
		rest = rest[n:]
	}
	r.assistant(r.message, fmt.Sprintf(`{"type":%q,%q:%s%s}`, kind, field, quote(text), extra), "")
	r.event(`{"type":"content_block_stop","index":%d}`, r.index)
	r.index++
}

// tool writes a call, lets it take its time, and writes its result.
func (r *recorder) tool(name, input string, takes time.Duration, result string, failed bool) {
	id := r.call(name, input)
	r.wait(takes)
	r.result(id, result, failed, "")
}

// call writes a tool call and ends the message. It returns the call's id.
func (r *recorder) call(name, input string) string {
	r.begin()
	id := "toolu_01" + r.id(22)
	r.event(`{"type":"content_block_start","index":%d,"content_block":{"type":"tool_use","id":%q,"name":%s,"input":{}}}`, r.index, id, quote(name))
	for rest := input; rest != ""; {
		n := cut(rest, r.deltaSize(false))
		r.wait(r.around(time.Duration(n) * time.Second / charsPerSecond))
		r.event(`{"type":"content_block_delta","index":%d,"delta":{"type":"input_json_delta","partial_json":%s}}`, r.index, quote(rest[:n]))
		rest = rest[n:]
	}
	r.assistant(r.message, fmt.Sprintf(`{"type":"tool_use","id":%q,"name":%s,"input":%s}`, id, quote(name), input), "")
	r.event(`{"type":"content_block_stop","index":%d}`, r.index)
	r.index++
	r.stop = "tool_use"
	r.end()
	return id
}

func (r *recorder) result(id, result string, failed bool, parent string) {
	r.line(`{"type":"user","message":{"role":"user","content":[{"tool_use_id":%q,"type":"tool_result","content":%s,"is_error":%t}]},%s`, id, quote(result), failed, r.tail(parent))
}

// subagent runs a task in a subagent, which says the given texts (whole: Claude Code streams no pieces of subagents).
func (r *recorder) subagent(description string, takes time.Duration, says []string) {
	input := fmt.Sprintf(`{"description":%s,"prompt":%s,"subagent_type":"general-purpose"}`, quote(description), quote(description+"."))
	id, task := r.call("Task", input), "a"+r.id(16)
	r.line(`{"type":"system","subtype":"task_started","task_id":%q,"tool_use_id":%q,"description":%s,"subagent_type":"general-purpose","task_type":"local_agent","uuid":%q,"session_id":%q`, task, id, quote(description), r.uuid(), r.session)
	r.prompt(description+".", id)
	last := ""
	for _, text := range says {
		r.wait(takes / time.Duration(len(says)))
		r.assistant("msg_01"+r.id(22), fmt.Sprintf(`{"type":"text","text":%s}`, quote(text)), id)
		last = text
	}
	r.line(`{"type":"system","subtype":"task_notification","task_id":%q,"tool_use_id":%q,"status":"completed","output_file":"","summary":%s,"uuid":%q,"session_id":%q`, task, id, quote(description), r.uuid(), r.session)
	r.result(id, last, false, "")
}

// permission asks the person, who takes some time to answer.
func (r *recorder) permission(name, input string, takes time.Duration) {
	id := r.uuid()
	r.line(`{"type":"control_request","request_id":%q,"request":{"subtype":"can_use_tool","tool_name":%s,"input":%s}`, id, quote(name), input)
	r.wait(takes)
	r.line(`{"type":"control_response","response":{"subtype":"success","request_id":%q,"response":{"behavior":"allow"}}`, id)
}

// turnEnd ends the turn. As in real streams the result repeats the last text, cut short.
func (r *recorder) turnEnd(last string) {
	r.end()
	last = last[:cut(last, 400)]
	r.line(`{"type":"result","subtype":"success","is_error":false,"duration_ms":%d,"num_turns":1,"result":%s,"stop_reason":"end_turn","session_id":%q,"uuid":%q`, r.now.Milliseconds(), quote(last), r.session, r.uuid())
}

// deltaSize is the size of the next delta, in characters.
func (r *recorder) deltaSize(first bool) int {
	median, sigma := float64(deltaMedian), math.Log(deltaP90/float64(deltaMedian))/z90
	if first {
		median, sigma = firstMedian, 0.4
	}
	return max(1, int(math.Round(median*math.Exp(sigma*r.rng.NormFloat64()))))
}

// cut is the length in bytes of the first n characters of s.
func cut(s string, n int) int {
	at := 0
	for ; n > 0 && at < len(s); n-- {
		_, size := utf8.DecodeRuneInString(s[at:])
		at += size
	}
	return at
}

const letters = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

func (r *recorder) id(n int) string {
	var b strings.Builder
	for range n {
		b.WriteByte(letters[r.rng.IntN(len(letters))])
	}
	return b.String()
}

func (r *recorder) uuid() string {
	a, b := r.rng.Uint64(), r.rng.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>48&0x3fff|0x8000, b&0xffffffffffff)
}

// quote is s as a JSON string.
func quote(s string) string {
	b, err := json.Marshal(s, jsontext.AllowInvalidUTF8(true))
	if err != nil {
		panic(err) // a string always marshals
	}
	return string(b)
}
