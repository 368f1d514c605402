package main

// A place is a section of a document.
type place struct{ document, section string }

// withoutKeyword lists the sections that require something without the words
// of RFC 2119, with the reason why a check may cite them as MUST.
var withoutKeyword = map[place]string{
	{"RFC 768", "Fields"}: "of 1980, before the keywords: says that the source port is where a reply is addressed to",
	// RFC 1034 and RFC 1035 are of 1987. Where they lay down how bytes stand in a message, who does it otherwise cannot be
	// read by anybody.
	{"RFC 1034", "3.6.2"}:  "of 1987: the records of an alias and of the name it stands for are both part of the answer, each under its own name",
	{"RFC 1035", "3.1"}:    "of 1987: the form of a name",
	{"RFC 1035", "3.3.9"}:  "of 1987: the form of MX data",
	{"RFC 1035", "3.3.13"}: "of 1987: the form of SOA data",
	{"RFC 1035", "3.3.14"}: "of 1987: the form of TXT data",
	{"RFC 1035", "3.4.1"}:  "of 1987: the form of A data",
	{"RFC 1035", "4.1"}:    "of 1987: the form of a message",
	{"RFC 1035", "4.1.1"}:  "of 1987: the form and the meaning of the header",
	{"RFC 1035", "4.1.2"}:  "of 1987: the form of a question",
	{"RFC 1035", "4.1.4"}:  "of 1987: the form of a compressed name",
	{"RFC 1035", "4.2.1"}:  "of 1987: says in small letters that a retransmission strategy is required",
	{"RFC 1035", "4.2.2"}:  "of 1987: the form of a message over TCP",
	{"RFC 2181", "8"}:      "before the keywords were in use there: defines a TTL as a number of 32 bits",
	{"RFC 3596", "2.2"}:    "the form of AAAA data",
	{"RFC 9293", "3.7"}:    "states as a fact of TCP, not as a duty, that reads and writes do not correspond: a program that relies on it is wrong",
}
