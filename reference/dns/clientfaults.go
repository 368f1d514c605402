package dns

// ClientFaults make the client wrong on purpose. The zero value is a correct client. Each fault breaks one rule and
// leaves the others alone as far as that can be; a check must notice it.
type ClientFaults struct {
	// The query.
	IDConstant    bool // the id is always 1
	RDMissing     bool // RD is 0
	QRSet         bool // QR is 1
	CountsSwapped bool // the count of questions is little-endian
	TypeAlwaysA   bool // asks for A, whatever type is given
	TypeSwapped   bool // the type is little-endian
	ClassZero     bool // the class is 0
	NameUnended   bool // the name lacks the zero at its end
	NameDotted    bool // the name is one label with dots in it
	NameLocal     bool // the name lacks its last label
	QueryTwice    bool // sends each query twice
	FinalDotKept  bool // a final dot of the name given is one more label, which is empty

	// Waiting.
	RetriesNever     bool // a query that is lost is not sent again
	RetriesFlood     bool // sends again every 5 ms
	RetriesHasty     bool // sends again after 0.2 s, 7 times
	RetriesForever   bool // never gives up
	GivesUpOnForged  bool // a reply that does not match ends it
	SilenceSucceeds  bool // exits with 0 after silence
	TakesAnyID       bool // takes a reply with another id
	TakesAnyAddress  bool // takes a reply from another address
	TakesAnyPort     bool // takes a reply from another port
	TakesAnyQuestion bool // takes a reply to another question
	TakesAnyType     bool // takes a reply to a question for another type
	TakesAnyClass    bool // takes a reply to a question in another class
	TakesQuery       bool // takes a message with QR 0 for a reply
	BrokenEnds       bool // a message that has a header and cannot be read ends it
	BrokenReplyEnds  bool // so does one with the id of the query whose question cannot be read, and no other

	// Truncation.
	TruncatedPrinted bool // prints what a truncated reply holds
	TruncatedFails   bool // a truncated reply is a failure
	TCPLengthNone    bool // no length before the query over TCP
	TCPLengthSwapped bool // the length is little-endian
	TCPOneRead       bool // what the first read gives is the whole reply

	// The response code.
	CodeIgnored    bool // exits with 0 whatever the code
	CodeNumber     bool // prints the number of the code
	CodeSilent     bool // does not print the code
	CodeAlone      bool // NXDOMAIN after an alias is printed without the alias
	NodataFails    bool // no data is a failure
	NodataSays     bool // prints a sentence when there is no data
	ServFailStays  bool // SERVFAIL is printed as NXDOMAIN
	AnswerRequired bool // NOERROR with a CNAME alone is a failure
	AnswerFails    bool // exits with 1 after records of the type asked

	// Printing.
	FirstRecordOnly   bool // prints the first record
	LastRecordMissing bool // prints all records but the last
	TypeAskedOnly     bool // prints records of the type asked only: no CNAME
	AuthorityPrinted  bool // prints the authority section too
	AdditionalPrinted bool // prints the additional section too
	OwnerAsked        bool // prints the name asked for each owner
	OwnerAssumed      bool // takes every owner for a pointer: one that is spelled out ends it
	OwnerPointer      bool // an owner that is a pointer is printed as the root
	PointerOnce       bool // follows one pointer in a name
	DataPointer       bool // a pointer in data is printed as the root
	MXPointer         bool // so is one in MX, and nowhere else
	SOAPointer        bool // and so in SOA
	TTLMissing        bool // prints no TTL
	TTLSwapped        bool // TTLs are little-endian
	TTLShort          bool // TTLs are the lower 16 bits
	ClassMissing      bool // prints no class
	TypeMissing       bool // prints no type
	AddressSwapped    bool // prints the bytes of A in reverse
	AddressSigned     bool // prints bytes of A above 127 as negative numbers
	MXNoPreference    bool // prints MX without its preference
	MXSwapped         bool // the preference of MX is little-endian
	MXLowByte         bool // of the preference of MX the low byte is printed
	TXTUnquoted       bool // prints TXT without quotes
	TXTFirst          bool // prints the first string of TXT
	TXTRaw            bool // prints quotes and backslashes within TXT as they are
	TXTControls       bool // prints control characters within TXT as they are
	TXTUnpadded       bool // prints the number of a byte within TXT without zeros before it
	TXTNoEmpty        bool // leaves out strings of TXT that are empty
	AAAAShort         bool // prints the first 8 bytes of AAAA
	CAAShort          bool // prints CAA without its flags
	SOAShort          bool // prints SOA without its numbers
	SOASigned         bool // the numbers of SOA have a sign
	SRVShort          bool // prints SRV without its weight
	UnknownFails      bool // a record of an unknown type ends it
}
