package telemetry

// The names of OpenTelemetry's conventions for generative AI (github.com/open-telemetry/semantic-conventions-genai, status
// "development", as of November 2026) and our own. They may change, so they stand here and nowhere else.

// Of spans.
const (
	spanChat  = "chat" // followed by the model's name, as long as it is known
	spanRound = "polis.round"
)

// Attributes of the conventions.
const (
	keyOperation    = "gen_ai.operation.name"
	keyProvider     = "gen_ai.provider.name"
	keyAgent        = "gen_ai.agent.name" // of spans only: there may be any number of agents
	keyRequestModel = "gen_ai.request.model"
	keyMaxTokens    = "gen_ai.request.max_tokens"
	keyStream       = "gen_ai.request.stream"
	keyAnswerModel  = "gen_ai.response.model"
	keyAnswerID     = "gen_ai.response.id"
	keyFinish       = "gen_ai.response.finish_reasons"
	keyFirstChunk   = "gen_ai.response.time_to_first_chunk" // s
	keyInputTokens  = "gen_ai.usage.input_tokens"
	keyOutputTokens = "gen_ai.usage.output_tokens"
	keyTokenType    = "gen_ai.token.type"
	keyError        = "error.type"
	keyAddress      = "server.address"
	keyPort         = "server.port"
	keyServiceName  = "service.name"
	keyInstance     = "service.instance.id"

	// What was asked and answered: on spans, and only when asked for.
	keySystem = "gen_ai.system_instructions"
	keyInput  = "gen_ai.input.messages"
	keyOutput = "gen_ai.output.messages"
	keyTools  = "gen_ai.tool.definitions"
)

// Attributes of our own.
const (
	keyService  = "polis.model.service" // the adapter's name
	keyLabel    = "polis.model.label"   // who answers: stand-in, cassette, "model gpt-4o"
	keyOutcome  = "polis.model.outcome" // answered, rejected, failed, cancelled
	keyReason   = "polis.model.reason"  // of a rejection
	keyWait     = "polis.model.wait"    // s
	keyAttempts = "polis.model.attempts"
	keyBilled   = "polis.model.possibly_billed"
	keyCost     = "polis.model.cost" // USD
	keyState    = "polis.model.state"
	keyTurn     = "polis.turn" // of the agent, in which it asked; with keyAsk, the id of the request in the journal
	keyAsk      = "polis.ask"
	keyRound    = "polis.round"
	keyDecision = "polis.decision" // of supervision: restart, quarantine, stop, escalate
	keyMark     = "polis.mark"     // fallback, unusable, repaired
)

// Values of the conventions.
const (
	chat        = "chat"
	tokensIn    = "input"
	tokensOut   = "output"
	unknownName = "unknown" // of a provider that nobody has named
	otherModels = "_OTHER"  // of models beyond those that are told apart
)

// Histograms of the conventions, with the bounds that they name.
const (
	nameDuration   = "gen_ai.client.operation.duration"            // s
	nameTokens     = "gen_ai.client.token.usage"                   // {token}
	nameFirstChunk = "gen_ai.client.operation.time_to_first_chunk" // s
)

var (
	boundsSeconds = []float64{0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92}
	boundsTokens  = []float64{1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864}
)

// Metrics of our own.
const (
	nameRequests   = "polis.model.requests"
	nameRejections = "polis.model.rejections"
	nameAttempts   = "polis.model.attempts"
	nameRetries    = "polis.model.retries"
	nameBilled     = "polis.model.possibly_billed"
	nameShared     = "polis.model.shared"
	nameCost       = "polis.model.cost"
	nameWait       = "polis.model.wait"
	nameQueue      = "polis.model.queue.depth"
	nameInFlight   = "polis.model.in_flight"
	nameLimit      = "polis.model.limit"
	nameCredits    = "polis.model.credits"
	nameCooldown   = "polis.model.cooldown"
	nameRate       = "polis.model.rate_wait"
	nameBreaker    = "polis.model.breaker"
	nameRounds     = "polis.rounds"
	nameMessages   = "polis.messages"
	nameFailures   = "polis.failures"
	nameMissed     = "polis.missed"
	nameAbandoned  = "polis.abandoned"
	nameMarks      = "polis.marks"
)
