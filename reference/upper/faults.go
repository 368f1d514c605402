package upper

// TextFaults make wrong what a server answers, whichever way the text came.
type TextFaults struct {
	AnswersLowerCase bool // lower case in place of upper case
	AnswersAsItCame  bool // an echo
	AnswersPrefixed  bool // "From Server: " before the answer
	SwapsCase        bool // upper case becomes lower case too
	RaisesAllBytes   bool // takes 32 off every byte from 0x60 on, so braces change
	StripsBlanks     bool // white space at both ends is lost
	StripsLineEnd    bool // CR at the end is lost, and over UDP LF
	CutsAtNUL        bool // a zero byte ends the text, as in strlen
	SevenBit         bool // the highest bit of each byte is lost
	RaisesLatin1     bool // takes each byte for a character: 0xE0 to 0xFE are raised
	ReplacesNotUTF8  bool // what is not UTF-8 becomes U+FFFD
	DiesOnNotUTF8    bool // what is not UTF-8 ends the server

	// Choices that the statements leave open: no check may notice them.
	RaisesUTF8   bool // the upper case of UTF-8 text
	RaisesSharpS bool // and ß becomes SS
}

// UDPServerFaults make a UDPServer wrong on purpose. Their zero value is a correct server.
type UDPServerFaults struct {
	TextFaults

	CutsAtLF          bool // a line end ends the text
	Truncates1024     bool // a buffer of 1,024 bytes
	Truncates2047     bool // a buffer of 2,047 bytes, one kept for a NUL
	KeepsOldBytes     bool // answers as many bytes as the longest datagram so far had
	SplitsReply       bool // an answer beyond 512 bytes in two datagrams
	RepliesTwice      bool // each answer is sent twice
	DropsEveryThird   bool // every third datagram stays without an answer
	FirstPeerOnly     bool // every answer goes to the first client
	LastPeerOnly      bool // answers to several datagrams that wait all go to the sender of the last
	SharedBuffer      bool // several senders that wait all get the answer to the last
	LosesQueued       bool // of several datagrams that wait only the last is answered
	AnswersElsewhere  bool // answers come from another port than the one asked
	StopsAfter40      bool // ends after 40 datagrams
	DiesOnEmpty       bool // an empty datagram is taken for the end
	DiesOnUnreachable bool // an ICMP "port unreachable" ends it

	// Choices that the statement leaves open.
	IgnoresEmpty bool // an empty datagram stays without an answer
}

// TCPServerFaults make a TCPServer wrong on purpose. Their zero value is a correct server.
type TCPServerFaults struct {
	TextFaults

	OneRead          bool // one read, of up to 64 KiB, is taken for the sentence
	EightReads       bool // eight reads at most are put together
	StopsAt1024      bool // the sentence ends after 1,024 bytes
	StopsAt8192      bool // the sentence ends after 8,192 bytes
	ReadsToEOF       bool // waits for the end of the stream in place of LF
	AnswersSecond    bool // what follows the LF is answered as well
	StaysOpen        bool // does not close after its answer
	RepliesTwice     bool // the answer is sent twice
	SaysGoodbye      bool // another line follows the answer
	SendsHalf        bool // of an answer beyond 32 KiB a part is sent: one send is taken to send all
	ResetsUnsent     bool // closes with SO_LINGER 0, so what is not delivered yet is lost
	LeavesHalfClosed bool // a client that ended its own direction gets no answer
	IgnoresEmpty     bool // an empty sentence is skipped and another awaited
	DiesOnEmpty      bool // an empty sentence ends the server
	OneAtATime       bool // accepts the next client when it is done with this one
	PoolOf8          bool // at most eight clients at a time
	SharedBuffer     bool // the pieces of all clients go into one buffer
	SharedSentence   bool // clients that wait at the same time all get the answer to the last
	StopsAfter40     bool // ends after 40 clients
	DiesOnEarlyClose bool // a client that leaves without a byte ends the server
	DiesOnHalf       bool // a client that leaves in mid-sentence ends the server
	DiesOnReset      bool // a client that resets ends the server
	DiesOnBrokenPipe bool // an answer that cannot be sent ends the server

	// Choices that the statement leaves open.
	AnswersWithoutLF bool // the answer has no line end
	IgnoresUnended   bool // a sentence ended by the end of the stream stays without an answer
	ClosesAtOnce     bool // closes without awaiting the client's end, so what was not read resets
}

// RequestFaults make wrong what a client sends.
type RequestFaults struct {
	AsksNobody      bool // prints the upper case of the line without asking the server
	AsksOtherPort   bool // the port is a number in the program
	RaisesItself    bool // sends the line in upper case already
	StripsBlanks    bool // white space at both ends of the line is lost
	SendsAllInput   bool // sends all of standard input, not a line of it
	ReadsToEOF      bool // sends when standard input has ended
	CutsLine1024    bool // a buffer of 1,024 bytes for the line
	CutsLineAtNUL   bool // a zero byte ends the line
	DiesOnNotASCII  bool // a line that is not ASCII ends the client
	DiesOnNotUTF8   bool // a line that is not UTF-8 ends the client
	SkipsEmpty      bool // an empty line is not sent
	NeedsLF         bool // input that ends without LF is not sent
	PrintsItsOwn    bool // asks, and prints its own upper case of the line
	PrintsLiteral   bool // prints b'TEXT'
	PrintsToStderr  bool // prints on standard error
	PrintsTrailer   bool // prints a line after the reply
	EndsWith1       bool // exits with 1 after a reply
	StaysAfterReply bool // does not end after a reply
	CutsReply1024   bool // a buffer of 1,024 bytes for the reply
	CutsReplyAtNUL  bool // a zero byte ends the reply, as in printf
	ReplyASCIIOnly  bool // a reply that is not ASCII ends the client
	ReplyUTF8Only   bool // what is not UTF-8 in a reply becomes U+FFFD
	WaitsForever    bool // has no time limit
	EndsWith0       bool // exits with 0 without a reply

	// Choices that the statements leave open.
	PrintsPrompt bool // a prompt comes before the reply, on its line
	PrintsPlain  bool // nothing comes before the reply
}

// UDPClientFaults make a UDPClient wrong on purpose. Their zero value is a correct client.
type UDPClientFaults struct {
	RequestFaults

	SendsLineEnd    bool // LF goes with the line
	SendsNUL        bool // a zero byte goes with the line
	SplitsLine      bool // a line beyond 512 bytes goes in several datagrams
	TakesAny        bool // takes a datagram from anybody for the reply
	TakesAnyPort    bool // takes one from any port of the server's address
	TakesAnyAddress bool // takes one from any address with the server's port
	DiesOnStranger  bool // a datagram from anybody else ends the client
	ResendsForever  bool // never gives up
	StrangersExtend bool // a datagram from anybody else starts its time limit anew

	// Choices that the statement leaves open.
	SendsOnce bool // gives up when its only request stays without a reply
}

// TCPClientFaults make a TCPClient wrong on purpose. Their zero value is a correct client.
type TCPClientFaults struct {
	RequestFaults

	SendsNoLF        bool // the line has no end
	SendsCRLF        bool // the line ends with CR LF
	SendsHalf        bool // of a line beyond 32 KiB a part is sent: one send is taken to send all
	OneRead          bool // one read, of up to 64 KiB, is taken for the reply
	EightReads       bool // eight reads at most are put together
	LosesUnended     bool // a reply ended by the end of the stream is not printed
	CutsReply8192    bool // the reply ends after 8,192 bytes
	EndsWith0OnReset bool // exits with 0 after a reset connection
	LimitPerRead     bool // each piece of the reply starts its time limit anew

	// Choices that the statement leaves open.
	HalfCloses bool // ends its own direction after the line
	AwaitsEnd  bool // reads to the end of the stream, also after LF
}
