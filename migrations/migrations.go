// Package migrations holds the service's schema as SQL, one change a file, for
// goose. A file that has been released is never edited: the next change is the next file.
package migrations

import "embed"

// Files are the migrations, in goose's form.
//
//go:embed *.sql
var Files embed.FS
