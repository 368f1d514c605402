package http1

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"strconv"
	"strings"
)

// spoilTag gives a file the wrong entity tag.
func (c *conn) spoilTag(r *representation, name string) {
	digest := func(s string) string {
		sum := sha256.Sum256([]byte(s))
		return hex.EncodeToString(sum[:8])
	}
	switch f := c.Faults; {
	case f.EtagEachTime:
		c.mu.Lock()
		c.tags++
		r.tag.Opaque = digest(strconv.Itoa(c.tags))
		c.mu.Unlock()
	case f.EtagStays:
		r.tag.Opaque = digest(name)
	case f.EtagFromLength:
		r.tag.Opaque = digest(strconv.Itoa(len(r.content)))
	}
}

// remember gives the content that a file had when it was first read.
func (c *conn) remember(name string, content []byte) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old, ok := c.cache[name]; ok {
		return old
	}
	c.cache[name] = content
	return content
}

// spoilRange answers "bytes=FIRST-LAST", which the correct server takes for a request for the whole file, wrongly.
func (c *conn) spoilRange(req *Request, rep *reply) {
	var first, last int
	n, _ := fmt.Sscanf(req.Header.Get("Range"), "bytes=%d-%d", &first, &last)
	if !c.Faults.RangeOffByOne && !c.Faults.RangeWhole || n != 2 || rep.status != 200 || first < 0 || last < first || last >= len(rep.body) {
		return
	}
	rep.status = 206
	rep.add("Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, last, len(rep.body)))
	if c.Faults.RangeOffByOne {
		rep.body = rep.body[first:last]
	}
}

// spoilMissing answers GET of what is not there wrongly, or gives nil.
func (c *conn) spoilMissing(req *Request, t target) *reply {
	f := c.Faults
	info, err := c.root.Stat(t.path)
	folder := t.folder && err == nil && info.IsDir()
	switch {
	case f.FolderLists && folder:
		rep := &reply{status: 200}
		rep.add("Content-Type", "text/html; charset=utf-8")
		if dir, err := c.root.Open(t.path); err == nil {
			names, _ := dir.Readdirnames(100)
			rep.body = fmt.Appendf(nil, "<ul><li>%s</ul>\n", strings.Join(names, "<li>"))
			dir.Close()
		}
		return rep
	case f.FolderEmpty200 && folder:
		return &reply{status: 200}
	case f.NoneMatchMissing304 && joined(req.Header, "If-None-Match") == "*":
		return &reply{status: 304}
	case f.Missing500:
		return refusal(500)
	case f.Missing200, f.HeadMissing200 && t.method == "HEAD":
		rep := refusal(404)
		rep.status = 200
		return rep
	}
	return nil
}

// spoilRedirect sends a client elsewhere, or nowhere.
func (c *conn) spoilRedirect(rep *reply, t target) *reply {
	location := &rep.header[len(rep.header)-1].Value
	switch f := c.Faults; {
	case f.FolderDirect:
		t.folder = true
		return c.get(&Request{}, t)
	case f.FolderMissing404:
		return refusal(404)
	case f.FolderNoLocation:
		rep.header = rep.header[:len(rep.header)-1]
	case f.FolderLocation:
		*location = "/" + escape(t.path)
	case f.FolderParent:
		*location = "/" + escape(path.Base(t.path)) + "/"
	case f.Folder302:
		rep.status = 302
	case f.Folder308:
		rep.status = 308
	case f.FolderSplit:
		query, _ := unescape(t.query)
		*location = "/" + escape(t.path) + "/?" + query
	case f.FolderCrash:
		rep.drop = true
	}
	return rep
}

// spoilPut does to a PUT what the faults say: it changes the content or what the answer will be, or answers.
func (c *conn) spoilPut(req *Request, t target, there *representation, content *[]byte, created *bool) *reply {
	f := c.Faults
	var old []byte
	if there != nil {
		old = there.content
	}
	switch {
	case f.PutAlways201:
		*created = true
	case f.PutAlways204:
		*created = false
	case f.PutNeverStores, f.PutOnlyCreates && there != nil:
		return stored(*created)
	case f.PutAppends:
		*content = append(bytes.Clone(old), *content...)
	case f.PutKeepsTail && len(old) > len(*content):
		*content = append(bytes.Clone(*content), old[len(*content):]...)
	case f.PutCut1k:
		*content = (*content)[:min(len(*content), 1024)]
	case f.PutTextMode:
		*content = bytes.ReplaceAll(*content, []byte("\n"), []byte("\r\n"))
	case f.PutCutAtNUL:
		*content, _, _ = bytes.Cut(*content, []byte{0})
	case f.PutStoresChunks && req.Framing == FramingChunked:
		*content = req.Raw[req.BodyAt:]
	case f.PutEmptyRefused && len(*content) == 0:
		return refusal(400)
	case f.PutNewFolder500:
		if info, err := c.root.Stat(path.Dir(t.path)); err != nil || !info.IsDir() {
			return refusal(500)
		}
	}
	return nil
}
