package dns

// ServerFaults make the authoritative server wrong on purpose. The zero value is a correct server. Each fault breaks
// one rule and leaves the others alone as far as that can be; a check must notice it.
type ServerFaults struct {
	MessageFaults

	// The flags of an answer.
	AAMissing                    bool // AA is 0 in answers
	AAOnReferral                 bool // AA is 1 in a referral
	AAOnRefused                  bool // AA is 1 in REFUSED
	RAAlways                     bool // RA is 1: recursion is promised and not done
	NXNotAA                      bool // AA is 0 in NXDOMAIN
	NoAnswerCrash                bool // a name that is missing ends the server
	RAWithoutAnswer              bool // RA is 1 where the answer section is empty
	QuestionLoweredWithoutAnswer bool // the question is in small letters where the answer section is empty

	// Answers.
	CaseSensitive     bool // a name in another case is missing
	FirstRecordOnly   bool // of a set one record is sent
	RecordsTwice      bool // each record is sent twice
	RecordsSpare      bool // all records of the name are sent, whatever type was asked
	OwnerOfZone       bool // the owner of answers is the zone's name
	TTLZero           bool // TTLs are 0
	TTLDiffers        bool // the TTLs of a set differ
	TTLMinimum        bool // TTLs are the SOA's MINIMUM
	TTLRandom         bool // TTLs vary from one answer to the next
	ZoneNameNX        bool // the zone's own name is missing
	AnswerInAuthority bool // answers stand in the authority section
	RotationNone      bool // Rotate is not done
	AnyRefused        bool // type ANY is NOTIMP
	AnyNothing        bool // type ANY finds nothing
	UnknownNotImp     bool // an unknown type is NOTIMP
	UnknownNX         bool // an unknown type is NXDOMAIN
	UnknownCrash      bool // an unknown type ends the server
	NamesUpped        bool // owners and the names in data are in capitals: they are equal to those that were declared

	// EDNS and size.
	OPTNotWithNX      bool // no OPT in NXDOMAIN
	OPTNotWithRefused bool // no OPT in REFUSED
	OPTSizeLiteral    bool // a size below 512 in the request's OPT counts as it stands there
	TCPCutToOPT       bool // replies over TCP are cut to the size in the request's OPT
	GlueCutNoTC       bool // glue that does not fit is left out, all of it, and TC is 0

	// The data of records.
	AddressText    bool // A holds the address as text
	AddressSwapped bool // A holds the bytes in reverse
	AAAAShort      bool // AAAA holds the first 8 bytes
	TXTNoLength    bool // TXT without the length of its string
	TXTJoined      bool // the strings of a TXT become one
	TXTFirst       bool // TXT holds its first string alone
	MXSwapped      bool // the preference of MX is little-endian
	MXNoPreference bool // MX without its preference
	SOASwapped     bool // the numbers of SOA are little-endian
	SOAMailDot     bool // the mailbox of SOA is one label with an @
	SRVSwapped     bool // weight and port of SRV change places
	SRVCompressed  bool // the target of SRV is compressed
	CAANoFlags     bool // CAA without its flags
	NamesRelative  bool // names in data lack the zone's name

	// Negative answers.
	NodataNX        bool // a name without the type asked for is NXDOMAIN
	NodataNoSOA     bool // no SOA where the type is missing
	NodataRefused   bool // REFUSED where the type is missing
	NXNoError       bool // NOERROR where the name is missing
	NXNoSOA         bool // no SOA where the name is missing
	NXServFail      bool // SERVFAIL where the name is missing
	NXSilent        bool // silence where the name is missing
	NegativeTTL     bool // the SOA of a negative answer keeps its own TTL, above MINIMUM
	NegativeMinimum bool // the SOA of a negative answer has MINIMUM for its TTL, above its own
	SOAInAnswer     bool // the SOA of a negative answer stands in the answer section
	EmptyNameNX     bool // a name that exists only above others is NXDOMAIN

	// Wildcards and aliases.
	WildcardNone      bool // wildcards are names like others
	WildcardOwner     bool // the owner of a synthesised record is the wildcard
	WildcardOverName  bool // a wildcard answers for a name that exists without that type
	WildcardBelowName bool // a wildcard answers below a name that exists
	WildcardAtCut     bool // a wildcard answers below a delegation
	WildcardOneLabel  bool // a wildcard stands for one label only
	WildcardEmptyName bool // a wildcard answers for a name that exists only above others
	WildcardForItself bool // a wildcard answers for the name it hangs on
	CNAMEAlone        bool // the alias is sent without what it points to
	CNAMEIgnored      bool // an alias has only its own type
	CNAMESkipped      bool // what an alias points to is sent under the alias's name
	CNAMEOnce         bool // of a chain of aliases one is followed
	CNAMEFollowed     bool // a question for CNAME is answered with the target too
	CNAMEChased       bool // a question for CNAME goes on at the target, as one for another type
	CNAMELoopCrash    bool // aliases in a circle end the server
	CNAMETargetNoErr  bool // NOERROR where an alias leads to no name
	CNAMEOutsideNX    bool // NXDOMAIN where an alias leads out of the zones
	CNAMENodataNoSOA  bool // no SOA where an alias leads to a name without the type
	CNAMELostNoSOA    bool // no SOA where an alias leads to no name

	// Delegations.
	DelegationIgnored  bool // a name below a cut is looked up as if there were none
	DelegationNX       bool // a name below a cut is NXDOMAIN
	DelegationAnswer   bool // NS of a referral stand in the answer section
	DelegationSOA      bool // a referral has the zone's SOA
	DelegationOneNS    bool // of the NS of a referral one is sent
	CutAnswered        bool // the name of the cut itself is answered, with authority
	GlueMissing        bool // a referral without the addresses of the servers below the cut
	GlueAnswered       bool // an address below a cut is answered as the zone's own
	GlueInAnswer       bool // glue stands in the answer section
	GlueBehindAlias    bool // an address below a cut is answered as the zone's own where an alias leads to it
	OutsideNX          bool // a name outside the zones is NXDOMAIN
	OutsideNoError     bool // a name outside the zones is NOERROR with nothing
	OutsideServFail    bool // a name outside the zones is SERVFAIL
	OutsideSilent      bool // a name outside the zones is not answered
	SuffixWithoutLabel bool // notexample is taken for a name in example

	UpdateFaults
}

// UpdateFaults are what a server gets wrong in RFC 2136.
type UpdateFaults struct {
	UpdateNotImp            bool // UPDATE is NOTIMP
	UpdateNothing           bool // NOERROR, and nothing has changed
	UpdateZoneType          bool // the type in the zone section is not looked at
	UpdateZoneCount         bool // two zones are accepted
	UpdateNotAuthRefused    bool // a foreign zone is REFUSED, not NOTAUTH
	UpdateNotAuthOK         bool // a foreign zone is NOERROR
	UpdateOutside           bool // a name outside the zone is accepted
	UpdateOutsideRefused    bool // a name outside the zone is REFUSED, not NOTZONE
	UpdateOutsideLate       bool // a name outside the zone is noticed while records are applied: what precedes it stays
	UpdatePrereqNone        bool // prerequisites are not looked at
	UpdatePrereqFirst       bool // the first prerequisite is looked at, and no other
	UpdatePrereqValue       bool // a prerequisite with data asks only whether the set exists
	UpdatePrereqSubset      bool // a prerequisite with data holds when the set has more
	UpdatePrereqTTL         bool // a prerequisite with a TTL is accepted
	UpdatePrereqData        bool // a prerequisite of class ANY or NONE with data is accepted
	UpdatePrereqNegated     bool // the classes ANY and NONE of prerequisites are mixed up
	UpdatePrereqOutside     bool // a prerequisite outside the zone is accepted
	UpdateYXDomain          bool // YXRRSET where YXDOMAIN is due
	UpdateYXSet             bool // YXDOMAIN where YXRRSET is due
	UpdateNXDomain          bool // NXRRSET where NXDOMAIN is due
	UpdateNXSet             bool // NXDOMAIN where NXRRSET is due
	UpdatePrescanNone       bool // records are applied as they come: what precedes an illegal one stays
	UpdateClassOther        bool // a record of class CH is accepted
	UpdateTypeMeta          bool // adding type ANY is accepted
	UpdateDeleteTTL         bool // a deletion with a TTL is accepted
	UpdateDeleteData        bool // the deletion of a set with data is accepted
	UpdateDeleteNone        bool // deletions do nothing
	UpdateDeleteSwapped     bool // the classes ANY and NONE of deletions are mixed up
	UpdateDeleteSetForOne   bool // deleting a record deletes its set
	UpdateDeleteNameForSet  bool // deleting a set deletes all sets of its name
	UpdateDeleteCase        bool // a deletion in another case finds nothing
	UpdateDeleteMissing     bool // deleting what is not there is NXRRSET
	UpdateDeletesSOA        bool // the SOA can be deleted
	UpdateDeletesNS         bool // deleting all at the zone's name deletes its NS
	UpdateDeletesLastNS     bool // the last NS can be deleted
	UpdateAddReplaces       bool // an added record replaces its set
	UpdateAddTwice          bool // a record that is there is added again
	UpdateAddCNAME          bool // an alias is added beside other data
	UpdateAddBesideCNAME    bool // other data is added beside an alias
	UpdateAddCNAMESecond    bool // a second alias is added to a name, beside the first
	UpdateSOAOlder          bool // an SOA with a lower serial is taken
	UpdateSOAIgnored        bool // an SOA with a higher serial is not taken
	UpdateSerialStays       bool // the serial stays
	UpdateSerialWithoutNeed bool // the serial goes up though nothing has changed
	UpdateSerialDown        bool // the serial goes down
	UpdateReplyOpcode       bool // the reply has the opcode of a query
}
