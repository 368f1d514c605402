package fakegithub

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// What GitHub's documentation says about the size of things.
const (
	maxSummary     = 65535
	maxAnnotations = 50
	maxActions     = 3
)

type annotation struct {
	Path      string `json:"path"`
	StartLine int    `json:"start_line"`
	EndLine   int    `json:"end_line"`
	Level     string `json:"annotation_level"`
	Message   string `json:"message"`
}

type checkBody struct {
	Name        string  `json:"name"`
	HeadSHA     string  `json:"head_sha"`
	DetailsURL  *string `json:"details_url"`
	ExternalID  *string `json:"external_id"`
	Status      *string `json:"status"`
	Conclusion  *string `json:"conclusion"`
	CompletedAt *string `json:"completed_at"`
	Output      *struct {
		Title       string       `json:"title"`
		Summary     string       `json:"summary"`
		Annotations []annotation `json:"annotations"`
	} `json:"output"`
	Actions []struct {
		Label       string `json:"label"`
		Description string `json:"description"`
		Identifier  string `json:"identifier"`
	} `json:"actions"`
}

// wrong says what is against the documentation.
func (b *checkBody) wrong() string {
	conclusions := []string{"success", "failure", "neutral", "cancelled", "skipped", "timed_out", "action_required"}
	switch {
	case b.Status != nil && !slices.Contains([]string{"queued", "in_progress", "completed"}, *b.Status):
		return "status " + *b.Status
	case (b.Status != nil && *b.Status == "completed") != (b.Conclusion != nil):
		return "a conclusion goes with completed"
	case b.Conclusion != nil && (!slices.Contains(conclusions, *b.Conclusion) || b.CompletedAt == nil):
		return "conclusion " + *b.Conclusion
	case b.Output == nil || b.Output.Title == "" || b.Output.Summary == "":
		return "an output needs title and summary"
	case len(b.Output.Summary) > maxSummary:
		return fmt.Sprintf("a summary of %d bytes", len(b.Output.Summary))
	case len(b.Output.Title) > 255 || strings.Contains(b.Output.Title, "\n"):
		return "title"
	case len(b.Output.Annotations) > maxAnnotations:
		return fmt.Sprintf("%d annotations", len(b.Output.Annotations))
	case len(b.Actions) > maxActions:
		return fmt.Sprintf("%d actions", len(b.Actions))
	}
	for _, a := range b.Output.Annotations {
		if a.Path == "" || strings.HasPrefix(a.Path, "/") || a.StartLine < 1 || a.EndLine < a.StartLine || a.Message == "" || len(a.Message) > 64<<10 ||
			!slices.Contains([]string{"notice", "warning", "failure"}, a.Level) {
			return fmt.Sprintf("annotation %+v", a)
		}
	}
	for _, a := range b.Actions {
		if a.Label == "" || len(a.Label) > 20 || a.Description == "" || len(a.Description) > 40 || a.Identifier == "" || len(a.Identifier) > 20 {
			return fmt.Sprintf("action %+v", a)
		}
	}
	if b.DetailsURL != nil {
		if u, err := url.Parse(*b.DetailsURL); err != nil || u.Host == "" {
			return "details_url " + *b.DetailsURL
		}
	}
	return ""
}

// onto puts what the body says onto the check run. Annotations add up, all else is replaced.
func (b *checkBody) onto(c *CheckRun) {
	if b.Status != nil {
		c.Status = *b.Status
		c.Phases = append(c.Phases, c.Status)
	}
	if b.Conclusion != nil {
		c.Conclusion = *b.Conclusion
	}
	if b.DetailsURL != nil {
		c.Details = *b.DetailsURL
	}
	c.Title, c.Summary = b.Output.Title, b.Output.Summary
	c.Annotations += len(b.Output.Annotations)
	for _, a := range b.Output.Annotations {
		c.Paths = append(c.Paths, fmt.Sprintf("%s:%d", a.Path, a.StartLine))
	}
	if b.Actions != nil {
		c.Actions = nil
		for _, a := range b.Actions {
			c.Actions = append(c.Actions, a.Identifier)
		}
	}
}

func (g *GitHub) createCheck(w http.ResponseWriter, r *http.Request) {
	if !g.may(w, r, bearer(r), "checks", "write") {
		return
	}
	var b checkBody
	if !g.body(w, r, &b) {
		return
	}
	wrong := b.wrong()
	if wrong == "" && (b.Name == "" || !g.has(r, b.HeadSHA)) {
		wrong = "name " + b.Name + ", head_sha " + b.HeadSHA
	}
	if wrong != "" {
		g.bad(w, r, "%s", wrong)
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	c := &CheckRun{ID: int64(1000 + len(g.checks)), Repository: r.PathValue("owner") + "/" + r.PathValue("repo"), Name: b.Name, SHA: b.HeadSHA}
	if b.ExternalID != nil {
		c.ExternalID = *b.ExternalID
	}
	b.onto(c)
	g.checks = append(g.checks, c)
	g.told()
	g.answer(w, http.StatusCreated, map[string]any{"id": c.ID, "name": c.Name, "head_sha": c.SHA, "status": c.Status})
}

func (g *GitHub) updateCheck(w http.ResponseWriter, r *http.Request) {
	if !g.may(w, r, bearer(r), "checks", "write") {
		return
	}
	var b checkBody
	if !g.body(w, r, &b) {
		return
	}
	if wrong := b.wrong(); wrong != "" {
		g.bad(w, r, "%s", wrong)
		return
	}
	id, _ := strconv.ParseInt(r.PathValue("id"), 10, 64)
	g.mu.Lock()
	defer g.mu.Unlock()
	i := slices.IndexFunc(g.checks, func(c *CheckRun) bool { return c.ID == id })
	if i < 0 {
		g.refuse(w, http.StatusNotFound, "Not Found")
		return
	}
	c := g.checks[i]
	b.onto(c)
	g.told()
	g.answer(w, http.StatusOK, map[string]any{"id": c.ID, "name": c.Name, "head_sha": c.SHA, "status": c.Status})
}

func (g *GitHub) listChecks(w http.ResponseWriter, r *http.Request) {
	if !g.may(w, r, bearer(r), "checks", "write") {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	all := []map[string]any{}
	for _, c := range g.checks {
		if c.SHA == r.PathValue("sha") && (r.FormValue("check_name") == "" || c.Name == r.FormValue("check_name")) {
			all = append(all, map[string]any{"id": c.ID, "name": c.Name, "head_sha": c.SHA, "external_id": c.ExternalID, "status": c.Status})
		}
	}
	g.answer(w, http.StatusOK, map[string]any{"total_count": len(all), "check_runs": all})
}

func (g *GitHub) createStatus(w http.ResponseWriter, r *http.Request) {
	if !g.may(w, r, bearer(r), "statuses", "write") {
		return
	}
	var b struct {
		State       string `json:"state"`
		Description string `json:"description"`
		Context     string `json:"context"`
		TargetURL   string `json:"target_url"`
	}
	if !g.body(w, r, &b) {
		return
	}
	if !slices.Contains([]string{"error", "failure", "pending", "success"}, b.State) || len(b.Description) > 140 || b.Context == "" || !g.has(r, r.PathValue("sha")) {
		g.bad(w, r, "status %+v", b)
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.statuses = append(g.statuses, Status{r.PathValue("owner") + "/" + r.PathValue("repo"), r.PathValue("sha"), b.State, b.Description, b.Context, b.TargetURL})
	g.told()
	g.answer(w, http.StatusCreated, map[string]any{"id": len(g.statuses), "state": b.State})
}
