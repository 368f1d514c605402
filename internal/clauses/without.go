package main

// A place is a section of a document.
type place struct{ document, section string }

// withoutKeyword lists the sections that require something without the words
// of RFC 2119, with the reason why a check may cite them as MUST.
var withoutKeyword = map[place]string{}
