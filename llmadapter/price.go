package llmadapter

// Price is what tokens cost, in US dollars for a million.
type Price struct {
	Input  float64 `json:"input"`
	Output float64 `json:"output"`
	Cached float64 `json:"cached,omitempty"` // of input that the server had read before; 0: as Input
}

// Prices by the name of the model. A name that ends in * is that of all models that begin so; the longest wins.
type Prices map[string]Price

// Budget bounds what may be spent. What could go beyond it is rejected before it is sent; an attempt that may have been
// billed counts as billed.
type Budget struct {
	USD    float64 // 0: no bound; else there must be Prices
	Tokens int     // 0: no bound
}
