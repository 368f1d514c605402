package main

import (
	"io"
	"os"
	"path"
	"strconv"
	"strings"
	"sync/atomic"
)

// uploadPrefix starts the name of a file that is still being received; such names are not served.
const uploadPrefix = ".upload-"

var uploads atomic.Int64

var types = map[string]string{
	".css": "text/css; charset=utf-8", ".csv": "text/csv; charset=utf-8", ".gif": "image/gif",
	".htm": "text/html; charset=utf-8", ".html": "text/html; charset=utf-8", ".ico": "image/vnd.microsoft.icon",
	".jpeg": "image/jpeg", ".jpg": "image/jpeg", ".js": "text/javascript; charset=utf-8", ".json": "application/json",
	".md": "text/markdown; charset=utf-8", ".mjs": "text/javascript; charset=utf-8", ".mp3": "audio/mpeg",
	".mp4": "video/mp4", ".pdf": "application/pdf", ".png": "image/png", ".svg": "image/svg+xml",
	".txt": "text/plain; charset=utf-8", ".wasm": "application/wasm", ".webp": "image/webp",
	".woff2": "font/woff2", ".xml": "application/xml", ".zip": "application/zip",
}

func typeOf(name string) string {
	if t := types[strings.ToLower(path.Ext(name))]; t != "" {
		return t
	}
	return "application/octet-stream"
}

// file returns the name of a target below the root, "." for the root itself.
func (t target) file() string { return path.Join(append([]string{"."}, t.names...)...) }

// hidden reports whether a name on the way belongs to an upload.
func (t target) hidden() bool {
	for _, name := range t.names {
		if strings.HasPrefix(name, uploadPrefix) {
			return true
		}
	}
	return false
}

// get answers GET and HEAD.
func (s site) get(req *request, t target) response {
	if t.hidden() {
		return textResponse(404, "no such file")
	}
	name := t.file()
	info, err := s.root.Stat(name)
	if err != nil {
		return failed(err)
	}
	if info.IsDir() && !t.folder {
		location := t.path() + "/"
		if t.query != "" {
			location += "?" + t.query
		}
		return textResponse(301, "it is a folder", "Location: "+location)
	}
	if t.folder {
		if !info.IsDir() {
			return textResponse(404, "no such file")
		}
		name = path.Join(name, "index.html")
		if info, err = s.root.Stat(name); err != nil {
			return failed(err)
		}
	}
	if !info.Mode().IsRegular() { // opening a pipe would wait for its writer
		return textResponse(404, "no such file")
	}
	f, err := s.root.Open(name)
	if err != nil {
		return failed(err)
	}
	if info, err = f.Stat(); err != nil {
		f.Close()
		return failed(err)
	}
	v := validatorsOf(info)
	fields := []string{"Last-Modified: " + httpDate(v.modified), "ETag: " + v.etag}
	if status := precondition(req, v); status != 0 {
		f.Close()
		return response{status: status, fields: fields}
	}
	return response{status: 200, fields: append(fields, "Content-Type: "+typeOf(name)), file: f, size: info.Size()}
}

// put stores the body. The file appears when it is whole: readers see the old one or the new one, and an upload that
// breaks off leaves the old one.
func (s site) put(req *request, t target) response {
	name := t.file()
	if t.hidden() {
		return textResponse(403, "forbidden")
	}
	if req.fields["content-range"] != nil {
		return textResponse(400, "a part cannot be stored")
	}
	old, err := s.root.Stat(name)
	if t.folder || err == nil && old.IsDir() {
		return notAllowed("GET, HEAD")
	}
	if err == nil && !old.Mode().IsRegular() {
		return textResponse(403, "forbidden")
	}
	if dir, err := s.root.Stat(path.Dir(name)); err != nil || !dir.IsDir() {
		return textResponse(409, "no such folder")
	}
	exists := err == nil
	if status := precondition(req, validatorsOf(old)); status != 0 {
		return textResponse(status, "precondition failed")
	}

	upload := uploadPrefix + strconv.Itoa(os.Getpid()) + "-" + strconv.FormatInt(uploads.Add(1), 10)
	f, err := s.root.OpenFile(upload, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return failed(err)
	}
	defer s.root.Remove(upload) // it is gone by then when all went well
	_, err = io.Copy(f, req.body)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if no := asRefusal(req.body.err); no != nil {
		return no.response()
	}
	if err == nil {
		err = s.root.Rename(upload, name)
	}
	if err != nil {
		return failed(err)
	}
	if exists {
		return response{status: 204}
	}
	return textResponse(201, "created", "Location: "+t.path())
}

// delete removes a file, never a folder.
func (s site) delete(req *request, t target) response {
	name := t.file()
	if t.hidden() {
		return textResponse(404, "no such file")
	}
	info, err := s.root.Stat(name)
	if err != nil {
		return failed(err)
	}
	if info.IsDir() {
		return notAllowed("GET, HEAD")
	}
	if t.folder {
		return textResponse(404, "no such file")
	}
	if status := precondition(req, validatorsOf(info)); status != 0 {
		return textResponse(status, "precondition failed")
	}
	if err := s.root.Remove(name); err != nil {
		return failed(err)
	}
	return response{status: 204}
}
