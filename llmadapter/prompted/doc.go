// Package prompted lets a language model decide for an agent. New makes a behavior that turns what the agent perceives
// and hears into a prompt, offers what can be done and said in the phase as tools, and asks the service in front of the
// model. What comes back is hostile until it is checked: names, forms and bounds, as the world declares them. A model
// that errs is told what was wrong and asked once more; what still cannot be used becomes a pass, or the decision of a
// rule, is marked as that, and is never guessed.
//
// An answer is an event of the agent like any other: once it has come it survives every crash, and a replay asks nobody.
package prompted
