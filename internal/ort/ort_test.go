package ort_test

import (
	"context"
	"testing"

	"koe/internal/ort"
	"koe/internal/ort/orttest"
)

func TestAdd(t *testing.T) {
	rt := orttest.Open(t)
	t.Log(rt.Version(), rt.Path(), rt.Providers(), rt.BuildInfo())
	s, err := rt.NewSession(addModel(), ort.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	t.Logf("%+v %+v", s.Inputs(), s.Outputs())
	a, err := ort.NewTensor(rt, []float32{1, 2, 3, 4, 5, 6}, 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Release()
	outs, err := s.Run(context.Background(), map[string]*ort.Value{"a": a, "b": a})
	if err != nil {
		t.Fatal(err)
	}
	x, err := ort.Data[float32](outs[0])
	t.Log(x, outs[0].Shape(), err)
	outs[0].Release()
}
