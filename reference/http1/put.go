package http1

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"
)

// put stores a file: 201 where there was none, 204 where it replaces one. The new content appears at once and
// whole, and a folder that is missing on the way is made.
func (c *conn) put(req *Request, t target) *reply {
	if t.outer != "" {
		return c.putOuter(t, req.Body)
	}
	if t.folder {
		if c.Faults.PutFolderAccepted {
			return &reply{status: 204}
		}
		return refusal(409)
	}
	if req.Header.Has("Content-Range") { // RFC 9110 §14.5: a server without partial PUT refuses it
		return refusal(400)
	}
	c.writing.Lock() // so that of two that create a file, one gets 201
	defer c.writing.Unlock()
	there, refused := c.stands(req, t)
	if refused != nil {
		return refused
	}
	content, created := req.Body, there == nil
	if c.Faults.Any() {
		if rep := c.spoilPut(req, t, there, &content, &created); rep != nil {
			return rep
		}
	}
	if err := c.store(t.path, content); errors.Is(err, fs.ErrPermission) {
		return refusal(403)
	} else if err != nil {
		return refusal(409) // a file stands where a folder would be needed, or a link leads out of Root
	}
	return stored(created)
}

func stored(created bool) *reply {
	if created {
		return &reply{status: 201}
	}
	return &reply{status: 204}
}

// stands looks at what is there under the name to be written or removed: nil when nothing is. A folder, or a
// condition that does not hold, is refused.
func (c *conn) stands(req *Request, t target) (*representation, *reply) {
	there, err := c.read(t.path)
	if err == errFolder {
		if t.method == "PUT" && c.Faults.PutFolderAccepted {
			return nil, &reply{status: 204}
		}
		return nil, refusal(409)
	}
	if status := c.precondition(req, t.method, there); status != 200 {
		return nil, refusal(status)
	}
	return there, nil
}

// store writes beside the file and then puts the whole in its place.
func (c *conn) store(name string, content []byte) error {
	if err := c.root.MkdirAll(path.Dir(name), 0o777); err != nil {
		return err
	}
	beside := path.Join(path.Dir(name), ".put-"+strings.ToLower(rand.Text()))
	if err := c.root.WriteFile(beside, content, 0o666); err != nil {
		return err
	}
	if err := c.root.Rename(beside, name); err != nil {
		c.root.Remove(beside)
		return err
	}
	return nil
}

// delete removes a file.
func (c *conn) delete(req *Request, t target) *reply {
	if t.outer != "" {
		return c.deleteOuter(t)
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	if c.Faults.DeleteFolder {
		if info, err := c.root.Stat(t.path); err == nil && info.IsDir() && t.path != "." {
			c.root.RemoveAll(t.path)
			return &reply{status: 204}
		}
	}
	if t.folder {
		return refusal(409)
	}
	there, refused := c.stands(req, t)
	if refused != nil {
		return refused
	}
	if there == nil {
		switch f := c.Faults; {
		case f.DeleteMissing204:
			return &reply{status: 204}
		case f.DeleteMissing500:
			return refusal(500)
		}
		return refusal(404)
	}
	if c.Faults.DeleteKeeps {
		return &reply{status: 204}
	}
	if err := c.root.Remove(t.path); errors.Is(err, os.ErrPermission) {
		return refusal(403)
	} else if err != nil {
		return refusal(404)
	}
	return &reply{status: 204}
}
