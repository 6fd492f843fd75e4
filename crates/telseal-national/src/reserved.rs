/// Numbers that belong to nobody: a country's authority keeps them for examples and films.
///
/// [`parse`](crate::parse) reads them whether the plan has them or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reserved {
    /// The digits of the numbers, country code first; `x` stands for any digit, `n` for 2 to 9.
    pub pattern: &'static str,
    /// Who reserves them, and where that is written.
    pub source: &'static str,
}

/// Whether the digits, country code first, are reserved.
pub(crate) fn contains(e164: &[u8]) -> bool {
    RESERVED.iter().any(|reserved| {
        let pattern = reserved.pattern.as_bytes();
        pattern.len() == e164.len()
            && pattern.iter().zip(e164).all(|(&pattern, &digit)| match pattern {
                b'x' => true,
                b'n' => digit >= b'2',
                _ => digit == pattern,
            })
    })
}

const NANPA: &str = "NANPA: 555-0100 to 555-0199 of every area code (ATIS-0300115)";
const OFCOM: &str = "Ofcom, Telephone numbers for use in TV and radio drama programmes";
const BNETZA: &str = "Bundesnetzagentur, Mitteilung 148/2021, Rufnummern für Medienproduktionen";
const ARCEP: &str = "Arcep, Décision 2018-0881: numéros pour les œuvres audiovisuelles";
const ACMA: &str = "ACMA, Phone numbers for use in TV shows, films and creative works";
const COMREG: &str = "ComReg, Numbering Conditions of Use: 020 91 for drama";
const PTS: &str = "PTS, Telefonnummer för användning i böcker och filmer med mera";

const fn range(pattern: &'static str, source: &'static str) -> Reserved {
    Reserved { pattern, source }
}

/// The ranges that are reserved for examples, with their sources.
pub const RESERVED: &[Reserved] = &[
    range("1nxx55501xx", NANPA),
    range("441134960xxx", OFCOM),
    range("441144960xxx", OFCOM),
    range("441154960xxx", OFCOM),
    range("441164960xxx", OFCOM),
    range("441174960xxx", OFCOM),
    range("441184960xxx", OFCOM),
    range("441214960xxx", OFCOM),
    range("441314960xxx", OFCOM),
    range("441414960xxx", OFCOM),
    range("441514960xxx", OFCOM),
    range("441614960xxx", OFCOM),
    range("441632960xxx", OFCOM),
    range("441914980xxx", OFCOM),
    range("442079460xxx", OFCOM),
    range("442896496xxx", OFCOM),
    range("442920180xxx", OFCOM),
    range("443069990xxx", OFCOM),
    range("447700900xxx", OFCOM),
    range("448081570xxx", OFCOM),
    range("449098790xxx", OFCOM),
    range("493023125xxx", BNETZA),
    range("496990009xxx", BNETZA),
    range("494066969xxx", BNETZA),
    range("492214710xxx", BNETZA),
    range("498999998xxx", BNETZA),
    range("4915228817386", BNETZA),
    range("4915228895456", BNETZA),
    range("4915254599371", BNETZA),
    range("4917139200xx", BNETZA),
    range("491729925904", BNETZA),
    range("491729968532", BNETZA),
    range("491729973185", BNETZA),
    range("491729973186", BNETZA),
    range("491729980752", BNETZA),
    range("491749091317", BNETZA),
    range("491749464308", BNETZA),
    range("49176040690xx", BNETZA),
    range("3319900xxxx", ARCEP),
    range("3326191xxxx", ARCEP),
    range("3335301xxxx", ARCEP),
    range("3346571xxxx", ARCEP),
    range("3353649xxxx", ARCEP),
    range("3363998xxxx", ARCEP),
    range("6125550xxxx", ACMA),
    range("6127010xxxx", ACMA),
    range("6135550xxxx", ACMA),
    range("6137010xxxx", ACMA),
    range("6175550xxxx", ACMA),
    range("6177010xxxx", ACMA),
    range("6185550xxxx", ACMA),
    range("6187010xxxx", ACMA),
    range("61491570006", ACMA),
    range("61491570110", ACMA),
    range("61491570156", ACMA),
    range("61491570157", ACMA),
    range("61491570158", ACMA),
    range("61491570159", ACMA),
    range("61491570313", ACMA),
    range("61491570737", ACMA),
    range("3532091xxxxx", COMREG),
    range("463139006xx", PTS),
    range("464062804xx", PTS),
    range("468465004xx", PTS),
    range("469803192xx", PTS),
    range("46701740605", PTS),
    range("46701740606", PTS),
    range("46701740607", PTS),
    range("46701740608", PTS),
    range("46701740609", PTS),
    range("4670174061x", PTS),
    range("4670174062x", PTS),
    range("4670174063x", PTS),
    range("4670174064x", PTS),
    range("4670174065x", PTS),
    range("4670174066x", PTS),
    range("4670174067x", PTS),
    range("4670174068x", PTS),
    range("4670174069x", PTS),
];
