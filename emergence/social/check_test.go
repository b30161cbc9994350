package social_test

import (
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/polis-agents/polis/emergence/social"
)

func near(t *testing.T, name string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s is %.12f, want %.12f", name, got, want)
	}
}

// value wants no error and the value to nine digits; v and err come from one call: value(t, "x", 1)(f()).
func value(t *testing.T, name string, want float64) func(v float64, err error) {
	t.Helper()
	return to(t, name, want, 1e-9)
}

func to(t *testing.T, name string, want, tolerance float64) func(v float64, err error) {
	return func(v float64, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		near(t, name, v, want, tolerance)
	}
}

// warned wants the value, and beside it a Warning with these words.
func warned(t *testing.T, name string, want float64, words string) func(v float64, err error) {
	return func(v float64, err error) {
		t.Helper()
		var own social.Warning
		var generic interface{ Warning() string }
		if !errors.As(err, &own) || !errors.As(err, &generic) || !strings.Contains(generic.Warning(), words) || err.Error() != "social: "+string(own) {
			t.Errorf("%s: %v, want a warning that says %q", name, err, words)
		}
		near(t, name, v, want, 1e-12)
	}
}

// refused wants no value and an error with these words that is no Warning.
func refused[T any](t *testing.T, name, words string) func(v T, err error) {
	return func(v T, err error) {
		t.Helper()
		var w social.Warning
		var none T
		if !reflect.DeepEqual(v, none) {
			t.Errorf("%s: the value %v beside %v, want none", name, v, err)
		}
		if err == nil || errors.As(err, &w) || !strings.Contains(err.Error(), words) || !strings.HasPrefix(err.Error(), "social: ") {
			t.Errorf("%s: %v, want an error that says %q", name, err, words)
		}
	}
}

var nan, inf = math.NaN(), math.Inf(1)
