package dnsserver

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
	"github.com/wiregrade/wiregrade/reference/dns"
	"github.com/wiregrade/wiregrade/reference/faults"
)

// TestFaults tries every fault of the reference with all checks.
func TestFaults(t *testing.T) {
	// Each of some 30,000 checks makes folders and files: in memory that takes less time.
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		t.Setenv("TMPDIR", "/dev/shm")
	}
	faulttest.Table{
		Suite: Suite(),
		Program: func(fault string) check.Program {
			if fault == faulttest.Correct {
				return program(dns.ServerFaults{})
			}
			p, err := Suite().Wrong(fault)
			require.NoError(t, err)
			return p
		},
		Faults: faults.Names[dns.ServerFaults](),
		Caught: caught,
		Jobs:   8, // they work more than they wait
	}.Run(t)
}

// caught are the checks that notice each fault. More than one notices where the fault breaks more than one rule, or a rule
// that several questions need. A fault that none notices is a choice that the assignment leaves open.
var caught = map[string][]string{
	// Messages, and the transports.

	// The header and the question of a reply.
	"id-constant":        {"messages/id"},
	"id-swapped":         {"messages/id"},
	"qr-missing":         {"messages/response-bit"},
	"opcode-zero":        {"robustness/opcode", "update/reply"},
	"rd-dropped":         {"messages/recursion-desired"},
	"rd-always":          {"messages/recursion-desired"},
	"z-set":              {"messages/counts", "messages/reserved-bit"},
	"flags-echoed":       {"messages/recursion-available", "messages/reserved-bit"},
	"flags-swapped":      {"messages/response-bit"},
	"counts-swapped":     {"messages/counts"},
	"counts-total":       {"edns/opt-form", "messages/counts"},
	"question-missing":   {"edns/size-kept", "messages/question", "transport/truncated-size"},
	"question-lowered":   {"messages/question-case", "negative/question-case"},
	"question-upped":     {"messages/question-case", "negative/question-case"},
	"pointers-from-body": {"messages/names"},
	"pointers-forward":   {"messages/names"},
	"names-unended":      {"messages/names"},
	"ttl-swapped":        {"answers/ttl", "negative/ttl-minimum", "negative/ttl-own"},
	"types-swapped":      {"answers/a", "answers/aaaa", "answers/alias", "answers/alias-asked", "answers/alias-chain", "answers/alias-outside", "answers/alias-soa", "answers/alias-target", "answers/alias-to-nothing", "answers/case", "answers/cname", "answers/mx", "answers/ns", "answers/ptr", "answers/section", "answers/soa", "answers/srv", "answers/txt", "answers/type-asked", "answers/utopia-mail", "answers/utopia-server", "answers/utopia-www", "answers/whole-set", "answers/wildcard", "answers/wildcard-asked", "answers/wildcard-labels", "answers/zone-file", "answers/zone-name", "delegation/alias-into-the-cut", "delegation/at-the-cut", "delegation/beside-the-cut", "delegation/glue", "delegation/glue-asked", "delegation/ns-at-the-cut", "delegation/referral", "delegation/referral-no-soa", "delegation/wildcard-below-cut", "edns/answered", "edns/options", "edns/size-least", "edns/size-used", "edns/tcp-size", "messages/records", "negative/no-data-soa", "negative/no-name-soa", "transport/tcp", "transport/tcp-at-once", "transport/tcp-idle-beside", "transport/tcp-large", "transport/tcp-patience", "transport/tcp-pieces", "transport/tcp-pipelined", "transport/tcp-several", "transport/udp-burst", "update/add", "update/add-any", "update/add-equal", "update/add-to-set", "update/alias-beside-data", "update/all-or-nothing", "update/all-or-nothing-outside", "update/class", "update/compressed", "update/data-beside-alias", "update/delete-data", "update/delete-record", "update/delete-set", "update/delete-ttl", "update/if-all", "update/if-name", "update/if-no-name", "update/if-no-set", "update/if-records", "update/if-records-all", "update/if-set", "update/in-order", "update/last-ns-stays", "update/ns-stay", "update/second-alias", "update/serial", "update/serial-stays", "update/soa-newer", "update/soa-older", "update/soa-stays"},
	"lengths-wrong":      {"messages/records"},
	"trailing-byte":      {"messages/end"},

	// Requests that are not as they should be.
	"short-crash":          {"robustness/short"},
	"no-question-crash":    {"robustness/no-question"},
	"two-questions-served": {"robustness/two-questions"},
	"pointer-loop-crash":   {"robustness/pointer-astray", "robustness/pointer-loop"},
	"pointers-refused":     {"update/compressed"},
	"label-of-64-served":   {"robustness/label-of-64", "robustness/label-type"},
	"name-long-crash":      {"robustness/long-name"},
	"counts-trusted":       {"robustness/cut"},
	"response-answered":    {"robustness/response"},
	"opcode-served":        {"robustness/opcode"},
	"class-served":         {"robustness/class"},

	// EDNS and size.
	"edns-ignored":         {"edns/opt", "edns/opt-with-code", "edns/truncated-opt", "edns/version-answered", "edns/version-badvers"},
	"edns-always":          {"edns/no-opt"},
	"edns-form-err":        {"edns/answered", "edns/opt", "edns/opt-with-code", "edns/options", "edns/size-kept", "edns/size-used", "edns/version-answered", "edns/version-badvers"},
	"edns-size-ignored":    {"edns/size-used"},
	"edns-size-exceeded":   {"edns/size-kept"},
	"edns-version-served":  {"edns/version-badvers"},
	"edns-version-error":   {"edns/version-answered", "edns/version-badvers"},
	"edns-bad-vers-no-opt": {"edns/version-answered", "edns/version-badvers"},
	"two-opt-served":       {"edns/two-opt"},
	"opt-in-authority":     {"edns/opt", "edns/opt-form", "edns/opt-with-code", "edns/truncated-opt", "edns/version-answered", "edns/version-badvers"},
	"opt-named":            {"edns/opt-form"},
	"udp-unlimited":        {"transport/truncated", "transport/truncated-size"},
	"truncated-no-tc":      {"edns/size-kept", "transport/truncated"},
	"truncated-in-record":  {"transport/truncated-records"},
	"truncated-silent":     {"edns/size-kept", "edns/truncated-opt", "transport/truncated", "transport/truncated-glue", "transport/truncated-records", "transport/truncated-size"},

	// TCP.
	"tcp-none":               {"transport/tcp"},
	"tcp-truncated":          {"transport/tcp-large"},
	"tcp-length-swapped":     {"transport/tcp"},
	"tcp-length-whole":       {"transport/tcp"},
	"tcp-length-none":        {"transport/tcp"},
	"tcp-one-read":           {"transport/tcp-pieces", "transport/tcp-pipelined"},
	"tcp-one-message":        {"transport/tcp-pipelined", "transport/tcp-several"},
	"tcp-drops-behind":       {"transport/tcp-pieces", "transport/tcp-pipelined"},
	"tcp-one-at-a-time":      {"transport/tcp-at-once", "transport/tcp-idle-beside"},
	"tcp-impatient":          {"transport/tcp-patience"},
	"tcp-crash-on-early-end": {"robustness/tcp-cut"},
	"replies-elsewhere":      {"transport/udp-source"},
	"replies-twice":          {"transport/udp-once"},
	"stops-after-40":         {"robustness/goes-on"},
	"drops-second-of-bursts": {"transport/tcp-pipelined", "transport/tcp-several", "transport/udp-burst"},

	// The flags of an answer.
	"aa-missing":      {"delegation/beside-the-cut", "messages/authority", "negative/no-data-authority", "negative/no-name-authority"},
	"aa-on-referral":  {"delegation/referral-authority"},
	"aa-on-refused":   {"delegation/outside-authority"},
	"ra-always":       {"messages/recursion-available", "negative/recursion-available"},
	"nx-not-aa":       {"negative/no-name-authority"},
	"no-answer-crash": {"answers/alias-to-nothing", "answers/wildcard-below-name", "negative/no-name", "negative/no-name-authority", "negative/no-name-below", "negative/no-name-deep", "negative/no-name-soa", "negative/ttl-minimum", "negative/ttl-own", "update/all-or-nothing", "update/all-or-nothing-outside", "update/data-beside-alias", "update/delete-name", "update/if-all", "update/if-data", "update/if-name", "update/if-no-name", "update/if-no-set", "update/if-outside", "update/if-records", "update/if-records-all", "update/if-set", "update/if-ttl"},

	"ra-without-answer":               {"negative/recursion-available"},
	"question-lowered-without-answer": {"negative/question-case"},

	// Answers.
	"case-sensitive":      {"answers/case"},
	"first-record-only":   {"answers/alias-target", "answers/whole-set", "update/add-any", "update/add-equal", "update/add-to-set", "update/class", "update/delete-data", "update/delete-record", "update/delete-ttl"},
	"records-twice":       {"answers/once", "edns/size-used", "update/add-equal"},
	"records-spare":       {"answers/type-asked"},
	"owner-of-zone":       {"answers/alias", "answers/alias-chain", "answers/alias-target", "answers/owner", "answers/wildcard-owner"},
	"ttl-zero":            {"answers/ttl"},
	"ttl-differs":         {"answers/ttl-of-set"},
	"ttl-minimum":         {"answers/ttl"},
	"ttl-random":          {"answers/ttl", "answers/ttl-of-set"},
	"zone-name-nx":        {"answers/ns", "answers/owner", "answers/utopia-mail", "answers/utopia-server", "answers/zone-file", "answers/zone-name", "update/last-ns-stays", "update/ns-stay"},
	"answer-in-authority": {"answers/a", "answers/aaaa", "answers/alias", "answers/alias-asked", "answers/alias-chain", "answers/alias-outside", "answers/alias-target", "answers/alias-to-nothing", "answers/caa", "answers/case", "answers/cname", "answers/mx", "answers/ns", "answers/owner", "answers/ptr", "answers/section", "answers/soa", "answers/srv", "answers/txt", "answers/type-asked", "answers/utopia-mail", "answers/utopia-server", "answers/utopia-www", "answers/whole-set", "answers/wildcard", "answers/wildcard-asked", "answers/wildcard-labels", "answers/zone-file", "answers/zone-name", "delegation/beside-the-cut", "edns/answered", "edns/options", "edns/size-least", "edns/size-used", "edns/tcp-size", "messages/records", "transport/tcp", "transport/tcp-at-once", "transport/tcp-idle-beside", "transport/tcp-large", "transport/tcp-patience", "transport/tcp-pieces", "transport/tcp-pipelined", "transport/tcp-several", "transport/udp-burst", "update/add", "update/add-any", "update/add-equal", "update/add-to-set", "update/alias-beside-data", "update/all-or-nothing", "update/all-or-nothing-outside", "update/class", "update/compressed", "update/data-beside-alias", "update/delete-data", "update/delete-record", "update/delete-set", "update/delete-ttl", "update/if-all", "update/if-name", "update/if-no-name", "update/if-no-set", "update/if-records", "update/if-records-all", "update/if-set", "update/in-order", "update/last-ns-stays", "update/ns-stay", "update/second-alias", "update/serial", "update/serial-stays", "update/soa-newer", "update/soa-older", "update/soa-stays"},
	"rotation-none":       {}, // the order of a set is free, and so is whether it changes
	"any-refused":         {}, // type ANY is not charged: RFC 8482
	"any-nothing":         {}, // type ANY is not charged: RFC 8482
	"unknown-not-imp":     {"negative/unknown-type"},
	"unknown-nx":          {"negative/unknown-type"},
	"unknown-crash":       {"negative/unknown-type"},
	"names-upped":         {}, // names are equal without regard to case: RFC 4343

	// EDNS and size.
	"opt-not-with-nx":      {"edns/opt-with-code"},
	"opt-not-with-refused": {"edns/opt-with-code"},
	"opt-size-literal":     {"edns/size-least"},
	"tcp-cut-to-opt":       {"edns/tcp-size"},
	"glue-cut-no-tc":       {"transport/truncated-glue"},

	// The data of records.
	"address-text":     {"answers/a", "messages/records"},
	"address-swapped":  {"answers/a", "answers/alias", "answers/alias-chain", "answers/alias-target", "answers/case", "answers/section", "answers/utopia-mail", "answers/utopia-server", "answers/utopia-www", "answers/whole-set", "answers/wildcard", "answers/wildcard-asked", "answers/wildcard-labels", "answers/zone-file", "delegation/beside-the-cut", "delegation/glue", "edns/answered", "edns/options", "transport/tcp", "transport/tcp-at-once", "transport/tcp-idle-beside", "transport/tcp-patience", "transport/tcp-pieces", "transport/tcp-pipelined", "transport/tcp-several", "transport/udp-burst", "update/add", "update/add-any", "update/add-equal", "update/add-to-set", "update/class", "update/compressed", "update/delete-data", "update/delete-record", "update/delete-ttl", "update/if-name", "update/if-no-name", "update/if-no-set", "update/if-records", "update/if-records-all", "update/if-set", "update/in-order"},
	"aaaa-short":       {"answers/aaaa"},
	"txt-no-length":    {"answers/txt", "edns/size-kept", "transport/truncated-records", "transport/truncated-size"},
	"txt-joined":       {"answers/txt", "answers/zone-file"},
	"txt-first":        {"answers/txt", "answers/zone-file"},
	"mx-swapped":       {"answers/mx", "answers/utopia-mail", "answers/zone-file", "answers/zone-name"},
	"mx-no-preference": {"answers/mx"},
	"soa-swapped":      {"answers/soa", "answers/zone-file", "update/soa-newer"},
	"soa-mail-dot":     {"answers/soa", "answers/zone-file"},
	"srv-swapped":      {"answers/srv"},
	"srv-compressed":   {"answers/srv", "answers/srv-uncompressed"},
	"caa-no-flags":     {"answers/caa"},
	"names-relative":   {"answers/alias", "answers/alias-asked", "answers/alias-chain", "answers/alias-outside", "answers/alias-to-nothing", "answers/cname", "answers/ns", "answers/ptr", "answers/utopia-server", "answers/zone-name", "delegation/referral", "update/data-beside-alias", "update/last-ns-stays", "update/ns-stay", "update/second-alias"},

	// Negative answers.
	"nodata-nx":        {"answers/wildcard-empty-name", "answers/wildcard-no-data", "answers/wildcard-other-type", "answers/wildcard-parent", "negative/empty-name", "negative/no-data", "negative/unknown-type"},
	"nodata-no-soa":    {"answers/alias-soa", "negative/no-data-soa"},
	"nodata-refused":   {"answers/wildcard-empty-name", "answers/wildcard-no-data", "answers/wildcard-other-type", "answers/wildcard-parent", "negative/empty-name", "negative/no-data", "negative/unknown-type"},
	"nx-no-error":      {"answers/alias-to-nothing", "answers/wildcard-below-name", "negative/no-name", "negative/no-name-below", "negative/no-name-deep"},
	"nx-no-soa":        {"answers/alias-soa", "negative/no-name-soa"},
	"nx-serv-fail":     {"answers/alias-to-nothing", "answers/wildcard-below-name", "negative/no-name", "negative/no-name-below", "negative/no-name-deep", "negative/no-name-soa"},
	"nx-silent":        {"answers/alias-to-nothing", "answers/wildcard-below-name", "negative/no-name", "negative/no-name-authority", "negative/no-name-below", "negative/no-name-deep", "negative/no-name-soa", "negative/ttl-minimum", "negative/ttl-own", "update/all-or-nothing", "update/all-or-nothing-outside", "update/data-beside-alias", "update/delete-name", "update/if-all", "update/if-data", "update/if-name", "update/if-no-name", "update/if-no-set", "update/if-outside", "update/if-records", "update/if-records-all", "update/if-set", "update/if-ttl"},
	"negative-ttl":     {"negative/ttl-minimum"},
	"negative-minimum": {"negative/ttl-own"},
	"soa-in-answer":    {"answers/alias-soa", "answers/alias-to-nothing", "answers/wildcard-below-name", "answers/wildcard-empty-name", "answers/wildcard-no-data", "answers/wildcard-other-type", "answers/wildcard-parent", "negative/empty-name", "negative/no-data", "negative/no-data-soa", "negative/no-name", "negative/no-name-below", "negative/no-name-deep", "negative/no-name-soa", "negative/unknown-type"},
	"empty-name-nx":    {"answers/wildcard-empty-name", "negative/empty-name"},

	// Wildcards and aliases.
	"wildcard-none":       {"answers/wildcard", "answers/wildcard-labels", "answers/wildcard-no-data"},
	"wildcard-owner":      {"answers/wildcard-owner"},
	"wildcard-over-name":  {"answers/wildcard-other-type"},
	"wildcard-below-name": {"answers/wildcard-below-name"},
	"wildcard-at-cut":     {"answers/wildcard-below-name", "delegation/wildcard-below-cut"},
	"wildcard-one-label":  {"answers/wildcard-labels"},
	"wildcard-empty-name": {"answers/wildcard-empty-name", "negative/empty-name"},
	"wildcard-for-itself": {"answers/wildcard-parent"},
	"cname-alone":         {"answers/alias-chain", "answers/alias-target", "answers/alias-to-nothing"},
	"cname-ignored":       {"answers/alias", "answers/alias-chain", "answers/alias-outside", "answers/alias-target", "answers/alias-to-nothing"},
	"cname-skipped":       {"answers/alias", "answers/alias-chain", "answers/alias-outside", "answers/alias-target", "answers/alias-to-nothing"},
	"cname-once":          {"answers/alias-chain"},
	"cname-followed":      {"answers/alias-asked"},
	"cname-chased":        {"answers/alias-asked"},
	"cname-loop-crash":    {"answers/alias-circle"},
	"cname-target-no-err": {"answers/alias-to-nothing"},
	"cname-outside-nx":    {"answers/alias-outside"},
	"cname-nodata-no-soa": {"answers/alias-soa"},
	"cname-lost-no-soa":   {"answers/alias-soa"},

	// Delegations.
	"delegation-ignored":   {"delegation/alias-into-the-cut", "delegation/at-the-cut", "delegation/glue", "delegation/glue-asked", "delegation/ns-at-the-cut", "delegation/referral", "delegation/referral-authority", "delegation/referral-no-soa", "delegation/wildcard-below-cut"},
	"delegation-nx":        {"delegation/at-the-cut", "delegation/glue", "delegation/glue-asked", "delegation/ns-at-the-cut", "delegation/referral", "delegation/referral-no-soa", "delegation/wildcard-below-cut"},
	"delegation-answer":    {"delegation/alias-into-the-cut", "delegation/at-the-cut", "delegation/glue-asked", "delegation/ns-at-the-cut", "delegation/referral", "delegation/referral-empty-answer", "delegation/wildcard-below-cut"},
	"delegation-soa":       {"delegation/referral-no-soa"},
	"delegation-one-ns":    {"delegation/glue", "delegation/referral-whole"},
	"cut-answered":         {"delegation/at-the-cut", "delegation/ns-at-the-cut"},
	"glue-missing":         {"delegation/glue"},
	"glue-answered":        {"delegation/alias-into-the-cut", "delegation/glue-asked"},
	"glue-in-answer":       {"delegation/alias-into-the-cut", "delegation/at-the-cut", "delegation/glue", "delegation/glue-asked", "delegation/ns-at-the-cut", "delegation/referral-empty-answer", "delegation/wildcard-below-cut"},
	"glue-behind-alias":    {"delegation/alias-into-the-cut"},
	"outside-nx":           {"delegation/outside", "delegation/outside-above", "delegation/outside-alike", "delegation/outside-refused"},
	"outside-no-error":     {"delegation/outside", "delegation/outside-above", "delegation/outside-alike", "delegation/outside-refused"},
	"outside-serv-fail":    {"delegation/outside", "delegation/outside-above", "delegation/outside-alike", "delegation/outside-refused"},
	"outside-silent":       {"delegation/outside", "delegation/outside-above", "delegation/outside-alike", "delegation/outside-authority", "delegation/outside-refused"},
	"suffix-without-label": {"delegation/outside-alike"},

	// Updates.
	"update-not-imp":             {"update/add"},
	"update-nothing":             {"update/add", "update/add-to-set", "update/compressed", "update/delete-case", "update/delete-name", "update/delete-record", "update/delete-set", "update/if-all", "update/if-name", "update/if-no-name", "update/if-no-set", "update/if-records", "update/if-records-all", "update/if-set", "update/in-order", "update/last-ns-stays", "update/ns-stay", "update/second-alias", "update/serial", "update/soa-newer"},
	"update-zone-type":           {"update/zone-type"},
	"update-zone-count":          {"update/zone-count"},
	"update-not-auth-refused":    {"update/zone-foreign"},
	"update-not-auth-ok":         {"update/zone-foreign"},
	"update-outside":             {"update/outside"},
	"update-outside-refused":     {"update/outside"},
	"update-outside-late":        {"update/all-or-nothing-outside"},
	"update-prereq-first":        {"update/if-all", "update/if-records-all"},
	"update-prereq-none":         {"update/if-all", "update/if-data", "update/if-name", "update/if-no-name", "update/if-no-set", "update/if-outside", "update/if-records", "update/if-records-all", "update/if-set", "update/if-ttl"},
	"update-prereq-value":        {"update/if-records", "update/if-records-all"},
	"update-prereq-subset":       {"update/if-records-all"},
	"update-prereq-ttl":          {"update/if-ttl"},
	"update-prereq-data":         {"update/if-data"},
	"update-prereq-negated":      {"update/if-all", "update/if-name", "update/if-no-name", "update/if-no-set", "update/if-set"},
	"update-prereq-outside":      {"update/if-outside"},
	"update-yx-domain":           {"update/if-no-name"},
	"update-yx-set":              {"update/if-no-set"},
	"update-nx-domain":           {"update/if-name"},
	"update-nx-set":              {"update/if-set"},
	"update-prescan-none":        {"update/all-or-nothing", "update/all-or-nothing-outside"},
	"update-class-other":         {"update/class"},
	"update-type-meta":           {"update/add-any"},
	"update-delete-ttl":          {"update/all-or-nothing", "update/delete-ttl"},
	"update-delete-data":         {"update/delete-data"},
	"update-delete-none":         {"update/delete-case", "update/delete-name", "update/delete-record", "update/delete-set", "update/in-order", "update/last-ns-stays", "update/ns-stay"},
	"update-delete-swapped":      {"update/delete-case", "update/delete-record", "update/delete-set", "update/in-order", "update/last-ns-stays"},
	"update-delete-set-for-one":  {"update/delete-record", "update/last-ns-stays"},
	"update-delete-name-for-set": {"update/delete-set"},
	"update-delete-case":         {"update/delete-case"},
	"update-delete-missing":      {"update/delete-missing", "update/ns-stay", "update/serial-stays", "update/soa-stays"},
	"update-deletes-soa":         {"update/soa-stays"},
	"update-deletes-ns":          {"update/ns-stay"},
	"update-deletes-last-ns":     {"update/last-ns-stays"},
	"update-add-replaces":        {"update/add-equal", "update/add-to-set"},
	"update-add-twice":           {"update/add-equal"},
	"update-add-cname":           {"update/alias-beside-data"},
	"update-add-beside-cname":    {"update/data-beside-alias"},
	"update-add-cname-second":    {"update/second-alias"},
	"update-soa-older":           {"update/soa-older"},
	"update-soa-ignored":         {"update/soa-newer"},
	"update-serial-stays":        {"update/serial"},
	"update-serial-without-need": {"update/serial-stays"},
	"update-serial-down":         {"update/serial"},
	"update-reply-opcode":        {"update/reply"},
}

// TestNothingEarnsNothing holds that no check passes for a server that does not answer.
func TestNothingEarnsNothing(t *testing.T) {
	silent := func(ctx context.Context, env *check.Env) int {
		at := net.JoinHostPort(env.Vars["HOST"], env.Vars["PORT"])
		pc, err := env.ListenPacket(ctx, "udp", at)
		if err != nil {
			return 1
		}
		ln, err := env.Listen(ctx, "tcp", at)
		if err != nil {
			return 1
		}
		<-ctx.Done()
		pc.Close()
		ln.Close()
		return 0
	}
	results, err := harness.Try(t.Context(), Suite(), silent, harness.Options{Seed: 1, Patience: 200 * time.Millisecond})
	require.NoError(t, err)
	for _, r := range results {
		if r.Verdict != grader.Blocked && r.Verdict != grader.Fail && r.Verdict != grader.Weak {
			t.Errorf("%s: %s %s", r.Name, r.Verdict, r.Reason)
		}
	}
}
