// Package ort owns the binding to ONNX Runtime (1.30 or later), loaded at run time through purego: no cgo.
//
// The surface that engines use:
//
//	path, err := ort.Find()                       // bin/ beside the binary, KOE_ONNXRUNTIME, system paths
//	rt, err := ort.Open(path)                     // *Runtime; one per process and path
//	s, err := rt.NewSession(model, ort.Options{}) // model proto bytes (not kept), or rt.NewSessionFile(path, opts)
//	v, err := ort.NewTensor(rt, data, 1, n)       // *Value over Go memory pinned until v.Release
//	outs, err := s.Run(ctx, map[string]*ort.Value{"ids": v}, "logits")  // nil names: all outputs, in the model's order
//	x, err := ort.Data[float32](outs[0]); shape := outs[0].Shape(); outs[0].Release()
package ort

// ElementType is an ONNX tensor element type, with the numbers of TensorProto.DataType.
type ElementType int32

// The element types in use.
const (
	Float   ElementType = 1
	Uint8   ElementType = 2
	Int8    ElementType = 3
	Int32   ElementType = 6
	Int64   ElementType = 7
	Bool    ElementType = 9
	Float16 ElementType = 10
)

// Options configures a session. The zero value is one thread, all optimisations, CPU.
type Options struct {
	IntraThreads    int               // threads inside one operator; 0 means 1
	Optimization    int               // 0: all; otherwise 1 none, 2 basic, 3 extended
	Config          map[string]string // session configuration entries ("session.…")
	SaveOptimized   string            // path to write the optimised graph to; "" for none
	Provider        string            // "", "cpu", "coreml", "webgpu", "cuda"
	ProviderOptions map[string]string
	ProfilePrefix   string // non-empty: profile to files with this prefix (nodes per provider, times)
}
