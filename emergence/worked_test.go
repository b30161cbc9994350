package emergence

import (
	"math"
	"strings"
	"testing"
)

// karate is the club of Zachary, as measures.md of the reference lists it: `node: higher-numbered neighbours`.
const karate = `0: 1 2 3 4 5 6 7 8 10 11 12 13 17 19 21 31; 1: 2 3 7 13 17 19 21 30; 2: 3 7 8 9 13 27 28 32; 3: 7 12 13; 4: 6 10;
5: 6 10 16; 6: 16; 8: 30 32 33; 9: 33; 13: 33; 14: 32 33; 15: 32 33; 18: 32 33; 19: 33; 20: 32 33; 22: 32 33;
23: 25 27 29 32 33; 24: 25 27 31; 25: 31; 26: 29 33; 27: 33; 28: 31 33; 29: 32 33; 30: 32 33; 31: 32 33; 32: 33`

func karateEdges() string {
	var b strings.Builder
	b.WriteString("from,to\n")
	for line := range strings.SplitSeq(karate, ";") {
		node, others, _ := strings.Cut(strings.TrimSpace(line), ":")
		for other := range strings.FieldsSeq(others) {
			b.WriteString(node + "," + other + "\n")
		}
	}
	return b.String()
}

// clubs are the two clubs, node 8 in the first.
const clubs = "0+1+2+3+4+5+6+7+8+10+11+12+13+16+17+19+21,9+14+15+18+20+22+23+24+25+26+27+28+29+30+31+32+33"

// series of y copying x, and so on, are rows of words without a space.
func table(t *testing.T, csv string) Input {
	t.Helper()
	csv = strings.ReplaceAll(strings.TrimSpace(csv), " ", "\n")
	one, err := ReadCSV(strings.NewReader(csv + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	return Input{Table: one}
}

func matrix(t *testing.T, rows string) [][]float64 {
	t.Helper()
	m, err := ReadMatrix(strings.NewReader(strings.ReplaceAll(rows, " ", "\n")))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// The worked examples of the literature, through the catalogue, as who types `demo measure` has them: each measure with the
// numbers that it must give. The label says where the number comes from in the table of worked examples.
func TestWorkedExamples(t *testing.T) {
	const (
		and  = "a,b,t 0,0,0 0,1,0 1,0,0 1,1,1"
		xor  = "a,b,t 0,0,0 0,1,1 1,0,1 1,1,0"
		bit3 = "a,b,c,weight 0,0,0,0.5 1,1,1,0.5"
	)
	eight := strings.Repeat(".142857142857142857,.142857142857142857,.142857142857142857,.142857142857142857,.142857142857142857,.142857142857142857,.142857142857142857,0 ", 7) + "0,0,0,0,0,0,0,1"
	for _, c := range []struct {
		label, measure, data, set string
		want                      string // NAME=VALUE …, the tolerance is 1e-9 unless the value has fewer digits
	}{
		{"1 entropy", "entropy", "x,weight a,0.5 b,0.25 c,0.125 d,0.125", "", "plugin=1.75"},
		{"1 seven 0s and three 1s", "entropy", "x 0 0 0 0 0 0 0 1 1 1", "", "plugin=0.8812908992306927"},
		{"1 uniform 3", "entropy", "x a b c", "", "plugin=1.584962500721156"},
		{"5 contingency", "mutual-information", "x,y,weight 0,0,30 0,1,10 1,0,10 1,1,30", "", "plugin=0.1887218755 miller-madow=0.1797050315"},
		{"6 and with one input", "mutual-information", and, "x=a y=t", "plugin=0.311278"},
		{"6 xor with one input", "mutual-information", xor, "x=a y=t", "plugin=0"},
		{"9 xor", "o-information", xor, "", "plugin=-1 total-correlation=1 dual-total-correlation=2"},
		{"9 xor", "total-correlation", xor, "", "plugin=1"},
		{"9 xor", "dual-total-correlation", xor, "", "plugin=2"},
		{"10 giant bit", "o-information", bit3, "", "plugin=1 total-correlation=2 dual-total-correlation=1"},
		{"12 two pairs", "o-information", "a,b,c,d 0,0,0,0 0,0,1,1 1,1,0,0 1,1,1,1", "", "plugin=0"},
		{"13 and", "o-information", and, "", "plugin=-0.188722 total-correlation=0.811278 dual-total-correlation=1"},
		{"14 xor", "co-information", xor, "", "plugin=-1"},
		{"14 even parity of four", "co-information", "a,b,c,d 0,0,0,0 0,0,1,1 0,1,0,1 0,1,1,0 1,0,0,1 1,0,1,0 1,1,0,0 1,1,1,1", "", "plugin=1"},
		{"16 A B and B C", "jensen-shannon", "one,two a,b b,c", "", "plugin=0.5"},
		{"16 disjoint", "jensen-shannon", "who,what,weight 1,a,3 1,b,3 2,c,5 2,d,5", "", "plugin=1"},
		{"17 xor", "pid", xor, "sources=a,b;target=t", "synergistic=1 redundant=0 unique_1=0 unique_2=0"},
		{"18 and", "pid", and, "sources=a,b;target=t", "synergistic=0.5 redundant=0.31127812445913 unique_1=0 unique_2=0"},
		{"18 and, imin", "pid", and, "redundancy=imin", "synergistic=0.5 redundant=0.31127812445913"},
		{"19 rdn", "pid", "a,b,t 0,0,0 1,1,1", "", "synergistic=0 redundant=1 unique_1=0"},
		{"19 unq", "pid", "a,b,t 0,0,0 0,1,0 1,0,1 1,1,1", "", "synergistic=0 redundant=0 unique_1=1 unique_2=0"},
		{"20 two-bit copy", "pid", "a,b,t 0,0,00 0,1,01 1,0,10 1,1,11", "", "synergistic=1 redundant=1 unique_1=0"},
		{"21 sum", "pid", "a,b,t 0,0,0 0,1,1 1,0,1 1,1,2", "", "synergistic=1 redundant=0.5 unique_1=0"},
		{"29 identity", "effective-information", "1,0,0,0 0,1,0,0 0,0,1,0 0,0,0,1", "", "micro=2 determinism=1 degeneracy=0"},
		{"29 uniform", "effective-information", ".25,.25,.25,.25 .25,.25,.25,.25 .25,.25,.25,.25 .25,.25,.25,.25", "", "micro=0"},
		{"29 all to one", "effective-information", "1,0 1,0", "", "micro=0 determinism=1 degeneracy=1"},
		{"31 eight states", "effective-information", eight, "groups=0+1+2+3+4+5+6,7", "micro=0.5435644432 macro=1 emergence=0.4564355568"},
		{"gini", "gini", "x 1 2 3 4", "", "gini=0.25 unbiased=0.3333 equality=0.75"},
		{"gini of one who has all", "gini", "x 0 0 0 1", "", "gini=0.75 unbiased=1"},
		{"labour diagonal", "division-of-labour", "agent,task,weight a,x,1 b,y,1 c,z,1", "", "symmetric=1 individuals=1 tasks=1"},
		{"labour flat", "division-of-labour", "agent,task a,x a,y b,x b,y", "", "symmetric=0"},
		{"labour 8 1 1", "division-of-labour", "agent,task,weight a,x,8 a,y,1 a,z,1 b,x,1 b,y,8 b,z,1 c,x,1 c,y,1 c,z,8", "", "symmetric=0.4183281343"},
		{"labour two by two", "division-of-labour", "agent,task a,x b,x c,y d,y", "", "individuals=1 tasks=0.5 symmetric=0.7071067812"},
		{"diversity 50 30 20", "diversity", "kind,weight a,50 b,30 c,20", "", "shannon=1.4854752972 exp_shannon=2.8000940729 simpson=0.62 simpson_unbiased=0.6262626263 inverse_simpson=2.6315789474 evenness=0.9372305632"},
		{"burstiness of a metronome", "burstiness", "t 1 2 3 4 5", "", "burstiness=-1"},
		{"burstiness nine 1s and a 91", "burstiness", "w 1 1 1 1 1 1 1 1 1 91", "of=waits", "burstiness=0.4594594595 finite=0.9084652404"},
		{"esteban-ray of two camps", "polarisation", "x 0 1", "", "esteban-ray=0.25 clusters=2 variance=0.25 bimodality=1"},
		{"esteban-ray of three groups", "polarisation", "x 0 0.5 1", "", "esteban-ray=0.148148"},
		{"kuramoto, equal phases", "kuramoto", "a,b 1,1 2,2", "", "mean=1 last=1"},
		{"kuramoto, antipodal halves", "kuramoto", "a,b 0,3.141592653589793", "", "mean=0"},
		{"magnetisation", "magnetisation", "a,b,c 1,1,1 1,1,-1", "", "mean=0.666666666667 last=0.333333333333"},
		{"kaplan-meier", "survival", "time,event 1,1 3,1 3,1 5,0 12,0", "at=1,3", "median=3 s(1)=0.8 s(3)=0.4"},
		{"pettitt", "change-point", "x" + strings.Repeat(" 0", 10) + strings.Repeat(" 1", 10), "", "tau=10 k=100 p=0.0015809806"},
		{"consensus", "consensus-time", "a,b,c q,m,m m,m,q m,m,m", "", "time=3 censored=0 share_last=1 conventions_last=1"},
		{"reciprocity of 0->1, 1->0, 1->2", "graph", "from,to 0,1 1,0 1,2", "directed=true", "reciprocity=0.666666666667"},
		{"karate", "graph", karateEdges(), "", "density=0.139037433155 clustering=0.570638478208 transitivity=0.255681818182 triangles=45 " +
			"assortativity=-0.475613097685 average-path=2.408199643494 diameter=5 centralisation=0.399621212121 sigma=4.0643"},
		{"karate's clubs", "modularity", karateEdges(), "groups=" + clubs, "modularity=0.358234714004 communities=2"},
		{"karate's clubs, node 8 in the second", "modularity", karateEdges(), "groups=" + strings.Replace(clubs, "+8+10", "+10", 1) + "+8", "modularity=0.371466"},
	} {
		t.Run(c.measure+": "+c.label, func(t *testing.T) {
			m, err := Find(c.measure)
			if err != nil {
				t.Fatal(err)
			}
			in := Input{}
			if c.measure == "effective-information" {
				in.Matrix = matrix(t, c.data)
			} else {
				in = table(t, c.data)
			}
			e, err := m.Estimate(in, settings(c.set), Test{Resamples: 50})
			if err != nil {
				t.Fatal(err)
			}
			holds(t, e, c.want)
		})
	}
}

// settings are NAME=VALUE, with semicolons or spaces between them.
func settings(text string) map[string]string {
	set := map[string]string{}
	for one := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ';' || r == ' ' }) {
		name, value, _ := strings.Cut(one, "=")
		set[name] = value
	}
	return set
}

// holds tells whether an estimate has the values that are wanted, to their digits.
func holds(t *testing.T, e *Estimate, want string) {
	t.Helper()
	got := map[string]float64{}
	for _, v := range e.Values {
		got[v.Name] = v.Value
	}
	for pair := range strings.FieldsSeq(want) {
		name, text, _ := strings.Cut(pair, "=")
		if x, there := got[name]; !there || math.Abs(x-wanted(t, text)) > tolerance(text) {
			t.Errorf("%s is %v, want %s; all: %v", name, x, text, e.Values)
		}
	}
}

func wanted(t *testing.T, text string) float64 {
	t.Helper()
	m, err := ReadMatrix(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return m[0][0]
}

// tolerance is half of the last digit that is given, and 1e-9 where it is a whole or a short number.
func tolerance(text string) float64 {
	_, digits, _ := strings.Cut(text, ".")
	if len(digits) < 4 {
		return 1e-9
	}
	return max(1e-9, .6*math.Pow(10, -float64(len(digits))))
}
