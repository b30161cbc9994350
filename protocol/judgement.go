package protocol

// Judgement says what became of a message that a protocol was asked about and that it did not simply accept: one that came out
// of sequence, too late, or was not to be said at all. It is for the record; what the state of a conversation is does not
// depend on it.
type Judgement struct {
	Verdict      string `json:"verdict"` // "out-of-sequence", "late", "unknown", "not-understood", "forbidden", "cut"
	Reason       Reason `json:"reason"`
	Act          Act    `json:"act"`
	From         string `json:"from"`
	To           string `json:"to,omitempty"` // of one that was not sent: to whom
	Protocol     string `json:"protocol"`
	Conversation string `json:"conversation"`
}
