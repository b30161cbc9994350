package builtin

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// route finds what is asked for. Everything says that it comes from a stand-in.
func (s *Server) route(w http.ResponseWriter, r *http.Request) {
	if s.door.isShut() { // it came in while it was being shut
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("X-Polis-Stand-In", "true")
	path, model := r.URL.Path, ""
	if name, ok := strings.CutPrefix(path, "/v1/models/"); ok {
		path, model = "/v1/models", name
	}
	d := dialectOf(path, r.Header)
	allowed := http.MethodGet
	switch {
	case path == "/v1/chat/completions", path == "/v1/messages", path == "/v1/embeddings", path == "/control" && s.cfg.Control:
		allowed = http.MethodPost
	case path == "/v1/models", path == "/counts", path == "/log" && s.cfg.Log > 0:
	default:
		s.unknownPath(r.URL.Path).write(w, d)
		return
	}
	if r.Method != allowed && (allowed != http.MethodGet || r.Method != http.MethodHead) {
		w.Header().Set("Allow", allowed)
		(&problem{status: http.StatusMethodNotAllowed, code: "method_not_allowed", text: fmt.Sprintf("method %s; accepted is %s", shortened(r.Method), allowed)}).write(w, d)
		return
	}
	switch {
	case path == "/control":
		s.control(w, r)
	case allowed == http.MethodPost:
		s.answerIn(d, w, r)
	case path == "/log":
		s.tellLog(w, r)
	case path == "/counts":
		writeJSON(w, http.StatusOK, s.Counts())
	case model != "" && model != s.cfg.Name:
		s.unknownModel(model).write(w, d)
	case model != "":
		writeJSON(w, http.StatusOK, s.model(d))
	default:
		writeJSON(w, http.StatusOK, s.models(d))
	}
}

// dialectOf is the wire form that a request has: what both have in common is asked for with Anthropic's header.
func dialectOf(path string, h http.Header) dialect {
	switch {
	case path == "/v1/embeddings":
		return embedded{}
	case path == "/v1/messages" || path != "/v1/chat/completions" && h.Get("Anthropic-Version") != "":
		return anthropic{}
	}
	return openAI{}
}

// models are those that are served: the one.
func (s *Server) models(d dialect) any {
	if d == (anthropic{}) {
		return doc{"data": []any{s.model(d)}, "has_more": false, "first_id": s.cfg.Name, "last_id": s.cfg.Name}
	}
	return doc{"object": "list", "data": []any{s.model(d)}}
}

func (s *Server) model(d dialect) any {
	if d == (anthropic{}) {
		return doc{"type": "model", "id": s.cfg.Name, "display_name": "polis stand-in, no language model", "created_at": time.Unix(created, 0).UTC()}
	}
	return doc{"id": s.cfg.Name, "object": "model", "created": created, "owned_by": "polis stand-in, no language model"}
}

func (s *Server) unknownModel(name string) *problem {
	return &problem{status: http.StatusNotFound, code: "model_not_found", param: "model",
		text: fmt.Sprintf("model %q is not served by this stand-in; accepted is %q", shortened(name), s.cfg.Name)}
}

func (s *Server) unknownPath(path string) *problem {
	has := []string{"/v1/chat/completions", "/v1/messages", "/v1/embeddings", "/v1/models", "/counts"}
	if s.cfg.Control {
		has = append(has, "/control")
	}
	if s.cfg.Log > 0 {
		has = append(has, "/log")
	}
	return &problem{status: http.StatusNotFound, code: "not_found", text: fmt.Sprintf("path %q; accepted are %s", shortened(path), strings.Join(has, ", "))}
}
