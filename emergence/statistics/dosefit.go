package statistics

import "math"

// likelihood is Firth's: the log likelihood and half the logarithm of the determinant of the information.
func (d *doseFit) likelihood(a, b float64) float64 {
	sum := 0.0
	for i, dose := range d.doses {
		eta := a + b*d.x[i]
		e := math.Exp(-math.Abs(eta))
		sum += float64(dose.Responses)*eta - float64(dose.Trials)*(max(0, eta)+math.Log1p(e))
		d.weight[i] = float64(dose.Trials) * e / ((1 + e) * (1 + e))
	}
	weight, _, spread := d.information()
	return sum + math.Log(weight*spread)/2
}

// information is the Fisher information at the curve whose likelihood was taken last: the sum of the weights, the mean
// of x by them, and the sum of weighted squares about that mean. Its determinant is the first times the last, without a
// difference of two numbers that are nearly equal.
func (d *doseFit) information() (weight, mean, spread float64) {
	for i, w := range d.weight {
		weight, mean = weight+w, mean+w*d.x[i]
	}
	if weight == 0 {
		return 0, 0, 0
	}
	mean /= weight
	for i, w := range d.weight {
		spread += w * (d.x[i] - mean) * (d.x[i] - mean)
	}
	return weight, mean, spread
}

// fit finds the curve of the largest likelihood by Newton's method on Firth's score, a step being halved until it rises.
func (d *doseFit) fit() (a, b, most float64) {
	for range 500 {
		most = d.likelihood(a, b)
		weight, mean, spread := d.information()
		level, slope := 0.0, 0.0 // the score, about the mean of x
		for i, dose := range d.doses {
			p, x := logistic(a+b*d.x[i]), d.x[i]-mean
			leverage := d.weight[i] * (1/weight + x*x/spread)
			u := float64(dose.Responses) - float64(dose.Trials)*p + leverage*(0.5-p)
			level, slope = level+u, slope+u*x
		}
		db := slope / spread
		da := level/weight - db*mean
		rise := false
		for half := 1.0; half > 1e-9 && !rise; half /= 2 {
			if d.likelihood(a+half*da, b+half*db) > most {
				a, b, rise = a+half*da, b+half*db, true
			}
		}
		if !rise || math.Abs(da)+math.Abs(db) < 1e-10 {
			break
		}
	}
	return a, b, d.likelihood(a, b)
}

// flat is the largest likelihood of curves on which the dose makes no difference.
func (d *doseFit) flat() float64 {
	return largest(-steepest, steepest, func(s float64) float64 { return d.likelihood(math.Sinh(s), 0) })
}

// profile is the largest likelihood of curves that do not fall and have their threshold at x.
func (d *doseFit) profile(x float64) float64 {
	return largest(0, steepest, func(s float64) float64 { return d.likelihood(-math.Sinh(s)*x, math.Sinh(s)) })
}

// steepest is the inverse hyperbolic sine of the steepest slope looked at, 3000 over half the range of the doses: far
// above what the penalty leaves of a step.
const steepest = 8.7

// largest is the largest value of f in [low, high], about the best point of a grid, by golden section.
func largest(low, high float64, f func(float64) float64) float64 {
	const points, golden = 30, 0.6180339887498949
	width := (high - low) / points
	at, most := low, f(low)
	for i := 1; i <= points; i++ {
		if v := f(low + float64(i)*width); v > most {
			at, most = low+float64(i)*width, v
		}
	}
	a, b := max(low, at-width), min(high, at+width)
	c, e := b-golden*(b-a), a+golden*(b-a)
	fc, fe := f(c), f(e)
	for b-a > 1e-6 { // where the value is right to 1e-12 of its curvature
		if fc > fe {
			b, e, fe = e, c, fc
			c = b - golden*(b-a)
			fc = f(c)
		} else {
			a, c, fc = c, e, fe
			e = a + golden*(b-a)
			fe = f(e)
		}
	}
	return max(most, fc, fe)
}

func logistic(eta float64) float64 { return 1 / (1 + math.Exp(-eta)) }
