package postgres

import (
	"bytes"
	"compress/zlib"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/wiregrade/wiregrade/grader/store"
)

// A blob is one content, keyed by what it is.
type blob struct {
	hash [32]byte
	size int64
	data []byte // compressed
}

// blobs compresses the contents that the database does not have yet. Which
// those are may change until they are written; that costs work, never correctness.
func (s *Store) blobs(ctx context.Context, files []store.File) ([]blob, error) {
	contents := map[[32]byte][]byte{}
	var hashes [][]byte
	for _, f := range files {
		h := sha256.Sum256(f.Data)
		if _, ok := contents[h]; !ok {
			contents[h] = f.Data
			hashes = append(hashes, h[:])
		}
	}
	have, err := all(ctx, s.pool, pgx.RowTo[[]byte], `SELECT hash FROM blobs WHERE hash = ANY($1)`, hashes)
	if err != nil {
		return nil, err
	}
	for _, h := range have {
		delete(contents, [32]byte(h))
	}
	var missing []blob
	for h, data := range contents {
		packed, err := pack(data)
		if err != nil {
			return nil, err
		}
		missing = append(missing, blob{h, int64(len(data)), packed})
	}
	// Everybody writes in the same order, so that nobody waits in a circle.
	slices.SortFunc(missing, func(a, b blob) int { return bytes.Compare(a.hash[:], b.hash[:]) })
	return missing, nil
}

func writeBlobs(ctx context.Context, tx pgx.Tx, blobs []blob) error {
	batch := &pgx.Batch{}
	for _, b := range blobs {
		batch.Queue(`INSERT INTO blobs (hash, size, data) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, b.hash[:], b.size, b.data)
	}
	return tx.SendBatch(ctx, batch).Close()
}

func writeFiles(ctx context.Context, tx pgx.Tx, submission store.ID, files []store.File) error {
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"submission_files"}, []string{"submission_id", "path", "mode", "hash"},
		pgx.CopyFromSlice(len(files), func(i int) ([]any, error) {
			h := sha256.Sum256(files[i].Data)
			return []any{string(submission), files[i].Path, string(files[i].Mode), h[:]}, nil
		}))
	return err
}

// readFiles gives the tree of a submission that the caller may see.
func readFiles(ctx context.Context, q querier, submission store.ID) ([]store.File, error) {
	return all(ctx, q, scanFile, fileColumns+` ORDER BY f.path`, key(submission))
}

const fileColumns = `SELECT f.path, f.mode, b.size, b.data FROM submission_files f JOIN blobs b USING (hash) WHERE f.submission_id = $1`

func scanFile(r pgx.CollectableRow) (f store.File, err error) {
	var size int64
	var packed []byte
	if err := r.Scan(&f.Path, &f.Mode, &size, &packed); err != nil {
		return f, err
	}
	f.Data, err = unpack(packed, size)
	return f, err
}

// pack compresses. The standard library's zlib does: what is packed is source code and short transcripts.
func pack(data []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := zlib.NewWriterLevel(&out, zlib.BestSpeed)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// unpack expects exactly size bytes.
func unpack(packed []byte, size int64) ([]byte, error) {
	r, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	data := make([]byte, size)
	if _, err := io.ReadFull(r, data); err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	if n, err := r.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		return nil, fmt.Errorf("unpack: want %d bytes, got more", size)
	}
	return data, nil
}
