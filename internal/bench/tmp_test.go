package bench
import ("testing";"fmt";"time")
func TestTmp(t *testing.T) {
	c := &cutRun{}
	o := Options{Least: 5*time.Millisecond}.filled()
	b0 := time.Now()
	a, err := c.openResume(o)
	if err != nil { t.Fatal(err) }
	fmt.Println("made", time.Since(b0))
	b, err := c.openCheck(o)
	for range 3 {
	s, err := b.run(1)
	fmt.Println("check", s.wall, s.cpu, err)
	s, err = a.run(1)
	fmt.Println("resume", s.wall, s.cpu, err)
	}
	fmt.Println(a.end(), b.end())
}
