package httpserver

import (
	"context"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/grader"
	"github.com/wiregrade/wiregrade/harness"
	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/internal/faulttest"
	"github.com/wiregrade/wiregrade/reference/http1"
)

// TestFaults tries every fault of the reference with all checks.
func TestFaults(t *testing.T) {
	// Each of some 45,000 checks makes folders and files: in memory that takes half the time.
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		t.Setenv("TMPDIR", "/dev/shm")
	}
	faulttest.Table{
		Suite: Suite(),
		Program: func(fault string) check.Program {
			if fault == faulttest.Correct {
				return program(http1.Faults{})
			}
			p, err := Suite().Wrong(fault)
			require.NoError(t, err)
			return p
		},
		Faults: http1.FaultNames(),
		Caught: caught,
	}.Run(t)
}

// caught are the checks that notice each fault. More than one notices where the fault breaks more than one rule. A
// fault that none notices is a choice that the assignment leaves open.
var caught = map[string][]string{
	// The head of a response.
	"status-line-lf":      {"messages/line-ends"},
	"status-no-space":     {"messages/status-line"},
	"status-two-spaces":   {"messages/status-line"},
	"status-no-version":   {"messages/status-line"},
	"version-lower-case":  {"messages/status-line"},
	"version-echoed":      {"messages/own-version"},
	"field-lines-lf":      {"messages/line-ends"},
	"head-not-ended":      {"messages/length-exact", "messages/line-ends"},
	"field-space-colon":   {"messages/field-lines"},
	"field-folded":        {"messages/no-folding"},
	"field-name-space":    {"messages/field-lines", "messages/last-modified"},
	"field-twice":         {"messages/fields-once"},
	"field-without-colon": {"messages/field-lines"},

	// The length of a response.
	"length-one-short":     {"messages/length-exact", "methods/head-length"},
	"length-one-more":      {"messages/length-exact"},
	"length-in-characters": {"messages/length-in-bytes"},
	"length-twice":         {"messages/length-exact"},
	"length-not-number":    {"messages/length-exact"},
	"length-missing":       {"messages/length-sent"},
	"length-empty-missing": {"messages/length-sent"},
	"length-error-missing": {"messages/length-of-others"},
	"length-and-chunked":   {"messages/one-framing"},
	"chunked-to-10":        {"connections/http10-not-chunked"},
	"chunked-decimal":      {"messages/length-exact"},
	"chunked-not-ended":    {"messages/length-exact"},
	"content-surplus-crlf": {"messages/length-exact"},

	// The content of a response.
	"content-cut-64k":      {"messages/content-large", "robustness/slow-reader"},
	"content-crlf":         {"messages/content-bytes"},
	"content-cut-at-nul":   {"messages/content-bytes"},
	"content-utf-8":        {"messages/content-bytes"},
	"content-mixed":        {"connections/many-at-once"},
	"content-slow-dropped": {"robustness/slow-reader"},
	"content-stale":        {"conditional/etag-changes", "methods/put-replaces-all"},
	"range-off-by-one":     {"messages/range"},
	"range-whole":          {"messages/range"},

	// Content-Type.
	"type-always-html":  {"messages/type-of-data", "messages/type-of-text", "messages/type-unknown"},
	"type-none":         {"messages/type-of-data", "messages/type-of-text"},
	"type-html-wrong":   {"messages/type-of-text"},
	"type-css-wrong":    {"messages/type-of-text"},
	"type-js-wrong":     {"messages/type-of-text"},
	"type-text-wrong":   {"messages/type-of-text"},
	"type-json-wrong":   {"messages/type-of-data"},
	"type-png-wrong":    {"messages/type-of-data"},
	"type-jpeg-wrong":   {"messages/type-of-data"},
	"type-gif-wrong":    {"messages/type-of-data"},
	"type-svg-wrong":    {"messages/type-of-data"},
	"type-unknown-html": {"messages/type-unknown"},

	// Date, Last-Modified and ETag.
	"date-none":             {"messages/date"},
	"date-none-on-error":    {"messages/date"},
	"date-none-on-304":      {"conditional/not-modified-fields"},
	"date-local-zone":       {"messages/date-form"},
	"date-local-as-gmt":     {"messages/date-now"},
	"date-form-asctime":     {"messages/date-form"},
	"date-form-rfc-850":     {"messages/date-form"},
	"last-modified-none":    {"messages/last-modified"},
	"last-modified-now":     {"messages/last-modified"},
	"last-modified-ahead":   {"messages/last-modified"},
	"last-modified-asctime": {"messages/date-form"},
	"etag-none":             {"messages/etag"},
	"etag-each-time":        {"conditional/etag-stays"},
	"etag-stays":            {"conditional/etag-changes"},
	"etag-from-length":      {"conditional/etag-changes"},
	"etag-unquoted":         {"messages/etag-form"},
	"etag-weak-lower-case":  {"messages/etag-form"},

	// HEAD.
	"head-body":         {"methods/head-no-content"},
	"head-error-body":   {"methods/head-no-content"},
	"head-form-body":    {"methods/form-head"},
	"head-length-zero":  {"methods/head-length"},
	"head-few-fields":   {"methods/head-fields"},
	"head-refused":      {"methods/head"},
	"head-missing-200":  {"methods/head-of-missing"},
	"head-closes-after": {"connections/close-announced", "connections/persistent-after-others"},

	// Status and method.
	"missing-200":            {"methods/missing"},
	"missing-500":            {"methods/missing"},
	"deep-missing":           {"methods/get"},
	"allow-missing":          {"methods/allow"},
	"method-unknown-get":     {"methods/lower-case", "methods/unknown"},
	"method-unknown-dropped": {"methods/unknown"},
	"method-any-case":        {"methods/lower-case"},
	"method-post-get":        {"methods/post-to-file"},
	"method-options-refused": {}, // OPTIONS is optional, and this assignment does not ask for it

	// PUT and DELETE.
	"put-always-201":         {"methods/put-replaces"},
	"put-always-204":         {"methods/put-creates"},
	"put-never-stores":       {"methods/put-stores"},
	"put-only-creates":       {"methods/put-replaces-all"},
	"put-appends":            {"methods/put-replaces-all"},
	"put-keeps-tail":         {"methods/put-replaces-all"},
	"put-cut-1k":             {"methods/put-stores"},
	"put-first-segment":      {"connections/body-split"},
	"put-text-mode":          {"methods/put-stores"},
	"put-cut-at-nul":         {"methods/put-stores"},
	"put-stores-partial":     {"methods/put-cut-short"},
	"put-stores-chunks":      {"connections/chunked-put"},
	"put-empty-refused":      {"methods/put-empty"},
	"put-new-folder-500":     {"methods/put-new-folder"},
	"put-folder-accepted":    {"methods/put-folder"},
	"put-not-decoded":        {"methods/put-name"},
	"put-in-place":           {}, // the statement does not say what a reader sees while a PUT comes in
	"delete-keeps":           {"methods/delete"},
	"delete-missing-204":     {"methods/delete-missing"},
	"delete-missing-500":     {"methods/delete-missing"},
	"delete-folder":          {"methods/delete-folder"},
	"delete-refused":         {"methods/delete"},
	"no-content-length":      {"methods/no-content-length"},
	"no-content-body":        {"methods/no-content-body"},
	"no-content-chunked":     {"methods/no-content-body"},
	"created-body-uncounted": {"messages/length-of-others"},

	// Conditional requests.
	"none-match-ignored":     {"conditional/none-match"},
	"none-match-strong":      {"conditional/none-match-weak"},
	"none-match-no-list":     {"conditional/none-match-list"},
	"none-match-first-line":  {"conditional/none-match-lines"},
	"none-match-no-star":     {"conditional/none-match-star"},
	"none-match-always":      {"conditional/none-match-first", "conditional/none-match-other"},
	"none-match-substring":   {"conditional/none-match-other"},
	"none-match-not-on-head": {"conditional/none-match-head"},
	"none-match-missing-304": {"conditional/none-match-missing"},
	"none-match-412":         {"conditional/none-match"},
	"since-ignored":          {"conditional/since"},
	"since-over-none-match":  {"conditional/none-match-first"},
	"since-strictly-later":   {"conditional/since"},
	"since-by-string":        {"conditional/since-earlier", "conditional/since-old-forms", "conditional/since-unreadable"},
	"since-always":           {"conditional/since-earlier"},
	"since-only-fixdate":     {"conditional/since-old-forms"},
	"since-bad-400":          {"conditional/since-unreadable"},
	"since-bad-304":          {"conditional/since-unreadable"},
	"not-modified-body":      {"conditional/not-modified-content"},
	"not-modified-no-etag":   {"conditional/not-modified-fields"},
	"not-modified-length":    {"conditional/not-modified-length"},
	"not-modified-chunked":   {"conditional/not-modified-content"},

	// The head of a request.
	"host-missing-accepted":  {"messages/host-missing"},
	"host-twice-accepted":    {"messages/host-twice"},
	"host-invalid-accepted":  {"messages/host-malformed"},
	"space-colon-accepted":   {"messages/space-before-colon"},
	"colon-missing-accepted": {"robustness/field-without-colon"},
	"line-malformed-served":  {"robustness/request-line-words"},
	"line-malformed-dropped": {"robustness/chunk-size-malformed", "robustness/chunk-too-long", "robustness/not-http", "robustness/request-line-words"},
	"line-malformed-crash":   {"robustness/chunk-size-malformed", "robustness/chunk-too-long", "robustness/not-http", "robustness/request-line-words"},
	"name-case-sensitive":    {"messages/field-names"},
	"value-needs-space":      {"messages/field-whitespace"},
	"value-not-trimmed":      {"messages/field-whitespace"},
	"value-empty-refused":    {"messages/fields-unknown"},
	"value-obs-text-crash":   {"robustness/field-beyond-ascii"},
	"field-unknown-refused":  {"messages/fields-unknown"},
	"field-nul-accepted":     {"robustness/field-with-nul"},
	"leading-line-refused":   {"messages/leading-empty-line"},
	"absolute-form-refused":  {"messages/target-absolute"},
	"absolute-form-as-path":  {"messages/target-absolute"},
	"version-3-accepted":     {"messages/version-major"},
	"version-3-is-400":       {"messages/version-major"},
	"version-12-refused":     {"messages/version-minor"},
	"version-any-accepted":   {"robustness/version-malformed"},
	"target-8000-refused":    {"robustness/long-target"},
	"head-8000-refused":      {"robustness/long-head"},
	"target-cut":             {"robustness/long-target"},
	"target-long-crash":      {"robustness/overlong-target"},
	"head-long-crash":        {"robustness/overlong-field"},
	"fields-many-refused":    {"robustness/many-fields"},

	// The target.
	"query-in-name":        {"messages/target-query"},
	"escapes-kept":         {"messages/target-escapes", "methods/put-name"},
	"escapes-twice":        {"messages/target-decoded-once"},
	"escapes-latin-1":      {"messages/target-utf8"},
	"escape-broken-served": {"messages/target-malformed"},
	"escape-broken-crash":  {"messages/target-malformed"},
	"plus-is-space":        {"messages/target-plus"},
	"nul-cut":              {"security/nul"},
	"nul-crash":            {"security/nul"},
	"traversal-plain":      {"security/dot-dot"},
	"traversal-encoded":    {"security/dot-dot-escaped"},
	"traversal-slash":      {"security/slash-escaped"},
	"traversal-backslash":  {"robustness/request-line-words", "security/backslash"},
	"traversal-twice":      {"security/escaped-twice"},
	"traversal-stripped":   {"security/dots-left-over"},
	"traversal-absolute":   {"security/second-slash"},
	"traversal-prefix":     {"security/neighbour"},
	"traversal-put":        {"security/put-outside"},
	"traversal-delete":     {"security/delete-outside"},

	// The body of a request.
	"length-negative-accepted": {"robustness/length-negative"},
	"length-junk-accepted":     {"robustness/length-with-letters"},
	"length-empty-accepted":    {"robustness/length-empty"},
	"length-plus-accepted":     {"robustness/length-with-sign"},
	"length-wraps":             {"robustness/overlong-length"},
	"lengths-first-wins":       {"robustness/lengths-unlike"},
	"length-bad-stays-open":    {"robustness/length-closes"},
	"length-over-coding":       {"robustness/length-and-coding"},
	"coding-both-stays-open":   {"robustness/length-and-coding"},
	"coding-unknown-ignored":   {"robustness/coding-unknown"},
	"coding-case-sensitive":    {"connections/chunked-name"},
	"chunks-ignored":           {"connections/chunked"},
	"chunks-decimal":           {"connections/chunked-sizes"},
	"chunks-lower-case":        {"connections/chunked-sizes"},
	"chunks-zero-padded":       {"connections/chunked-sizes"},
	"chunks-extension":         {"connections/chunked-extension"},
	"chunks-trailer":           {"connections/chunked-trailer"},
	"chunks-line-end":          {"connections/chunked", "connections/chunked-put"},
	"chunks-per-read":          {"connections/chunked-split"},
	"chunks-bad-size":          {"robustness/chunk-size-malformed", "robustness/overlong-chunk"},
	"chunks-bad-end":           {"robustness/chunk-too-long"},
	"chunks-size-wraps":        {"robustness/overlong-chunk"},
	"continue-never":           {"connections/expect"},
	"continue-case":            {"connections/expect-case"},
	"continue-to-10":           {"connections/expect-http10"},
	"continue-alone":           {"connections/expect", "connections/expect-http10"},
	"continue-refused":         {"connections/expect-served"},
	"body-left-on-error":       {"connections/body-unwanted"},
	"body-left-on-get":         {"connections/body-of-get"},

	// Connections.
	"conn-closes-after-one":  {"connections/close-announced", "connections/persistent"},
	"conn-close-ignored":     {"connections/close", "connections/close-said"},
	"conn-close-only":        {"connections/close-in-list"},
	"conn-close-case":        {"connections/close-in-list"},
	"conn-close-unannounced": {"connections/close-said"},
	"conn-pipeline-dropped":  {"connections/pipelined", "connections/pipelined-many", "robustness/two-cut-oddly"},
	"conn-pipeline-turned":   {"connections/pipelined", "connections/pipelined-many", "robustness/two-cut-oddly"},
	"conn-open-after-10":     {"connections/http10-closes"},
	"conn-host-10":           {"connections/http10"},
	"conn-refuses-10":        {"connections/http10"},
	"conn-one-read":          {"connections/body-split", "connections/chunked-split", "connections/expect", "robustness/byte-by-byte", "robustness/cut-at-line-ends", "robustness/long-head", "robustness/long-target"},
	"conn-one-at-a-time":     {"connections/idle-beside", "connections/many-at-once"},
	"conn-half-line-blocks":  {"connections/idle-beside"},
	"conn-eight":             {"connections/many-at-once"},
	"conn-sixteen":           {"connections/many-at-once"},
	"conn-half-close-gone":   {"robustness/half-close"},
	"conn-reset-crash":       {"robustness/reset-in-reply"},
	"conn-empty-crash":       {"robustness/empty-connections"},
	"conn-partial-crash":     {"robustness/left-halfway"},
	"conn-impatient":         {"robustness/stalls"},

	// Folders.
	"folder-direct":      {"methods/folder-redirect"},
	"folder-missing-404": {"methods/folder-redirect"},
	"folder-no-location": {"methods/folder-redirect"},
	"folder-location":    {"methods/folder-redirect"},
	"folder-parent":      {"methods/folder-redirect"},
	"folder-302":         {"methods/folder-redirect"},
	"folder-308":         {"methods/folder-301"},
	"folder-split":       {"security/location-split"},
	"folder-index":       {"methods/folder-index"},
	"folder-lists":       {"methods/folder-without-index"},
	"folder-empty-200":   {"methods/folder-without-index"},
	"folder-crash":       {"methods/folder-redirect"},

	// /form.
	"form-plus":             {"methods/form-plus"},
	"form-escapes":          {"methods/form-escapes"},
	"form-escapes-twice":    {"methods/form-escapes"},
	"form-decodes-first":    {"methods/form-escapes"},
	"form-utf-8":            {"methods/form-utf8"},
	"form-sorted":           {"methods/form-get", "methods/form-post"},
	"form-empty-value":      {"methods/form-empty"},
	"form-bare-name":        {"methods/form-empty"},
	"form-empty-segment":    {"methods/form-empty"},
	"form-duplicate":        {"methods/form-repeats"},
	"form-equals-cut":       {"methods/form-repeats"},
	"form-semicolon":        {}, // HTML 4.01 §B.2.2 asks servers to take a semicolon for an ampersand
	"form-last-line":        {"methods/form-get", "methods/form-post"},
	"form-one-line":         {"methods/form-get", "methods/form-post"},
	"form-name-not-decoded": {"methods/form-escapes"},
	"form-first-segment":    {"connections/body-split"},
	"form-chunked-empty":    {"connections/chunked"},
	"form-post-query":       {"methods/form-post-query"},
	"form-get-body":         {}, // RFC 9110 §9.3.1 gives the content of a GET no meaning, and the statement none either
	"form-broken-200":       {"methods/form-broken-escape"},
	"form-type-html":        {"methods/form-type"},
	"form-post-refused":     {"methods/form-post"},
	"form-get-refused":      {"methods/form-get"},
}

// TestNothingEarnsNothing holds that no check passes for a server that does not answer: neither by closing at once,
// nor by silence.
func TestNothingEarnsNothing(t *testing.T) {
	for name, treat := range map[string]func(c net.Conn){
		"closes": func(c net.Conn) { c.Close() },
		"resets": func(c net.Conn) { c.(*net.TCPConn).SetLinger(0); c.Close() },
		"silent": func(net.Conn) {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			program := func(ctx context.Context, env *check.Env) int {
				ln, err := env.Listen(ctx, "tcp", net.JoinHostPort(env.Vars["HOST"], env.Vars["PORT"]))
				if err != nil {
					return 1
				}
				context.AfterFunc(ctx, func() { ln.Close() })
				for {
					c, err := ln.Accept()
					if err != nil {
						return 0
					}
					context.AfterFunc(ctx, func() { c.Close() })
					treat(c)
				}
			}
			results, err := harness.Try(t.Context(), Suite(), program, harness.Options{Seed: 1, Patience: 200 * time.Millisecond})
			require.NoError(t, err)
			for _, r := range results {
				if r.Verdict == grader.Pass || r.Verdict == grader.Fault {
					t.Errorf("%s: %s %s", r.Name, r.Verdict, r.Reason)
				}
			}
		})
	}
}
