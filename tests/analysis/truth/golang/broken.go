package broken

import "fmt"

// Before stands.
func Before() {
	fmt.Println("x"
}

type Half struct {
	a int
	b =
}

func (h *Half) Method() int {
	if h.a > {
		return helper(h)
	}

func After(x int) int {
	return x
}

type Last interface {
	Do()
