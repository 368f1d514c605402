package dns

// MessageFaults are what a server and a resolver get wrong alike: in the messages they send, in those they
// accept, and on the transports.
type MessageFaults struct {
	// The header and the question of a reply.
	IDConstant       bool // the id is always 1
	IDSwapped        bool // the bytes of the id are swapped
	QRMissing        bool // QR is 0
	OpcodeZero       bool // the opcode of the request is not copied
	RDDropped        bool // RD is not copied
	RDAlways         bool // RD is set though the request had it not
	ZSet             bool // the reserved bit Z is set
	FlagsEchoed      bool // AA, TC, RA and Z are set when the request has them
	FlagsSwapped     bool // the bytes of the flags are swapped
	CountsSwapped    bool // the counts are little-endian
	CountsTotal      bool // ANCOUNT counts the records of all sections
	QuestionMissing  bool // no question in the reply
	QuestionLowered  bool // the question is in small letters
	QuestionUpped    bool // the question is in capitals
	PointersFromBody bool // pointers count from the end of the header
	PointersForward  bool // a name is a pointer to a later place
	NamesUnended     bool // names lack the zero at their end
	TTLSwapped       bool // TTLs are little-endian
	TypesSwapped     bool // the types of records are little-endian
	LengthsWrong     bool // RDLENGTH is one too high
	TrailingByte     bool // a byte follows the last record

	// Requests that are not as they should be.
	ShortCrash         bool // a message of less than 12 bytes ends the server
	NoQuestionCrash    bool // a query without a question ends the server
	TwoQuestionsServed bool // of two questions the first is answered
	PointerLoopCrash   bool // a pointer to itself ends the server
	PointersRefused    bool // a request with a pointer in it is FORMERR
	LabelOf64Served    bool // a length of 64 is read as a label
	NameLongCrash      bool // a name of more than 255 bytes ends the server
	CountsTrusted      bool // a count that is too high ends the server
	ResponseAnswered   bool // a response is answered
	OpcodeServed       bool // an unknown opcode is taken for a query
	ClassServed        bool // any class is taken for IN

	// EDNS and size.
	EDNSIgnored       bool // no OPT in the reply to a request with one
	EDNSAlways        bool // an OPT in every reply
	EDNSFormErr       bool // a request with OPT is FORMERR, and the reply has none: EDNS is not known
	EDNSSizeIgnored   bool // at most 512 bytes, whatever the request allows
	EDNSSizeExceeded  bool // as many bytes as there are, whatever the request allows
	EDNSVersionServed bool // version 1 is answered as version 0
	EDNSVersionError  bool // version 1 is FORMERR, not BADVERS
	EDNSBadVersNoOPT  bool // the reply to version 1 has no OPT: its code is cut to 0
	TwoOPTServed      bool // two OPT are served as one
	OPTInAuthority    bool // the OPT stands in the authority section
	OPTNamed          bool // the name of the OPT is the question's
	UDPUnlimited      bool // more than 512 bytes without EDNS
	TruncatedNoTC     bool // what does not fit is left out, and TC is 0
	TruncatedInRecord bool // the reply is cut off at the limit, inside a record
	TruncatedSilent   bool // what does not fit is not answered

	// TCP.
	TCPNone             bool // closes connections at once
	TCPTruncated        bool // replies over TCP are cut to 512 bytes
	TCPLengthSwapped    bool // the length is little-endian
	TCPLengthWhole      bool // the length counts itself
	TCPLengthNone       bool // no length before the reply
	TCPOneRead          bool // what the first read gives is the whole request
	TCPOneMessage       bool // closes after one reply
	TCPDropsBehind      bool // what came with the request's bytes and follows them is lost
	TCPOneAtATime       bool // one connection at a time
	TCPImpatient        bool // closes a connection that is silent for a 150th of Idle
	TCPCrashOnEarlyEnd  bool // a connection that ends within a message ends the server
	RepliesElsewhere    bool // replies over UDP come from another port
	RepliesTwice        bool // each reply over UDP is sent twice
	StopsAfter40        bool // the 40th request ends the server
	DropsSecondOfBursts bool // the second request of a peer is never answered
}
