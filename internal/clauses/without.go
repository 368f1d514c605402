package main

// A place is a section of a document.
type place struct{ document, section string }

// withoutKeyword lists the sections that require something without the words
// of RFC 2119, with the reason why a check may cite them as MUST.
var withoutKeyword = map[place]string{
	{"RFC 768", "Fields"}: "of 1980, before the keywords: says that the source port is where a reply is addressed to",
	{"RFC 9293", "3.7"}:   "states as a fact of TCP, not as a duty, that reads and writes do not correspond: a program that relies on it is wrong",
}
