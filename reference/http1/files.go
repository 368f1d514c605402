package http1

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path"
	"time"
)

// types are the media types that the extensions of files stand for. A file with another one is sent as bytes.
var types = map[string]string{
	".html": "text/html; charset=utf-8", ".htm": "text/html; charset=utf-8", ".txt": "text/plain; charset=utf-8",
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".json": "application/json",
	".xml": "application/xml", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif",
	".svg": "image/svg+xml", ".webp": "image/webp", ".ico": "image/x-icon", ".pdf": "application/pdf",
}

// A representation is a file as it is sent.
type representation struct {
	content  []byte
	tag      ETag
	modified time.Time // in whole seconds, and not after now (RFC 9110 §8.8.2.1)
}

// errFolder is what read gives for a folder.
var errFolder = errors.New("is a folder")

// get answers GET and HEAD of a file or a folder.
func (c *conn) get(req *Request, t target) *reply {
	if t.outer != "" {
		return c.getOuter(t)
	}
	name := t.path
	if t.folder {
		if name = path.Join(t.path, "index.html"); c.Faults.FolderIndex {
			return refusal(404)
		}
	}
	r, err := c.read(name)
	if c.Faults.DeepMissing && !t.folder && path.Dir(name) != "." && err == nil {
		err = fs.ErrNotExist
	}
	switch {
	case err == errFolder && !t.folder:
		return c.redirect(t)
	case errors.Is(err, fs.ErrPermission):
		return refusal(403)
	case err != nil:
		return c.missing(req, t)
	}
	status := c.precondition(req, t.method, r)
	if status != 200 && status != 304 {
		return refusal(status)
	}
	rep := &reply{status: status, body: r.content, file: true}
	if status == 200 {
		kind, ok := types[path.Ext(name)]
		if !ok {
			kind = "application/octet-stream"
		}
		rep.add("Content-Type", kind)
	}
	rep.add("Last-Modified", FormatDate(r.modified))
	rep.add("ETag", r.tag.String())
	if c.Faults.Any() {
		c.spoilRange(req, rep)
	}
	return rep
}

// missing answers GET of what is not there.
func (c *conn) missing(req *Request, t target) *reply {
	if c.Faults.Any() {
		if rep := c.spoilMissing(req, t); rep != nil {
			return rep
		}
	}
	return refusal(404)
}

// redirect sends a client that asks for a folder without the slash to the one with it, so that relative links
// on its page work.
func (c *conn) redirect(t target) *reply {
	location := "/" + escape(t.path) + "/"
	if t.query != "" {
		location += "?" + t.query
	}
	rep := refusal(301)
	rep.add("Location", location)
	if c.Faults.Any() {
		return c.spoilRedirect(rep, t)
	}
	return rep
}

// read gives the regular file of that name below Root.
func (c *conn) read(name string) (*representation, error) {
	// Before it is opened: a pipe would wait for a writer.
	info, err := c.root.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, errFolder
	}
	if !info.Mode().IsRegular() {
		return nil, os.ErrNotExist
	}
	content, err := c.root.ReadFile(name)
	if err != nil {
		return nil, err
	}
	if c.Faults.ContentStale {
		content = c.remember(name, content)
	}
	// The tag is made of the content: two files written within one tick of the file system's clock differ too.
	sum := sha256.Sum256(content)
	r := &representation{content: content, tag: ETag{Opaque: hex.EncodeToString(sum[:8])}, modified: seconds(info.ModTime())}
	if now := seconds(c.now()); r.modified.After(now) {
		r.modified = now
	}
	if c.Faults.Any() {
		c.spoilTag(r, name)
	}
	return r, nil
}
