package http1

// Faults make the server wrong on purpose. The zero value is a correct server. Each fault breaks one rule and
// leaves the others alone as far as that can be; a check must notice it. Faults that leave ROOT never get
// further than the folder that ROOT lies in.
type Faults struct {
	// The head of a response.
	StatusLineLF      bool // the status line ends with LF alone
	StatusNoSpace     bool // neither a reason nor the space before it
	StatusTwoSpaces   bool // two spaces before the status code
	StatusNoVersion   bool // "HTTP 200 OK"
	VersionLowerCase  bool // "http/1.1 200 OK"
	VersionEchoed     bool // claims the version of the request, HTTP/1.9 included
	FieldLinesLF      bool // field lines end with LF alone
	HeadNotEnded      bool // no empty line: the content follows the fields at once
	FieldSpaceColon   bool // "Content-Type : text/html"
	FieldFolded       bool // Content-Type stands on two lines
	FieldNameSpace    bool // "Last Modified: ..."
	FieldTwice        bool // Content-Type stands there twice
	FieldWithoutColon bool // a field line without a colon

	// The length of a response.
	LengthOneShort     bool // Content-Length is one less than the content
	LengthOneMore      bool // Content-Length is one more than the content
	LengthInCharacters bool // Content-Length counts UTF-8 characters, not bytes
	LengthTwice        bool // two Content-Lengths that differ
	LengthNotNumber    bool // "Content-Length: 12 bytes"
	LengthMissing      bool // no Content-Length for a file, and the connection stays open
	LengthEmptyMissing bool // no Content-Length for an empty file, and the connection stays open
	LengthErrorMissing bool // no Content-Length in an error, and the connection stays open
	LengthAndChunked   bool // a chunked response has a Content-Length too
	ChunkedTo10        bool // answers HTTP/1.0 chunked
	ChunkedDecimal     bool // a chunked response whose sizes are decimal
	ChunkedNotEnded    bool // a chunked response without the last chunk
	ContentSurplusCRLF bool // CR LF after the content, beyond Content-Length

	// The content of a response.
	ContentCut64k      bool // stops after 65,536 bytes and closes
	ContentCRLF        bool // each LF of a file becomes CR LF
	ContentCutAtNUL    bool // a file ends at its first zero byte
	ContentUTF8        bool // bytes of a file that are not UTF-8 become U+FFFD
	ContentMixed       bool // connections share one buffer: one is sent the other's reply
	ContentSlowDropped bool // gives up on a client that does not read for 400 ms
	ContentStale       bool // a file stays what it was when it was first asked for
	RangeOffByOne      bool // a Range is answered with 206 that lacks its last byte
	RangeWhole         bool // a Range is answered with 206 and the whole file

	// Content-Type.
	TypeAlwaysHTML  bool // text/html for everything
	TypeNone        bool // no Content-Type
	TypeHTMLWrong   bool // .html as text/plain
	TypeCSSWrong    bool // .css as text/plain
	TypeJSWrong     bool // .js as text/plain
	TypeTextWrong   bool // .txt as application/octet-stream
	TypeJSONWrong   bool // .json as text/plain
	TypePNGWrong    bool // .png as image/jpeg
	TypeJPEGWrong   bool // .jpg as image/jpg, which is no type
	TypeGIFWrong    bool // .gif as image/png
	TypeSVGWrong    bool // .svg as text/xml
	TypeUnknownHTML bool // an unknown extension as text/html

	// Date, Last-Modified and ETag.
	DateNone            bool // no Date
	DateNoneOnError     bool // no Date in 4xx
	DateNoneOn304       bool // no Date in 304
	DateLocalZone       bool // Date in a zone other than GMT, and says so
	DateLocalAsGMT      bool // Date is local time under the name of GMT
	DateFormAsctime     bool // Date in the form of C's asctime
	DateFormRFC850      bool // Date in the form of RFC 850
	LastModifiedNone    bool // no Last-Modified
	LastModifiedNow     bool // Last-Modified is the moment of the request
	LastModifiedAhead   bool // Last-Modified lies an hour after Date
	LastModifiedAsctime bool // Last-Modified in the form of C's asctime
	EtagNone            bool // no ETag
	EtagEachTime        bool // another ETag each time
	EtagStays           bool // the ETag stays when the content changes
	EtagFromLength      bool // the ETag is made of the length alone
	EtagUnquoted        bool // the ETag has no quotes
	EtagWeakLowerCase   bool // w/"..." for W/"..."

	// HEAD.
	HeadBody        bool // HEAD sends the content
	HeadErrorBody   bool // HEAD of a missing file sends the text of the error
	HeadFormBody    bool // HEAD /form sends the content
	HeadLengthZero  bool // HEAD says Content-Length: 0
	HeadFewFields   bool // HEAD leaves out Content-Type, Last-Modified and ETag
	HeadRefused     bool // HEAD is not implemented: 501
	HeadMissing200  bool // HEAD of a missing file is 200
	HeadClosesAfter bool // closes after HEAD

	// Status and method.
	Missing200           bool // a missing file is 200 with a text
	Missing500           bool // a missing file is 500
	DeepMissing          bool // a file in a folder is 404
	AllowMissing         bool // 405 without Allow
	MethodUnknownGet     bool // an unknown method is GET
	MethodUnknownDropped bool // an unknown method closes the connection without an answer
	MethodAnyCase        bool // "get" is GET
	MethodPostGet        bool // POST on a file is GET
	MethodOptionsRefused bool // OPTIONS * is 400

	// PUT and DELETE.
	PutAlways201         bool // 201 also when it replaces
	PutAlways204         bool // 204 also when it creates
	PutNeverStores       bool // answers, and stores nothing
	PutOnlyCreates       bool // keeps the old content of a file that is there
	PutAppends           bool // adds to the old content
	PutKeepsTail         bool // writes over the old content without cutting what is longer
	PutCut1k             bool // stores the first 1,024 bytes
	PutFirstSegment      bool // stores what came with the first read
	PutTextMode          bool // stores each LF as CR LF
	PutCutAtNUL          bool // stores up to the first zero byte
	PutStoresPartial     bool // stores what came of a body that was cut short
	PutStoresChunks      bool // stores the framing of a chunked body
	PutEmptyRefused      bool // a body of no bytes is 400
	PutNewFolder500      bool // below a missing folder: 500
	PutFolderAccepted    bool // PUT of a folder is 204
	PutNotDecoded        bool // the name is stored with its percent escapes
	PutInPlace           bool // a reader sees a file half replaced: the old one goes before the body has come
	DeleteKeeps          bool // answers, and keeps the file
	DeleteMissing204     bool // DELETE of a missing file is 204
	DeleteMissing500     bool // DELETE of a missing file is 500
	DeleteFolder         bool // DELETE of a folder removes it, whole
	DeleteRefused        bool // DELETE is not implemented: 501
	NoContentLength      bool // 204 has Content-Length: 0
	NoContentBody        bool // 204 has a body
	NoContentChunked     bool // 204 has Transfer-Encoding
	CreatedBodyUncounted bool // 201 has a text that its Content-Length does not count

	// Conditional requests.
	NoneMatchIgnored    bool // If-None-Match is ignored
	NoneMatchStrong     bool // a weak tag does not match
	NoneMatchNoList     bool // the whole value is taken as one tag
	NoneMatchFirstLine  bool // of two If-None-Match lines the first alone counts
	NoneMatchNoStar     bool // a star does not match
	NoneMatchAlways     bool // any If-None-Match is 304
	NoneMatchSubstring  bool // 304 when the tag's text occurs anywhere in the value
	NoneMatchNotOnHead  bool // If-None-Match is ignored on HEAD
	NoneMatchMissing304 bool // a missing file is 304 with If-None-Match: *
	NoneMatch412        bool // 412 where 304 is due
	SinceIgnored        bool // If-Modified-Since is ignored
	SinceOverNoneMatch  bool // If-Modified-Since decides when both are there
	SinceStrictlyLater  bool // a date equal to Last-Modified counts as changed
	SinceByString       bool // dates are compared as strings
	SinceAlways         bool // any date is 304, an old one too
	SinceOnlyFixdate    bool // the obsolete forms of a date are not understood
	SinceBad400         bool // a date that cannot be read is 400
	SinceBad304         bool // a date that cannot be read is 304
	NotModifiedBody     bool // 304 has the content
	NotModifiedNoEtag   bool // 304 without ETag
	NotModifiedLength   bool // 304 with Content-Length: 0
	NotModifiedChunked  bool // 304 with a last chunk

	// The head of a request.
	HostMissingAccepted  bool // HTTP/1.1 without Host is served
	HostTwiceAccepted    bool // two Host lines are served
	HostInvalidAccepted  bool // "Host: a b" is served
	SpaceColonAccepted   bool // "Host : x" is served
	ColonMissingAccepted bool // a field line without a colon is passed over
	LineMalformedServed  bool // a request line of two or four words is served
	LineMalformedDropped bool // a malformed request line closes the connection without an answer
	LineMalformedCrash   bool // a malformed request line ends the server
	NameCaseSensitive    bool // field names are known in their usual case only
	ValueNeedsSpace      bool // a field without a space after the colon is not seen
	ValueNotTrimmed      bool // whitespace behind a value is a part of it
	ValueEmptyRefused    bool // a field with an empty value is 400
	ValueObsTextCrash    bool // bytes beyond ASCII in a value end the server
	FieldUnknownRefused  bool // an unknown field is 400
	FieldNULAccepted     bool // a zero byte in a value is served
	LeadingLineRefused   bool // an empty line before the request line is 400
	AbsoluteFormRefused  bool // GET http://host/path is 400
	AbsoluteFormAsPath   bool // GET http://host/path is looked up as a file of that name
	Version3Accepted     bool // HTTP/3.7 is served
	Version3Is400        bool // HTTP/3.7 is 400
	Version12Refused     bool // HTTP/1.2 is 400
	VersionAnyAccepted   bool // "HTTP/x.y" is served
	Target8000Refused    bool // a target beyond 4,096 bytes is 414
	Head8000Refused      bool // a head beyond 4,096 bytes is 431
	TargetCut            bool // a target is cut at 1,024 bytes and served
	TargetLongCrash      bool // a target beyond the limit ends the server
	HeadLongCrash        bool // a head beyond the limit ends the server
	FieldsManyRefused    bool // more than 32 fields are 431

	// The target.
	QueryInName        bool // the query is a part of the file's name
	EscapesKept        bool // percent escapes are not decoded
	EscapesTwice       bool // percent escapes are decoded twice
	EscapesLatin1      bool // decoded bytes are taken as Latin-1
	EscapeBrokenServed bool // a broken escape is left as it is
	EscapeBrokenCrash  bool // a broken escape ends the server
	PlusIsSpace        bool // a plus in a path is a space
	NULCut             bool // a path ends at %00
	NULCrash           bool // %00 in a path ends the server
	TraversalPlain     bool // /../ leads out of ROOT
	TraversalEncoded   bool // /%2e%2e/ leads out of ROOT
	TraversalSlash     bool // /..%2f leads out of ROOT
	TraversalBackslash bool // /..\ leads out of ROOT, escaped or not
	TraversalTwice     bool // /%252e%252e/ leads out of ROOT
	TraversalStripped  bool // /....// leads out of ROOT: "../" is taken out once
	TraversalAbsolute  bool // //folder/file is a path from the root of the file system
	TraversalPrefix    bool // /../ROOT-secret leads out where the sibling's name begins with ROOT's
	TraversalPut       bool // PUT /../ writes outside of ROOT
	TraversalDelete    bool // DELETE /../ removes outside of ROOT

	// The body of a request.
	LengthNegativeAccepted bool // Content-Length: -1 is no body
	LengthJunkAccepted     bool // Content-Length: 5x is 5
	LengthEmptyAccepted    bool // an empty Content-Length is no body
	LengthPlusAccepted     bool // Content-Length: +5 is 5
	LengthWraps            bool // Content-Length: 18446744073709551621 is 5
	LengthsFirstWins       bool // of two Content-Lengths that differ the first counts
	LengthBadStaysOpen     bool // an invalid Content-Length is 400 and the connection stays open: the body is the next request
	LengthOverCoding       bool // Content-Length counts where Transfer-Encoding is there too
	CodingBothStaysOpen    bool // Transfer-Encoding counts where both are there, and the connection stays open
	CodingUnknownIgnored   bool // an unknown transfer coding is no body
	CodingCaseSensitive    bool // "Chunked" is an unknown coding
	ChunksIgnored          bool // a chunked body is not seen: its bytes are the next request
	ChunksDecimal          bool // chunk sizes are read as decimal
	ChunksLowerCase        bool // upper case digits in a chunk size are 400
	ChunksZeroPadded       bool // leading zeros in a chunk size end the body
	ChunksExtension        bool // a chunk extension is 400
	ChunksTrailer          bool // the trailer is taken as the next request
	ChunksLineEnd          bool // the CR LF after a chunk is a part of the data
	ChunksPerRead          bool // each read is taken as one chunk
	ChunksBadSize          bool // a size that is no number ends the body, and the request is served
	ChunksBadEnd           bool // data longer than its chunk's size is served
	ChunksSizeWraps        bool // a chunk size of more than 64 bits wraps around
	ContinueNever          bool // no 100: waits for the body
	ContinueCase           bool // 100-Continue in another case is not understood
	ContinueTo10           bool // sends 100 to HTTP/1.0
	ContinueAlone          bool // nothing follows 100
	ContinueRefused        bool // Expect: 100-continue is 417
	BodyLeftOnError        bool // the body of a refused request is taken as the next request
	BodyLeftOnGet          bool // the body of a GET is taken as the next request

	// Connections.
	ConnClosesAfterOne   bool // closes after one response
	ConnCloseIgnored     bool // Connection: close is ignored
	ConnCloseOnly        bool // close is not found in a list of options
	ConnCloseCase        bool // "Close" is not close
	ConnCloseUnannounced bool // closes when asked to, and does not say so
	ConnPipelineDropped  bool // forgets what came with a request
	ConnPipelineTurned   bool // answers two requests that came together the wrong way round
	ConnOpenAfter10      bool // stays open after HTTP/1.0
	ConnHost10           bool // HTTP/1.0 without Host is 400
	ConnRefuses10        bool // HTTP/1.0 is 505
	ConnOneRead          bool // one read is one request: the rest of a split one does not count
	ConnOneAtATime       bool // serves one connection at a time
	ConnHalfLineBlocks   bool // half a request on one connection blocks all others
	ConnEight            bool // the ninth connection at a time is closed
	ConnSixteen          bool // ends after sixteen connections
	ConnHalfCloseGone    bool // a client that has closed its half gets no answer
	ConnResetCrash       bool // a client that resets ends the server
	ConnEmptyCrash       bool // a client that closes without a word ends the server
	ConnPartialCrash     bool // a client that closes in the middle of a request ends the server
	ConnImpatient        bool // closes when a head takes longer than 400 ms from one read to the next

	// Folders.
	FolderDirect     bool // /dir is served as /dir/
	FolderMissing404 bool // /dir is 404
	FolderNoLocation bool // 301 without Location
	FolderLocation   bool // Location leads back to /dir
	FolderParent     bool // Location is the last segment alone, from the root: /sub/ for /dir/sub
	Folder302        bool // 302 for 301
	Folder308        bool // 308 for 301, which is as right
	FolderSplit      bool // Location has the query decoded, line ends included
	FolderIndex      bool // index.html is not served for /dir/
	FolderLists      bool // /dir/ without index.html is a list of its files
	FolderEmpty200   bool // /dir/ without index.html is 200 and empty
	FolderCrash      bool // /dir ends the connection

	// /form.
	FormPlus           bool // plus is not a space
	FormEscapes        bool // escapes are not decoded
	FormEscapesTwice   bool // escapes are decoded twice
	FormDecodesFirst   bool // decodes before it splits, so that %26 splits
	FormUTF8           bool // decoded bytes are taken as Latin-1
	FormSorted         bool // fields are sorted by name
	FormEmptyValue     bool // fields with an empty value are left out
	FormBareName       bool // fields without an equals sign are left out
	FormEmptySegment   bool // an empty segment is a field
	FormDuplicate      bool // of two fields of a name the last one counts
	FormEqualsCut      bool // a value ends at its equals sign
	FormSemicolon      bool // a semicolon splits too
	FormLastLine       bool // the last field is left out
	FormOneLine        bool // all fields on one line
	FormNameNotDecoded bool // names are not decoded, values are
	FormFirstSegment   bool // takes the fields that came with the first read
	FormChunkedEmpty   bool // a chunked POST has no fields
	FormPostQuery      bool // a POST takes the fields of the query too
	FormGetBody        bool // a GET takes the fields of a body too
	FormBroken200      bool // a broken escape is left as it is
	FormTypeHTML       bool // the answer is text/html
	FormPostRefused    bool // POST is 405
	FormGetRefused     bool // GET is 405
}
