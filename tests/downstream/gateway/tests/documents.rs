//! What README.md, the guide and SPEC.md show is what the library does.

use telseal::{
    Identifier, Imei, Imeisv, Imsi, Indexer, KeyVersion, Keyring, ParseError, PhoneNumber, Prefix, Prefixed, Scope,
};

const README: &str = include_str!("../../../../README.md");
const ROLES: &str = include_str!("../../../../docs/roles.md");
const SPEC: &str = include_str!("../../../../SPEC.md");

#[test]
fn the_programs_are_those_of_the_documents() {
    for (document, program) in
        [(README, include_str!("../src/main.rs")), (ROLES, include_str!("../../router/src/main.rs"))]
    {
        assert!(document.contains(&format!("```rust\n{program}```")));
    }
}

/// Each form in the second column of `| type | parse reads | other readers |` is read. A row has one identifier.
#[test]
fn forms_of_the_guide() {
    let tables = include_str!("../../../../docs/identifiers.md").lines().chain(README.lines());
    let mut forms = 0;
    for row in tables.filter(|line| line.starts_with("| [`")) {
        let mut cells = row.split('|').skip(1);
        let (name, texts) = (cells.next().unwrap().trim(), cells.next().unwrap());
        let form = match name {
            "[`PhoneNumber`]" => "phone, text",
            "[`Imsi`]" => "IMSI, text",
            "[`Imei`]" => "IMEI, text",
            "[`Imeisv`]" => "IMEISV, text",
            _ => continue, // another table
        };
        let whole = texts.split('`').skip(1).step_by(2).filter(|text| !text.contains('…'));
        let digits: Vec<_> =
            whole.map(|text| read(form, text).unwrap_or_else(|error| panic!("{text}: {error}"))).collect();
        assert!(digits.iter().all(|read| *read == digits[0]), "{row}: {digits:?}");
        forms += digits.len();
    }
    assert!(forms >= 20, "{forms} forms");
}

#[test]
fn tokens_of_the_specification() {
    let one = KeyVersion::FIRST;
    let texts = [
        token::<PhoneNumber>(one, "+442079460018"),
        token::<Imsi>(one, "001010123456789"),
        token::<Imei>(one, "490154203237518"),
        token::<Imeisv>(one, "4901542032375112"),
        token::<PhoneNumber>(KeyVersion::try_from(258).unwrap(), "+442079460018"),
    ];
    for text in texts {
        assert!(SPEC.contains(&text), "{text}");
    }
}

#[test]
fn wrapped_keyring_of_the_specification() {
    let secrets = [bytes(0x00), bytes(0x40)];
    let versions = [1, 2].map(|version| KeyVersion::try_from(version).unwrap());
    let mut keyring = Keyring::from_secrets(versions.into_iter().zip(&secrets)).unwrap();
    keyring.promote(versions[0]).unwrap();

    let wrapped: String = keyring.wrap(&bytes(0x20)).iter().map(|byte| format!("{byte:02x}")).collect();
    let spec: String = SPEC.split_whitespace().collect();
    assert!(spec.contains(&format!("wrapped{wrapped}```")), "{wrapped}");
}

/// The last column of `| prefix | K1 | header | prefix block | prefix tag |` in section 7.
#[test]
fn prefix_tags_of_the_specification() {
    let keyring = Keyring::from_secrets([(KeyVersion::FIRST, &bytes(0x00))]).unwrap();
    fn check<I: Prefixed>(keyring: &Keyring, text: &str) {
        let indexer: Indexer<Prefix<I>> = keyring.indexer(&Scope::new(["acme", "routing"]).unwrap());
        let tag = format!("{:x}", indexer.tag(&text.parse().unwrap()));
        let row = SPEC.lines().find(|line| line.starts_with(&format!("| `{text}` |"))).unwrap();
        assert!(row.ends_with(&format!("| `{tag}` |")), "{text}: {tag}");
    }
    check::<PhoneNumber>(&keyring, "+44");
    check::<PhoneNumber>(&keyring, "+44 20");
    check::<Imsi>(&keyring, "00101");
    check::<Imei>(&keyring, "49015420");
}

#[test]
fn wrapped_index_key_of_the_specification() {
    let secrets = [bytes(0x00), bytes(0x40)];
    let versions = [1, 2].map(|version| KeyVersion::try_from(version).unwrap());
    let mut keyring = Keyring::from_secrets(versions.into_iter().zip(&secrets)).unwrap();
    keyring.promote(versions[0]).unwrap();

    let scope = Scope::new(["acme", "routing"]).unwrap();
    let wrapped = keyring.sealer::<PhoneNumber>(&scope).indexer().wrap(&bytes(0x20));
    let wrapped: String = wrapped.iter().map(|byte| format!("{byte:02x}")).collect();
    let spec: String = SPEC.split_whitespace().collect();
    assert!(spec.contains(&format!("wrapped{wrapped}```")), "{wrapped}");
}

/// The rows `| kind, form | input | digits |` of section 5.
#[test]
fn examples_of_the_specification() {
    let section = SPEC.split("### Examples").nth(1).unwrap().split("\n## ").next().unwrap();
    let mut rows = 0;
    for row in section.lines().filter(|line| line.contains('`')) {
        let cells: Vec<_> = row.trim_matches(['|', ' ']).split(" | ").collect();
        let [form, input, digits] = cells[..] else { panic!("{row}") };
        let input = unescaped(input.strip_prefix('`').unwrap().strip_suffix('`').unwrap());
        assert_eq!(read(form, &input).as_deref().unwrap_or("refused"), digits, "{row}");
        rows += 1;
    }
    assert_ne!(rows, 0);
}

/// `\u` and four hexadecimal digits stand for a code point.
fn unescaped(input: &str) -> String {
    let mut parts = input.split("\\u");
    let mut text = parts.next().unwrap().to_owned();
    for part in parts {
        let (code, rest) = part.split_at(4);
        text.push(u32::from_str_radix(code, 16).ok().and_then(char::from_u32).unwrap());
        text.push_str(rest);
    }
    text
}

fn read(form: &str, input: &str) -> Result<String, ParseError> {
    let octets = || -> Vec<u8> {
        (0..input.len() / 2).map(|i| u8::from_str_radix(&input[2 * i..2 * i + 2], 16).unwrap()).collect()
    };
    let phone = |number: PhoneNumber| number.expose_msisdn().to_string();
    let imsi = |imsi: Imsi| imsi.expose_digits().to_string();
    let imei = |imei: Imei| imei.expose_digits()[..14].to_string();
    let imeisv = |imeisv: Imeisv| imeisv.expose_digits().to_string();
    match form {
        "phone, text" => input.parse().map(phone),
        "phone, bare" => PhoneNumber::from_msisdn(input).map(phone),
        "phone, TBCD" => PhoneNumber::from_tbcd(&octets()).map(phone),
        "phone, ISDN-AddressString" => PhoneNumber::from_address_string(&octets()).map(phone),
        "IMSI, text" => input.parse().map(imsi),
        "IMSI, TBCD" => Imsi::from_tbcd(&octets()).map(imsi),
        "IMEI, text" => input.parse().map(imei),
        "IMEI, TBCD" => Imei::from_tbcd(&octets()).map(imei),
        "IMEISV, text" => input.parse().map(imeisv),
        "IMEISV, TBCD" => Imeisv::from_tbcd(&octets()).map(imeisv),
        _ => panic!("{form}"),
    }
}

/// The text of a token under the secret 000102…1f in the scope of the examples.
fn token<I: Identifier>(version: KeyVersion, text: &str) -> String {
    let keyring = Keyring::from_secrets([(version, &bytes(0x00))]).unwrap();
    let scope = Scope::new(["acme", "routing"]).unwrap();
    keyring.sealer::<I>(&scope).seal(&text.parse().unwrap()).to_string()
}

/// 32 bytes that count up.
fn bytes(first: u8) -> [u8; 32] {
    std::array::from_fn(|i| first + i as u8)
}
