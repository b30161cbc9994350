// Package structured gets Go values out of language models. For makes the form of an answer of a Go type: its tool, with
// the schema in the strict form that endpoints hold models to, and the reading of what is answered. Nothing that comes
// back is believed: it is parsed strictly, mended only if it is whole and nearly right, held against the schema, and then
// against the bounds that the type declares. An answer that cannot be used is answered by a complaint that the model is
// sent once.
//
//	form, err := structured.For[Plan]("plan", "Say what you will do.")
//	plan, taken, err := form.Ask(ctx, model, llmadapter.Request{Messages: messages})
//
// Everything but Ask is pure, so whoever asks in another way, such as an agent by Turn.Ask, reads by the same means.
package structured
