package http1

// ClientFaults make the client wrong on purpose. The zero value is a correct client; each fault breaks one rule.
type ClientFaults struct {
	// What it sends.
	HostMissing        bool // no Host
	HostWithoutPort    bool // Host leaves out a port that is not 80
	HostTwice          bool // Host stands there twice
	LinesLF            bool // lines end with LF alone
	MethodLowerCase    bool // "get"
	VersionOld         bool // claims HTTP/1.0
	TargetWholeURL     bool // the absolute form
	TargetFragment     bool // the fragment goes with the target
	TargetNoQuery      bool // the query does not
	TargetEmpty        bool // nothing for an empty path, where "/" is due
	TargetRaw          bool // a path is not escaped: a space in it splits the line
	LengthMissing      bool // no Content-Length with a body
	LengthInCharacters bool // Content-Length counts UTF-8 characters, not bytes
	ChunkNotEnded      bool // a chunked body without the last chunk
	BodySurplusCRLF    bool // CR LF after the body, beyond its length
	ExpectNeverWaits   bool // promises to wait for 100 and sends the body at once
	ExpectWaitsAlways  bool // sends no body until 100 comes, a final answer or not
	ReuseAfterClose    bool // sends the next request on a connection that was to be closed
	ReuseNever         bool // a connection for each request, without saying close

	// What it makes of what it gets.
	ReadLengthIgnored   bool // reads until the server closes, whatever Content-Length says
	ReadChunksIgnored   bool // takes chunk framing for content
	ReadOnce            bool // one read is the whole response
	ReadBodyOnHead      bool // waits for the content of HEAD
	ReadShortAccepted   bool // a body cut short is no error
	ReadInterimIsFinal  bool // 100 is the answer
	ReadCaseSensitive   bool // "content-length" is another field than Content-Length
	ReadCloseMissing    bool // without a length there is no body
	ReadBody204         bool // waits for the content of 204
	ReadStatusUnchecked bool // what does not begin with HTTP is a 200 with that content
}
