// Package telemetry shows a society that runs to the instruments that people have already: spans and metrics in the words of
// OpenTelemetry's conventions for generative AI, sent over OTLP/HTTP, and the same metrics as a page that Prometheus reads.
//
// It is made from events alone, those of polis.Config.Observe, and nothing of the society waits for it: what cannot be sent is
// dropped, and a collector that is gone costs one warning. What was asked and answered is in it only if Config.Content says so.
package telemetry
