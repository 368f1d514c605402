package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"mime"
	"net/http"
	"path"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/conditional"

	"github.com/wiregrade/wiregrade/api/archive"
	"github.com/wiregrade/wiregrade/grader/store"
)

// A TreeFile is one file of a submission.
type TreeFile struct {
	Path   string     `json:"path"`
	Mode   store.Mode `json:"mode" enum:"100644,100755,120000" doc:"as git has it: a file, a program, a symbolic link"`
	Bytes  int64      `json:"bytes"`
	SHA256 string     `json:"sha256"`
}

func (s *server) files() {
	route(s, Member, http.MethodGet, "/courses/{course}/submissions/{submission}/files", "List the files of a submission, by path", func(ctx context.Context, a *actor, in *struct {
		Sub
		Paged
	}) (*List[TreeFile], error) {
		all, err := s.Store.SubmissionTree(ctx, a.scope(), store.ID(in.Submission))
		if err != nil {
			return nil, err
		}
		// A submission has some thousand files at most: the page is cut from all of them.
		var page []store.TreeEntry
		next := ""
		for _, e := range all {
			if e.Path <= in.After {
				continue
			}
			if len(page) == in.Limit {
				next = page[len(page)-1].Path
				break
			}
			page = append(page, e)
		}
		return list(page, next, func(e store.TreeEntry) TreeFile { return TreeFile{e.Path, e.Mode, e.Size, e.Hash} }), nil
	})
	route(s, Member, http.MethodGet, "/courses/{course}/submissions/{submission}/file", "Read one file of a submission; of a symbolic link, where it points", func(ctx context.Context, a *actor, in *struct {
		Sub
		conditional.Params
		Path string `query:"path" doc:"as the list has it"`
	}) (*huma.StreamResponse, error) {
		f, err := s.Store.SubmissionFile(ctx, a.scope(), store.ID(in.Submission), in.Path)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(f.Data)
		return download(&in.Params, hex.EncodeToString(sum[:]), "application/octet-stream", path.Base(f.Path), f.Data)
	})
	route(s, Member, http.MethodGet, "/courses/{course}/submissions/{submission}/archive", "Read a submission as it was handed in: a tar.gz", func(ctx context.Context, a *actor, in *struct {
		Sub
		conditional.Params
	}) (*huma.StreamResponse, error) {
		sub, err := s.Store.Submission(ctx, a.scope(), store.ID(in.Submission))
		if err != nil {
			return nil, err
		}
		if in.HasConditionalParams() { // before the files are read
			if err := in.PreconditionFailed(sub.Tree, time.Time{}); err != nil {
				return nil, err
			}
		}
		files, err := s.Store.SubmissionFiles(ctx, a.scope(), sub.ID)
		if err != nil {
			return nil, err
		}
		var out bytes.Buffer
		if err := archive.Pack(&out, files, sub.Received); err != nil {
			return nil, err
		}
		return download(&in.Params, sub.Tree, "application/gzip", string(sub.ID)+".tar.gz", out.Bytes())
	})
}

// download answers with bytes that a student chose: they are kept, never shown as a page of ours.
func download(p *conditional.Params, tag, kind, name string, data []byte) (*huma.StreamResponse, error) {
	if p.HasConditionalParams() {
		if err := p.PreconditionFailed(tag, time.Time{}); err != nil {
			return nil, err
		}
	}
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		ctx.SetHeader("Content-Type", kind)
		ctx.SetHeader("Content-Length", strconv.Itoa(len(data)))
		ctx.SetHeader("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
		ctx.SetHeader("Content-Security-Policy", "sandbox; default-src 'none'")
		ctx.SetHeader("X-Content-Type-Options", "nosniff")
		ctx.SetHeader("ETag", strconv.Quote(tag))
		ctx.SetHeader("Cache-Control", "private, no-cache")
		ctx.BodyWriter().Write(data)
	}}, nil
}
