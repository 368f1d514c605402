package main

import (
	"io/fs"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// validators tell one version of a file from another. The zero value is that of no file.
type validators struct {
	etag     string // with its quotes; always strong
	modified time.Time
}

// validatorsOf makes them from the file's inode, time and size: a file that is put anew gets a new inode, so two
// versions within one tick of the clock differ too.
func validatorsOf(info fs.FileInfo) validators {
	if info == nil {
		return validators{}
	}
	var inode uint64
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		inode = uint64(st.Ino)
	}
	hex := func(n uint64) string { return strconv.FormatUint(n, 16) }
	v := validators{
		etag:     `"` + hex(inode) + "-" + hex(uint64(info.ModTime().UnixNano())) + "-" + hex(uint64(info.Size())) + `"`,
		modified: info.ModTime().Truncate(time.Second),
	}
	if now := time.Now(); v.modified.After(now) {
		v.modified = now.Truncate(time.Second) // Last-Modified is never later than Date
	}
	return v
}

// precondition evaluates a request's conditions in the order of RFC 9110 section 13.2.2. It returns 0 to go on, 304 or
// 412.
func precondition(req *request, v validators) int {
	exists := v.etag != ""
	reading := req.method == "GET" || req.method == "HEAD"

	if tags := req.fields["if-match"]; tags != nil {
		if !matches(tags, v.etag, false) {
			return 412
		}
	} else if date, ok := dateField(req, "if-unmodified-since"); ok && exists && v.modified.After(date) {
		return 412
	}

	if tags := req.fields["if-none-match"]; tags != nil {
		switch {
		case !matches(tags, v.etag, true):
			return 0
		case reading:
			return 304
		}
		return 412
	}
	// If-None-Match is the better validator: only without it does the date count.
	if date, ok := dateField(req, "if-modified-since"); ok && exists && reading && !v.modified.After(date) {
		return 304
	}
	return 0
}

// matches reports whether a list of entity tags holds etag, or is * while there is a file. A weak comparison does not
// look at W/; in a strong one a tag with W/ never matches.
func matches(values []string, etag string, weak bool) bool {
	s := strings.Join(values, ",")
	if etag == "" || strings.Trim(s, " \t") == "*" {
		return etag != ""
	}
	for {
		s = strings.TrimLeft(s, " \t,") // a comma may also stand inside a tag, so splitting at commas is wrong
		isWeak := strings.HasPrefix(s, "W/")
		s = strings.TrimPrefix(s, "W/")
		if !strings.HasPrefix(s, `"`) {
			return false
		}
		end := strings.IndexByte(s[1:], '"') + 2
		if end < 2 {
			return false
		}
		if s[:end] == etag && (weak || !isWeak) {
			return true
		}
		s = s[end:]
	}
}

const (
	imfDate     = "Mon, 02 Jan 2006 15:04:05 GMT"
	rfc850Date  = "Monday, 02-Jan-06 15:04:05 GMT"
	asctimeDate = "Mon Jan _2 15:04:05 2006"
)

func httpDate(t time.Time) string { return t.UTC().Format(imfDate) }

// dateField reads a field that is one date in any of the three forms. One that cannot be read is as none at all.
func dateField(req *request, name string) (time.Time, bool) {
	values := req.fields[name]
	if len(values) != 1 {
		return time.Time{}, false
	}
	for _, layout := range []string{imfDate, rfc850Date, asctimeDate} {
		t, err := time.Parse(layout, values[0])
		if err != nil {
			continue
		}
		if layout == rfc850Date && t.After(time.Now().AddDate(50, 0, 0)) {
			t = t.AddDate(-100, 0, 0)
		}
		return t, true
	}
	return time.Time{}, false
}
