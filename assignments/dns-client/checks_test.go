package dnsclient

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/wiregrade/wiregrade/harness/check"
	"github.com/wiregrade/wiregrade/internal/faulttest"
	"github.com/wiregrade/wiregrade/reference/dns"
	"github.com/wiregrade/wiregrade/reference/faults"
)

// TestFaults proves that each fault is noticed by exactly these checks.
func TestFaults(t *testing.T) {
	t.Parallel()
	faulttest.Table{
		Suite:  Suite(),
		Faults: faults.Names[dns.ClientFaults](),
		Program: func(fault string) check.Program {
			var f dns.ClientFaults
			if fault != faulttest.Correct {
				require.NoError(t, faults.Set(&f, fault))
			}
			return program(f)
		},
		Caught: map[string][]string{
			"id-constant":    {"query/id"},
			"rd-missing":     {"query/recursion-desired"},
			"qr-set":         {"query/is-a-query"},
			"counts-swapped": {"query/readable"},
			"type-always-a":  {"query/type"},
			"type-swapped":   {"query/type"},
			"class-zero":     {"query/class"},
			"name-unended":   {"query/readable"},
			"name-dotted":    {"query/name"},
			"name-local":     {"query/name"},
			"query-twice":    {"waiting/patient"},
			"final-dot-kept": {"query/final-dot"},

			"retries-never":      {"waiting/lost"},
			"retries-flood":      {"waiting/few", "waiting/patient"},
			"retries-hasty":      {"waiting/patient"},
			"retries-forever":    {"waiting/gives-up"},
			"gives-up-on-forged": {"forged/address", "forged/broken", "forged/broken-reply", "forged/id", "forged/not-a-message", "forged/not-a-reply", "forged/port", "forged/question"},
			"silence-succeeds":   {"waiting/failure"},
			"takes-any-id":       {"forged/id"},
			"takes-any-address":  {"forged/address"},
			"takes-any-port":     {"forged/port"},
			"takes-any-question": {"forged/question"},
			"takes-any-type":     {"forged/question"},
			"takes-any-class":    {"forged/question"},
			"broken-ends":        {"forged/broken", "forged/broken-reply"},
			"broken-reply-ends":  {"forged/broken-reply"},
			"takes-query":        {"forged/not-a-reply"},

			"truncated-printed":  {"truncation/tcp"},
			"truncated-fails":    {"truncation/tcp"},
			"tcp-length-none":    {"truncation/length"},
			"tcp-length-swapped": {"truncation/length"},
			"tcp-one-read":       {"truncation/pieces"},

			"code-ignored":    {"codes/exit"},
			"code-number":     {"codes/nxdomain"},
			"code-silent":     {"codes/nxdomain"},
			"code-alone":      {"codes/alias"},
			"nodata-fails":    {"codes/no-data-exit"},
			"nodata-says":     {"codes/no-data"},
			"serv-fail-stays": {"codes/others"},
			"answer-required": {"answers/alias-alone", "codes/no-data-exit"},
			"answer-fails":    {"codes/success"},

			"first-record-only":   {"answers/several", "truncation/pieces"},
			"last-record-missing": {"answers/several", "truncation/pieces"},
			"type-asked-only":     {"answers/alias", "codes/alias"},
			"authority-printed":   {"answers/authority"},
			"additional-printed":  {"answers/additional"},
			"owner-asked":         {"answers/alias"},
			"owner-assumed":       {"answers/no-pointer", "answers/pointer-to-pointer"},
			"owner-pointer":       {"answers/pointer"},
			"pointer-once":        {"answers/pointer-to-pointer"},
			"data-pointer":        {"answers/names"},
			"mx-pointer":          {"answers/names-within"},
			"soa-pointer":         {"answers/names-within"},
			"ttl-missing":         {"answers/line"},
			"ttl-swapped":         {"answers/ttl"},
			"ttl-short":           {"answers/ttl"},
			"class-missing":       {"answers/line"},
			"type-missing":        {"answers/line"},
			"address-swapped":     {"answers/address"},
			"address-signed":      {"answers/address"},
			"mx-no-preference":    {"answers/mx"},
			"mx-swapped":          {"answers/mx"},
			"mx-low-byte":         {"answers/mx"},
			"txt-unquoted":        {"answers/txt"},
			"txt-first":           {"answers/txt"},
			"txt-raw":             {"answers/txt-escapes"},
			"txt-controls":        {"answers/txt-escapes"},
			"txt-unpadded":        {"answers/txt-escapes"},
			"txt-no-empty":        {"answers/txt-empty"},
			"soa-signed":          {"answers/soa"},
			"aaaa-short":          {"answers/aaaa"},
			"caa-short":           {"answers/caa"},
			"soa-short":           {"answers/soa"},
			"srv-short":           {"answers/srv"},
			"unknown-fails":       {"answers/unknown"},
		},
	}.Run(t)
}
