package experiment

import "fmt"

// close puts what was seen of a run into its row.
func (r *record) close(f *File, spec *Spec, row *Row) error {
	if r.unknown != "" && r.rounds > 0 {
		return fmt.Errorf("milestone: the world shows no variable %q", r.unknown)
	}
	row.Milestones = r.reached
	return nil
}
