package ort_test

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// Just enough of onnx.proto to write models by hand: messages are built from the inside out.
type message []byte

func (m message) str(field protowire.Number, s string) message {
	return protowire.AppendString(protowire.AppendTag(m, field, protowire.BytesType), s)
}

func (m message) msg(field protowire.Number, sub message) message {
	return protowire.AppendBytes(protowire.AppendTag(m, field, protowire.BytesType), sub)
}

func (m message) num(field protowire.Number, v int64) message {
	return protowire.AppendVarint(protowire.AppendTag(m, field, protowire.VarintType), uint64(v))
}

// model is a ModelProto: IR version 10, opset 21.
func model(graph message) []byte {
	return message(nil).num(1, 10).msg(8, message(nil).str(1, "").num(2, 21)).msg(7, graph)
}

// graph is a GraphProto; parts are nodes (1), initialisers (5), inputs (11) and outputs (12).
func graph(parts ...message) message {
	m := message(nil).str(2, "g")
	for _, p := range parts {
		m = append(m, p...)
	}
	return m
}

func node(op string, inputs, outputs []string, attributes ...message) message {
	var n message
	for _, s := range inputs {
		n = n.str(1, s)
	}
	for _, s := range outputs {
		n = n.str(2, s)
	}
	n = n.str(4, op)
	for _, a := range attributes {
		n = n.msg(5, a)
	}
	return message(nil).msg(1, n)
}

// graphAttribute is an AttributeProto of type GRAPH.
func graphAttribute(name string, g message) message {
	return message(nil).str(1, name).msg(6, g).num(20, 5)
}

// valueInfo is a ValueInfoProto; dimensions are int or string (a symbol).
func valueInfo(name string, element int64, dims ...any) message {
	var shape message
	for _, d := range dims {
		switch d := d.(type) {
		case int:
			shape = shape.msg(1, message(nil).num(1, int64(d)))
		case string:
			shape = shape.msg(1, message(nil).str(2, d))
		}
	}
	tensor := message(nil).num(1, element).msg(2, shape)
	return message(nil).str(1, name).msg(2, message(nil).msg(1, tensor))
}

func input(name string, element int64, dims ...any) message {
	return message(nil).msg(11, valueInfo(name, element, dims...))
}

func output(name string, element int64, dims ...any) message {
	return message(nil).msg(12, valueInfo(name, element, dims...))
}

// floats is an initialiser.
func floats(name string, data []float32, dims ...int) message {
	var t message
	for _, d := range dims {
		t = t.num(1, int64(d))
	}
	t = t.num(2, 1)
	var raw []byte
	for _, x := range data {
		raw = protowire.AppendFixed32(raw, math.Float32bits(x))
	}
	return message(nil).msg(5, t.str(8, name).msg(9, raw))
}

const (
	float   = 1
	int64s  = 7
	boolean = 9
)

// addModel: sum = a + b, of shape [n, 3].
func addModel() []byte {
	return model(graph(
		node("Add", []string{"a", "b"}, []string{"sum"}),
		input("a", float, "n", 3), input("b", float, "n", 3), output("sum", float, "n", 3)))
}

// matMulModel: y = x·w, z = y + bias, with w and bias inside.
func matMulModel() []byte {
	return model(graph(
		node("MatMul", []string{"x", "w"}, []string{"y"}),
		node("Add", []string{"y", "bias"}, []string{"z"}),
		floats("w", []float32{1, 2, 3, 4, 5, 6}, 3, 2), floats("bias", []float32{10, 20}, 2),
		input("x", float, "rows", 3), output("y", float, "rows", 2), output("z", float, "rows", 2)))
}

// externalModel: y = x·w, whose w lies elsewhere.
func externalModel() []byte {
	entry := func(key, value string) message { return message(nil).str(1, key).str(2, value) }
	w := message(nil).num(1, 3).num(1, 2).num(2, float).str(8, "w").
		msg(13, entry("location", "weights.bin")).msg(13, entry("offset", "0")).msg(13, entry("length", "24")).num(14, 1)
	return model(graph(node("MatMul", []string{"x", "w"}, []string{"y"}), message(nil).msg(5, w),
		input("x", float, "rows", 3), output("y", float, "rows", 2)))
}

func unusedModel() []byte {
	return model(graph(node("Add", []string{"a", "a"}, []string{"sum"}), floats("idle", []float32{1}, 1),
		input("a", float, 3), output("sum", float, 3)))
}

func identityModel(element int64) []byte {
	return model(graph(node("Identity", []string{"x"}, []string{"y"}), input("x", element, "n"), output("y", element, "n")))
}

// loopModel: y = x + 1, trip times over, in a Loop.
func loopModel() []byte {
	body := graph(
		node("Identity", []string{"again"}, []string{"go"}),
		node("Add", []string{"in", "one"}, []string{"out"}),
		floats("one", []float32{1}),
		input("i", int64s), input("again", boolean), input("in", float),
		output("go", boolean), output("out", float))
	return model(graph(
		node("Loop", []string{"trip", "", "x"}, []string{"y"}, graphAttribute("body", body)),
		input("trip", int64s), input("x", float), output("y", float)))
}
