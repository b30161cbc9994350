package journal

import (
	"math"
	"strconv"
)

// number reads a number. An integer written without fraction and exponent stays as it is, whatever its size; any
// other becomes the shortest text of its float64.
func (n *normalizer) number() error {
	start, whole := n.at, true
	n.skip('-')
	switch {
	case n.skip('0'):
	case n.digits() == 0:
		return n.errorf("a number without digits")
	}
	if n.skip('.') {
		if whole = false; n.digits() == 0 {
			return n.errorf("no digit after the point")
		}
	}
	if n.skip('e') || n.skip('E') {
		if !n.skip('+') {
			n.skip('-')
		}
		if whole = false; n.digits() == 0 {
			return n.errorf("no digit in the exponent")
		}
	}
	if whole {
		n.dst = append(n.dst, n.src[start:n.at]...)
		return nil
	}
	f, err := strconv.ParseFloat(string(n.src[start:n.at]), 64)
	if err != nil {
		return n.errorf("%.40s is beyond float64", n.src[start:n.at])
	}
	n.dst = appendFloat(n.dst, f, 64)
	return nil
}

// skip moves past b if it is next.
func (n *normalizer) skip(b byte) bool {
	if n.at < len(n.src) && n.src[n.at] == b {
		n.at++
		return true
	}
	return false
}

// digits moves past decimal digits and returns how many there were.
func (n *normalizer) digits() int {
	start := n.at
	for n.at < len(n.src) && '0' <= n.src[n.at] && n.src[n.at] <= '9' {
		n.at++
	}
	return n.at - start
}

// appendFloat appends f as encoding/json does. bits is 32 or 64; f is finite.
func appendFloat(dst []byte, f float64, bits int) []byte {
	format := byte('f')
	if abs := math.Abs(f); abs != 0 {
		if bits == 64 && (abs < 1e-6 || abs >= 1e21) ||
			bits == 32 && (float32(abs) < 1e-6 || float32(abs) >= 1e21) {
			format = 'e'
		}
	}
	dst = strconv.AppendFloat(dst, f, format, -1, bits)
	if n := len(dst); format == 'e' && n >= 4 && dst[n-4] == 'e' && dst[n-3] == '-' && dst[n-2] == '0' {
		dst[n-2] = dst[n-1] // e-09 is e-9
		dst = dst[:n-1]
	}
	return dst
}
