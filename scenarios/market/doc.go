// Package market is a society that divides work by contract: a buyer calls for bids for its tasks, one after the other, contractors
// bid what the work is to cost, the cheapest is awarded it, and does it in the world. Nobody but the contractors knows
// their costs. Beside what the market comes to stand what chance, a central dispatcher and the best possible division
// come to (Smith 1980; Kuhn 1955).
package market
