// Package ort owns the binding to ONNX Runtime (1.30 or later), loaded at run time through purego: no cgo.
//
// The surface that engines use:
//
//	path, err := ort.Find()                       // KOE_ONNXRUNTIME, bin/ beside the binary, system paths
//	rt, err := ort.Open(path)                     // *Runtime; one per process and path
//	s, err := rt.NewSession(model, ort.Options{}) // model proto bytes (not kept), or rt.NewSessionFile(path, opts)
//	v, err := ort.NewTensor(rt, data, 1, n)       // *Value over Go memory, pinned until v.Release
//	outs, err := s.Run(ctx, map[string]*ort.Value{"ids": v}, "logits")  // no names: all outputs, in the model's order
//	x, err := ort.Data[float32](outs[0]); shape := outs[0].Shape(); outs[0].Release()
//
// Who makes a Value releases it, and who calls Run releases what it returned. A session that is running, or a value
// that is being read by a Run, may be closed and released by others at any time: the memory goes when Run has returned.
package ort

import "fmt"

// ElementType is an ONNX tensor element type, with the numbers of TensorProto.DataType.
type ElementType int32

// The element types of ONNX that have a Go type here.
const (
	Float   ElementType = 1
	Uint8   ElementType = 2
	Int8    ElementType = 3
	Uint16  ElementType = 4
	Int16   ElementType = 5
	Int32   ElementType = 6
	Int64   ElementType = 7
	Bool    ElementType = 9
	Float16 ElementType = 10
	Double  ElementType = 11
	Uint32  ElementType = 12
	Uint64  ElementType = 13
)

// Half holds the bits of an IEEE 754 half-precision number, the Go side of Float16.
type Half uint16

// Element is a Go type that a tensor may hold.
type Element interface {
	float32 | float64 | Half | int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64 | bool
}

// elementOf gives the ONNX type of T.
func elementOf[T Element]() ElementType {
	var zero T
	switch any(zero).(type) {
	case float32:
		return Float
	case float64:
		return Double
	case Half:
		return Float16
	case int8:
		return Int8
	case int16:
		return Int16
	case int32:
		return Int32
	case int64:
		return Int64
	case uint8:
		return Uint8
	case uint16:
		return Uint16
	case uint32:
		return Uint32
	case uint64:
		return Uint64
	default:
		return Bool
	}
}

// String returns ONNX's name of the type ("float", "int64").
func (e ElementType) String() string {
	switch e {
	case Float:
		return "float"
	case Uint8:
		return "uint8"
	case Int8:
		return "int8"
	case Uint16:
		return "uint16"
	case Int16:
		return "int16"
	case Int32:
		return "int32"
	case Int64:
		return "int64"
	case 8:
		return "string"
	case Bool:
		return "bool"
	case Float16:
		return "float16"
	case Double:
		return "double"
	case Uint32:
		return "uint32"
	case Uint64:
		return "uint64"
	case 16:
		return "bfloat16"
	default:
		return fmt.Sprintf("element type %d", int32(e))
	}
}

// Options configures a session. The zero value is one thread, all optimisations, CPU.
type Options struct {
	IntraThreads    int               // threads inside one operator; 0 means 1
	Optimization    int               // 0: all; otherwise 1 none, 2 basic, 3 extended
	Config          map[string]string // session configuration entries ("session.…")
	SaveOptimized   string            // path to write the optimised graph to; "" for none
	Provider        string            // "", "cpu", "coreml", "webgpu", "cuda", or a name that ONNX Runtime knows
	ProviderOptions map[string]string // the provider's own options ("MLComputeUnits": "ALL")
	ProfilePrefix   string            // non-empty: profile to files with this prefix (nodes per provider, times)

	// Initializers gives the data of the main graph's external initialisers from memory, by their names. The values may
	// be released at once: the session holds their memory until it is closed. ONNX Runtime (1.30 to 1.32) refuses them
	// for initialisers inside a Loop body.
	Initializers map[string]*Value

	// RecordNodes keeps which execution provider got which nodes, for Session.NodesPerProvider.
	RecordNodes bool

	// NoArena frees a run's memory at once instead of keeping it for the next run: less resident memory, slower runs.
	NoArena bool
	// NoMemoryPattern plans no memory ahead of a run; better where input shapes change with every run.
	NoMemoryPattern bool
}

// Info describes an input or output of a model.
type Info struct {
	Name string
	Type ElementType // 0 when it is not a tensor
	// Shape is the declared shape; -1 marks a dimension that is only known at run time.
	Shape []int
	// Symbols names the dimensions that have a name ("batch"), "" for others; as long as Shape.
	Symbols []string
}

// ErrorCode is ONNX Runtime's OrtErrorCode.
type ErrorCode int32

// String returns the code's name in words.
func (c ErrorCode) String() string {
	names := [...]string{"ok", "fail", "invalid argument", "no such file", "no model", "engine error", "runtime exception",
		"invalid protobuf", "model loaded", "not implemented", "invalid graph", "execution provider failure",
		"model load cancelled", "model requires compilation", "not found"}
	if c >= 0 && int(c) < len(names) {
		return names[c]
	}
	return fmt.Sprintf("error %d", int32(c))
}

// Error is an error that ONNX Runtime reported, with its own message.
type Error struct {
	Code    ErrorCode
	Message string
}

// Error implements error.
func (e *Error) Error() string { return "onnxruntime: " + e.Message + " (" + e.Code.String() + ")" }
