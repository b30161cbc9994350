package environment

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/polis-agents/polis/journal"
)

// State is the state of a world in canonical JSON: what its Keeper hands over, else its exported fields.
func State(world any) ([]byte, error) {
	if k, ok := world.(Keeper); ok {
		state, err := k.Snapshot()
		if err != nil {
			return nil, fmt.Errorf("environment: snapshot of the world: %w", err)
		}
		return state, nil
	}
	state, err := journal.Canonical(world)
	if err != nil {
		return nil, fmt.Errorf("environment: state of the world: %w", err)
	}
	return state, nil
}

// Restore puts a state, as State gave it, into a world just made.
func Restore(world any, state []byte) error {
	if k, ok := world.(Keeper); ok {
		if err := k.Restore(state); err != nil {
			return fmt.Errorf("environment: restore the world: %w", err)
		}
		return nil
	}
	if _, own := world.(json.Unmarshaler); !own {
		empty(reflect.ValueOf(world))
	}
	if err := json.Unmarshal(state, world); err != nil {
		return fmt.Errorf("environment: restore the world: %w", err)
	}
	return nil
}

// empty clears the fields that State writes, for what a new world has in them would show through: json.Unmarshal adds
// to maps, and leaves alone what the state, being empty there, does not mention. Parameters stay.
func empty(v reflect.Value) {
	switch {
	case v.Kind() == reflect.Pointer && !v.IsNil():
		empty(v.Elem())
		return
	case v.Kind() != reflect.Struct:
		if v.CanSet() {
			v.SetZero()
		}
		return
	}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-" && options == "", !f.IsExported() && !f.Anonymous:
		case f.Type.Kind() == reflect.Pointer && strings.Contains(options, "omit") && v.Field(i).CanSet():
			v.Field(i).SetZero()
		default:
			empty(v.Field(i))
		}
	}
}

// checkState says whether a world's state can be written down and read back, as it must be after a failure.
func (d *Definition) checkState(world any) error {
	state, err := State(world)
	if err != nil {
		return err
	}
	again := d.make()
	if err := Restore(again, state); err != nil {
		return err
	}
	if _, own := world.(Keeper); own {
		return nil // what it writes need not be the same twice
	}
	back, err := State(again)
	if err == nil && string(back) != string(state) {
		err = fmt.Errorf("environment: the state of the world does not come back: written %.200s, read %.200s", state, back)
	}
	return err
}
