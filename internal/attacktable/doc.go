// Package attacktable holds the tables of docs/security.md to the tests that
// they name: what a submission may try, and what a visitor may. It is a test and nothing else.
package attacktable
