package claude

import (
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"koe/internal/agent"
	"koe/internal/agent/claude/message"
	"koe/internal/agent/jsonl"
)

// system takes a system line: the session's start, or something that the person may want to know.
func (s *stream) system(r *record) {
	var sys struct {
		Model    string         `json:"model"`
		Status   jsontext.Value `json:"status"`
		Summary  string         `json:"summary"`
		Message  jsontext.Value `json:"message"`
		Text     string         `json:"text"`
		Content  jsontext.Value `json:"content"`
		ToolName string         `json:"tool_name"`
		Attempt  int            `json:"attempt"`
	}
	if err := json.Unmarshal(r.raw, &sys, jsonl.Options()); err != nil {
		s.skip(jsonl.Shape)
		return
	}
	note := func(text string) {
		if text = strings.TrimSpace(text); text != "" {
			s.send(agent.Event{Kind: agent.Notification, Parent: r.Parent, Text: text})
		}
	}
	switch r.Subtype {
	case "init": // comes at every turn
		if s.session == "" || s.session != s.announced {
			s.announced = s.session
			s.send(agent.Event{Kind: agent.SessionStart, Text: sys.Model})
		}
	case "task_notification":
		note(taskNote(text(sys.Status), sys.Summary))
	case "compact_boundary":
		note("The conversation was compacted.")
	case "permission_denied":
		note(fmt.Sprintf("Permission to use `%s` was denied.", tick(sys.ToolName)))
	case "api_retry":
		if sys.Attempt <= 1 { // the first is news, the others are not
			note("The API failed and is tried again.")
		}
	case "notification":
		note(first(sys.Text, text(sys.Message), text(sys.Content)))
	case "status", "hook_started", "hook_response", "hook_progress", "thinking_tokens", "task_started", "task_progress",
		"task_updated", "files_persisted", "local_command_output", "session_state_changed", "elicitation_complete",
		"plugin_install", "memory_recall", "post_turn_summary", "informational", "turn_duration", "stop_hook_summary",
		"mirror_error", "commands_changed", "background_tasks_changed":
		// nothing in them is for the listener
	default:
		s.skip(agent.UnknownType("system/" + r.Subtype))
	}
}

// taskNote says how a background task or subagent ended.
func taskNote(status, summary string) string {
	how := map[string]string{"completed": "Task completed", "failed": "Task failed", "stopped": "Task stopped", "killed": "Task stopped"}[status]
	if how == "" {
		how = "Task"
	}
	summary = strings.TrimSpace(summary)
	if summary == "" {
		return how + "."
	}
	if !strings.ContainsAny(summary[len(summary)-1:], ".!?") {
		summary += "."
	}
	return how + ": " + summary
}

// result takes the turn's end.
func (s *stream) result(r *record) {
	s.closeAll()
	if s.interrupted {
		s.interrupted = false
		return
	}
	var res struct {
		IsError   bool           `json:"is_error"`
		APIStatus jsontext.Value `json:"api_error_status"`
		Errors    jsontext.Value `json:"errors"`
	}
	if err := json.Unmarshal(r.raw, &res, jsonl.Options()); err != nil {
		s.skip(jsonl.Shape) // but the turn is over all the same
	}
	if !res.IsError && !strings.HasPrefix(r.Subtype, "error") {
		s.send(agent.Event{Kind: agent.TurnEnd})
		return
	}
	var why string
	switch r.Subtype {
	case "error_max_turns":
		why = "The turn stopped at its limit of steps."
	case "error_max_budget_usd":
		why = "The turn stopped at its spending limit."
	case "error_max_structured_output_retries":
		why = "The turn failed: no valid structured output."
	default:
		var errs []string
		switch status := string(res.APIStatus); {
		case res.Errors.Kind() == '[' && json.Unmarshal(res.Errors, &errs, jsonl.Options()) == nil && len(errs) > 0:
			why = "The turn failed: " + strings.Join(errs, " ")
		case res.APIStatus.Kind() == '0' || res.APIStatus.Kind() == '"':
			why = fmt.Sprintf("The turn failed: API error %s.", strings.Trim(status, `"`))
		default:
			why = "The turn failed."
		}
	}
	s.send(agent.Event{Kind: agent.Error, Text: why})
}

// controlRequest takes a question of Claude Code to the program that runs it.
func (s *stream) controlRequest(r *record) {
	var req struct {
		Subtype     string         `json:"subtype"`
		ToolName    string         `json:"tool_name"`
		DisplayName string         `json:"display_name"`
		Title       string         `json:"title"`
		ToolUseID   string         `json:"tool_use_id"`
		Message     string         `json:"message"`
		Input       jsontext.Value `json:"input"`
	}
	if err := json.Unmarshal(r.Request, &req, jsonl.Options()); err != nil {
		s.skip(jsonl.Shape)
		return
	}
	ask := func(text string) {
		if r.RequestID == "" || !s.seen.twice("request "+r.RequestID) {
			s.send(agent.Event{Kind: agent.Permission, Parent: r.Parent, Text: text})
		}
	}
	switch req.Subtype {
	case "can_use_tool":
		ask(Question(first(req.DisplayName, req.ToolName), req.Title, req.Input))
	case "elicitation":
		ask(first(req.Message, "A tool asks for input."))
	case "hook_callback":
		s.hook(req.Input, ask)
	}
}

// hook takes a hook that is called through the stream. Only what wants the person's attention is for the listener.
func (s *stream) hook(input jsontext.Value, ask func(string)) {
	var in struct {
		Event    string         `json:"hook_event_name"`
		Message  string         `json:"message"`
		ToolName string         `json:"tool_name"`
		Input    jsontext.Value `json:"tool_input"`
	}
	if json.Unmarshal(input, &in, jsonl.Options()) != nil {
		s.skip(jsonl.Shape)
		return
	}
	switch {
	case in.Event == "Notification" && in.Message != "":
		s.send(agent.Event{Kind: agent.Notification, Text: in.Message})
	case in.Event == "PermissionRequest":
		ask(Question(in.ToolName, "", in.Input))
	}
}

// Question is how a request for permission is put to the person: title, if Claude Code gave one.
func Question(tool, title string, input jsontext.Value) string {
	if title = strings.TrimSpace(title); title != "" {
		return title
	}
	if tool == "AskUserQuestion" {
		if q := message.Questions(input); q != "" {
			return q
		}
	}
	detail := tick(message.Detail(input))
	name := "a tool"
	if tool != "" {
		name = "`" + tick(tool) + "`"
	}
	if detail == "" {
		return fmt.Sprintf("May I use %s?", name)
	}
	return fmt.Sprintf("May I use %s for `%s`?", name, detail)
}

// rateLimit takes a note on the account's limits.
func (s *stream) rateLimit(r *record) {
	var limit struct {
		Info struct {
			Status string `json:"status"`
		} `json:"rate_limit_info"`
	}
	if json.Unmarshal(r.raw, &limit, jsonl.Options()) != nil {
		s.skip(jsonl.Shape)
		return
	}
	switch status := limit.Info.Status; {
	case status == "rejected":
		s.send(agent.Event{Kind: agent.Notification, Text: "The rate limit is reached."})
	case status == "allowed_warning" && !s.seen.twice("rate limit warning "+s.session):
		s.send(agent.Event{Kind: agent.Notification, Text: "The rate limit is near."})
	}
}

// text is a JSON string's text; "" if the value is something else.
func text(v jsontext.Value) string {
	var s string
	if v.Kind() != '"' || json.Unmarshal(v, &s, jsonl.Options()) != nil {
		return ""
	}
	return s
}

// tick makes text fit between backticks.
func tick(s string) string { return strings.ReplaceAll(s, "`", "'") }

// first is the first text that is not blank.
func first(texts ...string) string {
	for _, t := range texts {
		if strings.TrimSpace(t) != "" {
			return t
		}
	}
	return ""
}
