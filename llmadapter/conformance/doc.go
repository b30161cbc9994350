// Package conformance says what a llmadapter.Model and what an endpoint must do, as claims that run anywhere: in a test
// (package llmadaptertest makes a subtest of each), or in a program that looks at an endpoint before money is spent on it.
//
//	for v := range conformance.CheckEndpoint(ctx, endpoint) {
//		fmt.Println(v.Claim, v.Err)
//	}
package conformance
