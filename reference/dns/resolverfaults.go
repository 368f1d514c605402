package dns

// ResolverFaults make the resolver wrong on purpose. The zero value is a correct resolver. Each fault breaks one
// rule and leaves the others alone as far as that can be; a check must notice it.
type ResolverFaults struct {
	MessageFaults

	// Replies.
	RAMissing   bool // RA is 0
	AASet       bool // AA is 1
	OwnerNative bool // owners are in capitals, as a zone may spell them, and the question's name too

	// Questions to servers.
	UpstreamRD          bool // RD is 1
	UpstreamIDConstant  bool // the id is always 1
	UpstreamIDCounts    bool // ids go up by one
	UpstreamIDClock     bool // the id is the time in milliseconds
	UpstreamPortFixed   bool // one port for all questions
	UpstreamPortCounts  bool // ports go up by one
	UpstreamOnce        bool // a question that is lost is not asked again
	UpstreamFirstServer bool // of a zone's servers the first alone is asked
	UpstreamEDNSInsists bool // a server that knows no EDNS is not asked without
	UpstreamTypeA       bool // all types are asked for as A
	UpstreamCNAMEAgain  bool // asks for the target that the answer holds already
	UpstreamRootAlways  bool // begins at the root each time
	UpstreamNSAlways    bool // asks for the address of a server though the delegation gave it
	UpstreamTwice       bool // asks each question twice
	TakesAnyID          bool // takes a reply with another id
	TakesAnyAddress     bool // takes a reply from another address
	TakesAnyPort        bool // takes a reply from another port
	TakesAnyQuestion    bool // takes a reply to another question
	TakesAnyType        bool // takes a reply to a question for another type
	TakesQuery          bool // takes a message that is no reply: its QR is 0
	UpstreamTCPOneRead  bool // what the first read from a server gives is the whole reply
	TruncatedTaken      bool // takes what a truncated reply holds for all
	TruncatedFails      bool // a truncated reply is a failure
	LameTaken           bool // REFUSED from a server is the answer
	ServFailTaken       bool // SERVFAIL from one server is the answer
	ReferralReturned    bool // the first referral is the answer
	ReferralUpward      bool // follows a referral that leads up
	ReferralOne         bool // follows one referral
	GluelessFails       bool // a delegation without addresses is a failure
	GlueAnswered        bool // an address from a delegation is answered as if it had been asked for
	NSAnswered          bool // the NS of a delegation are answered as if they had been asked for
	BailiwickAdditional bool // believes additional records from outside of the server's zone
	BailiwickAnswer     bool // believes answer records from outside of the server's zone
	BailiwickAuthority  bool // believes delegations from outside of the server's zone

	// Aliases.
	CNAMEThree       bool // three aliases are followed and no more
	CNAMEReturned    bool // an alias is answered without what it points to
	CNAMETargetOnly  bool // the alias is left out of the answer
	CNAMELoopNoError bool // aliases in a circle are NOERROR
	CNAMELoopSilent  bool // aliases in a circle are never answered
	CNAMEGoneNoError bool // NOERROR where an alias leads to no name

	// The cache.
	CacheNone          bool // nothing is kept
	CacheForever       bool // nothing ends
	CacheCNAMEForever  bool // aliases never end
	CacheNSForever     bool // delegations never end
	CacheTTLStays      bool // TTLs do not count down
	CacheTTLUp         bool // TTLs count up
	CacheTTLFloor      bool // a TTL below 60 is 60
	CacheTTLZero       bool // TTL 0 is kept
	CacheTTLZeroFails  bool // what has TTL 0 is not answered
	CacheHalf          bool // a record is kept for little more than half its TTL
	CacheCaseSensitive bool // a name in another case is another name
	CacheTypeBlind     bool // a name has one set, whatever its type
	CacheFirstRecord   bool // of a set one record is kept

	// Negative answers.
	NegativeNone        bool // is not kept
	NegativeForever     bool // never ends
	NegativeTypeOnly    bool // NXDOMAIN is kept for the type asked, not for the name
	NegativeNodataName  bool // a missing type is kept as a missing name
	NegativeNXNodata    bool // NXDOMAIN becomes NOERROR when it is kept
	NegativeTTLStays    bool // the SOA's TTL does not count down
	NegativeNotBelow    bool // a name below one that is missing is asked for
	NegativeSOAIgnored  bool // is kept for an hour, whatever the SOA says
	NegativeNoSOA       bool // the SOA is left out
	NegativeServFail    bool // NXDOMAIN is told as SERVFAIL
	NegativeNoError     bool // NXDOMAIN is told as NOERROR
	NegativeNodataNX    bool // a missing type is told as NXDOMAIN
	FailureSilent       bool // a failure is not answered
	FailureNX           bool // a failure is NXDOMAIN
	FailureNoError      bool // a failure is NOERROR with nothing
	FailureForever      bool // a failure is kept
	ClientsOneByOne     bool // a question waits until the one before it is answered
	ClientsMixed        bool // equal questions at one time are answered with the first one's id
	ClientsSecondLost   bool // of equal questions at one time the first alone is answered
	ClientsAllUpstream  bool // equal questions at one time are all asked upstream
	ClientsWrongAnswers bool // questions at one time get each other's answers
}
