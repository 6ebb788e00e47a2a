// Copyright of somebody.

// Package shapes measures shapes.
//
// It is small.
package shapes

import (
	"fmt"
	. "math"
	_ "net/http/pprof"

	str "strings"
)

// Kind is what a shape is.
type Kind int

const (
	// Flat has no height.
	Flat Kind = iota
	Solid // has one
	_
	hidden, other = 1 << iota, len(name)
)

//go:generate stringer
const Limit = 10

var name, Scale = "shapes", Sqrt(2)

// Area is known before its type is.
func (p *Point[T]) Area(factor T, _ int) (area float64, err error) {
	scale := func(by float64) float64 { return by * Scale }
	return scale(p.x), nil
}

// Point lies in a plane.
type Point[T ~int | float64] struct {
	*Base
	fmt.Stringer
	x, Y T `json:"y"` // where
	// Change is told of changes.
	Change func(old, new T) error
	In     struct{ Depth int }
}

type (
	// Shape is anything with an area.
	Shape interface {
		fmt.Stringer
		Area(factor int, unit ...string) (float64, error) // may fail
		~int | ~string
	}
	Alias   = Point[int]
	Handler func(kind Kind) bool // decides
)

func (h Handler) Run(kind Kind) bool { return h(kind) }

func (f Foreign) Away() {}

func assembly(a, b int, c string) bool

var compare = func(a, b Shape) bool { return a.Area(1) < b.Area(1) }

func Max[N int | float64](values ...N) (most N) {
	type pair struct{ first, second N }
	var best = pair{first: values[0]}
	for i, value := range values {
		if value > most && i > 0 || value == 0 {
			most = value
		}
	}
	walk(func(node *Node) { node.visit(best) })
	return Convert[N](most)
}
