package openai

import (
	"testing"

	"github.com/polis-agents/polis/llmadapter"
)

// Bodies as providers send them, shortened.
func TestKindsOfTrouble(t *testing.T) {
	const azure = `{"error":{"message":"The response was filtered due to the prompt triggering Azure OpenAI's content management policy.","type":null,"param":"prompt",` +
		`"code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation","content_filter_result":{"jailbreak":{"filtered":true,"detected":true}}}}}`
	for name, test := range map[string]struct {
		status int
		body   string
		want   llmadapter.Kind
	}{
		"Azure":                  {400, azure, llmadapter.Refused},
		"Azure, the inner alone": {400, `{"error":{"message":"x","code":"400","innererror":{"code":"ResponsibleAIPolicyViolation"}}}`, llmadapter.Refused},
		"OpenAI":                 {400, `{"error":{"message":"Your request was rejected.","type":"image_generation_user_error","code":"moderation_blocked"}}`, llmadapter.Refused},
		"OpenAI, older":          {400, `{"error":{"message":"Your request was rejected.","type":"invalid_request_error","code":"content_policy_violation"}}`, llmadapter.Refused},
		"OpenAI, reasoning": {400, `{"error":{"message":"Invalid prompt: your prompt was flagged as potentially violating our usage policy. Please try again.","type":"invalid_request_error","code":"invalid_prompt"}}`,
			llmadapter.Refused},
		"a prompt that is wrong":    {400, `{"error":{"message":"messages must not be empty","type":"invalid_request_error","code":"invalid_prompt"}}`, llmadapter.Invalid},
		"OpenRouter":                {403, `{"error":{"code":403,"message":"Your chosen model requires moderation","metadata":{"reasons":["violence"],"flagged_input":"…","provider_name":"x"}}}`, llmadapter.Refused},
		"a key without permission":  {403, `{"error":{"code":403,"message":"no","metadata":{"provider_name":"x"}}}`, llmadapter.Unauthorised},
		"metadata of another form":  {403, `{"error":{"code":403,"message":"no","metadata":"reasons"}}`, llmadapter.Unauthorised},
		"Moonshot":                  {400, `{"error":{"code":400,"message":"The request was rejected because it was considered high risk","param":"prompt","type":"content_filter"}}`, llmadapter.Refused},
		"Alibaba":                   {400, `{"error":{"code":"data_inspection_failed","message":"Input data may contain inappropriate content.","type":"data_inspection_failed"},"id":"x"}`, llmadapter.Refused},
		"DeepSeek":                  {400, `{"error":{"message":"Content Exists Risk","type":"invalid_request_error","param":null,"code":"invalid_request_error"}}`, llmadapter.Refused},
		"DeepSeek, older":           {400, `{"detail":"Content Exists Risk"}`, llmadapter.Refused},
		"a gateway":                 {400, `{"error":{"message":"litellm.BadRequestError: litellm.ContentPolicyViolationError: AzureException","type":null,"code":"400"}}`, llmadapter.Refused},
		"another gateway":           {400, `{"error":{"message":"<400> InternalError.Algo.DataInspectionFailed: Input text data may contain inappropriate content."}}`, llmadapter.Refused},
		"422":                       {422, `{"error":{"code":"content_filter"}}`, llmadapter.Refused},
		"401 stays":                 {401, `{"error":{"code":"content_filter"}}`, llmadapter.Unauthorised},
		"429 stays":                 {429, `{"error":{"code":"content_filter"}}`, llmadapter.RateLimited},
		"500 stays":                 {500, `{"error":{"code":"content_filter"}}`, llmadapter.Transient},
		"in the stream":             {200, azure, llmadapter.Refused},
		"in the stream, by a code":  {200, `{"error":{"code":400,"type":"content_filter","message":"x"}}`, llmadapter.Refused},
		"in the stream, OpenRouter": {200, `{"error":{"code":403,"message":"x","metadata":{"flagged_input":"x"}}}`, llmadapter.Refused},
	} {
		if got, ok := refusal(test.status, []byte(test.body)); got.Kind != test.want || !ok || got.Words == "" {
			t.Errorf("%s: %+v, %v, not %s", name, got, ok, test.want)
		}
	}
}
