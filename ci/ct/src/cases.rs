use crate::{
    Case,
    tests_common::{Sample, derive, oracle_seal, oracle_token, scope, secret, tbcd, version},
};
use memcheck::{is_secret, taint, taint_digits};
use std::{fmt::Debug, hint::black_box};
use subtle::ConstantTimeEq;
use telseal::{
    Exposed, Identifier, Imei, Imeisv, Imsi, IndexKeyError, Indexed, Indexer, Keyring, KeyringError, MncLength,
    OpenError, ParseError, PhoneNumber, Prefix, PrefixLengths, Prefixed, Scope, Sealer, Tag, Token,
    fpe::{DigitCipher, DigitError},
    oblivious::{Evaluator, FinalizeError, PublicKey, Request, Response},
};

const VERDICT: &str = "the caller gets the verdict";
const VERDICTS: &str = "the caller gets the verdicts";
const PLACE: &str = "the place of what is no digit";
const ALL: &str = "whether all are digits";
const COUNT: &str = "the number of digits";
const FILLER: &str = "whether a filler stands before a digit";
const DIGITS: &str = "where the digits stand";
const PARAMETERS: &str = "where parameters begin";
const TRUNK: &str = "a trunk prefix is notation, not the number";
const PREFIX: &str = "an international or trunk prefix is notation, not the number";
const DECIMAL: &str = "decimal places are notation, not the number";
const IDENTITY: &str = "a mobile identity's type";
const EVENED: &str = "whether a filler evens out the digits";
const LENGTH: &str = "how long an IMSI is";
const EQUAL: &str = "the caller asked whether they are equal";
const PLAINTEXT: &str = "the caller asked for the plaintext";
const CIPHERTEXT: &str = "a ciphertext is for all to see";
const TAG: &str = "a tag is for all to see";
const ENCRYPTED_DIGITS: &str = "encrypted digits are for all to see";
const FINGERPRINT: &str = "a fingerprint is for all to see";
const WRAPPED: &str = "what is wrapped is encrypted";
const VERSIONS: &str = "key versions stand in every token";
const PUBLIC_KEY: &str = "a public key is for all to see";
const BLINDED: &str = "a blinded element is for the key holder to see";
const EVALUATED: &str = "an evaluated element and its proof are for the handset to see";

pub(crate) const CASES: &[Case] = &[
    // Identifiers in text and on the wire.
    Case {
        name: "text-phone",
        public: &[ALL, VERDICT, PARAMETERS, DIGITS, TRUNK],
        run: || {
            for length in 7..=15 {
                let digits = &"442079460018000"[..length];
                reads::<PhoneNumber>(&format!("+{digits}"));
                reads::<PhoneNumber>(&format!("tel:+{digits};npdi"));
                reads::<PhoneNumber>(&format!("msisdn-{digits}"));
                still_secret(&mut PhoneNumber::from_msisdn(&taint_digits(digits)).unwrap());
            }
        },
    },
    Case {
        name: "text-phone-with-separators",
        public: &[ALL, VERDICT, DIGITS, TRUNK, PARAMETERS],
        run: || {
            for text in
                ["+44 20 7946 0018", "+44-20-7946-0018", "+44.7700.900.123", "+1 (212) 555-0123", "+44 (2) 07946001"]
            {
                reads::<PhoneNumber>(text);
            }
            reads::<PhoneNumber>("tel:+44-20-7946-0018;phone-context=example.com");
            reads::<PhoneNumber>("sip:+44-20-7946-0018;npdi@example.org;user=phone");
            reads::<PhoneNumber>("+33.1.99.00.00.00");
            reads::<PhoneNumber>("+39 06 1234 5678");
        },
    },
    Case {
        name: "text-typography",
        public: &[ALL, VERDICT, DIGITS, TRUNK],
        run: || {
            for text in [
                "\u{FEFF} +44\u{A0}20‑7946/0018\r\n",
                "＋４４（２０）７９４６－００１８",
                "+٤٤٢٠٧٩٤٦٠٠١٨",
                "+۴۴۲۰۷۹۴۶۰۰۱۸",
                "+४४२०७९४६००१८",
                "+৪৪২০৭৯৪৬০০১৮",
                "tel:\u{200E}+๔๔๒๐๗๙๔๖๐๐๑๘\u{200E};npdi",
                "(+𞥔𞥔) 𞥒𞥐 7946 0018",
            ] {
                reads::<PhoneNumber>(text);
            }
            for text in ["001 01 0123456789\n", "٠٠١٠١٠١٢٣٤٥٦٧٨٩", "999‑70‑०१२३४५६७८९"]
            {
                reads::<Imsi>(text);
            }
            for text in
                ["49/015420/323751/8", "490154203237518/01", "IMEI: ４９０１５４２０３２３７５１８", "49 015420 323751"]
            {
                reads::<Imei>(text);
            }
            reads::<Imeisv>("49-015420-323751-12");
            still_secret(&mut Imsi::from_full(&taint_digits("001 010123456789")).unwrap());
            still_secret(&mut Imei::from_full(&taint_digits("٤٩٠١٥٤٢٠٣٢٣٧٥١٨")).unwrap());
            for script in "0٠۰߀०০੦૦୦௦౦೦൦෦๐໐༠၀႐០᠐᥆᧐᪀᪐᭐᮰᱀᱐꘠꣐꤀꧐꧰꩐꯰０𐴰𑄶𞥐".chars()
            {
                let digit = |digit: char| char::from_u32(script as u32 + digit.to_digit(10).unwrap()).unwrap();
                reads::<PhoneNumber>(&format!("+{}", "442079460018".chars().map(digit).collect::<String>()));
            }
        },
    },
    Case {
        name: "text-phone-refused",
        public: &[ALL, VERDICT, DIGITS, TRUNK, PARAMETERS, PREFIX, DECIMAL],
        run: || {
            for text in [
                "",
                "+",
                "442079460018",
                "00442079460018",
                "02079460018",
                "+442079",
                "+4420794600180000",
                "+0442079460018",
                "+44 (0)20 7946 0018",
                "+44 (20 7946 0018",
                "+44 20) 7946 0018",
                "+44 ((20) 7946 0018",
                "+44 (2)0 7946 0018 x",
                "+44207946OO18",
                "+44 20 7946 OO18",
                "tel:442079460018",
                "+44 20 7946 0018 0000 0",
                "tel:+442079460018;ext=x",
                "msisdn-0442079460018",
                "msisdn-442079",
                "+-",
                "+0-",
                "+4402079460018",
                "+44 020 7946 0018",
                "+44 (00) 20 7946 0018",
                "+447700900123.0",
                "+٤٤٧٧٠٠٩٠٠١٢٣.٠",
                "+٤٤٠٢٠٧٩٤٦٠٠١٨",
                "٠٠٤٤٢٠٧٩٤٦٠٠١٨",
                "011 44 20 7946 0018",
                "sip:+442079460018@example.org",
                "https://example.org/442079460018",
                "442079460018@example.org",
                "imsi-001010123456789",
                "+442079460018/",
            ] {
                refuses::<PhoneNumber>(text);
            }
            error(PhoneNumber::from_msisdn(&taint_digits("02079460018")));
        },
    },
    Case {
        name: "text-imsi",
        public: &[ALL],
        run: || {
            for length in 6..=15 {
                let digits = &"999700123456789"[..length];
                reads::<Imsi>(digits);
                reads::<Imsi>(&format!("imsi-{digits}"));
            }
        },
    },
    Case {
        name: "text-imsi-refused",
        public: &[ALL, DIGITS, PARAMETERS, DECIMAL],
        run: || {
            for text in [
                "",
                "00101",
                "0010101234567890",
                "00101.012345678",
                "imsi-00101",
                "IMSI-001010123456789",
                "001010123456789.0",
            ] {
                refuses::<Imsi>(text);
            }
        },
    },
    Case {
        name: "text-imei",
        public: &[ALL, VERDICT, DIGITS, PARAMETERS],
        run: || {
            for text in ["490154203237518", "49-015420-323751-8", "imei-490154203237518", "imei-490154203237510"] {
                reads::<Imei>(text);
            }
            for text in ["urn:gsma:imei:49015420-323751-0", "urn:gsma:imei:49015420-323751-8;svn=x"] {
                reads::<Imei>(text);
            }
            reads::<Imei>("49015420323751");
        },
    },
    Case {
        name: "text-imei-refused",
        public: &[ALL, VERDICT, DIGITS, PARAMETERS],
        run: || {
            for text in [
                "",
                "4901542032375",
                "490154203237510",
                "490154203237519",
                "49-015420-323751-9",
                "49-015420-323751-O",
                "imei-490154203237511",
                "urn:gsma:imei:49015420-323751-1",
                "4901542032375112",
                "49015420323751O",
                "490154203237518F",
                "490154203237519/01",
                "49015420O23751",
            ] {
                refuses::<Imei>(text);
            }
        },
    },
    Case {
        name: "text-imeisv",
        public: &[ALL],
        run: || {
            reads::<Imeisv>("4901542032375112");
            reads::<Imeisv>("imeisv-4901542032375112");
            still_secret(&mut taint_digits("4901542032375112").parse::<Imeisv>().unwrap().imei());
        },
    },
    Case {
        name: "text-imeisv-refused",
        public: &[ALL, DIGITS],
        run: || {
            for text in ["", "490154203237511", "49015420323751123", "49015420323751I2", "imeisv-1"] {
                refuses::<Imeisv>(text);
            }
        },
    },
    Case {
        name: "tbcd",
        public: &[VERDICT, COUNT],
        run: || {
            for length in 7..=15 {
                still_secret(&mut PhoneNumber::from_tbcd(&octets("442079460018000", length)).unwrap());
                let mut address = vec![0x91];
                address.extend(tbcd(&"442079460018000"[..length]));
                taint(&mut address[1..]);
                still_secret(&mut PhoneNumber::from_address_string(&address).unwrap());
            }
            for length in 6..=15 {
                still_secret(&mut Imsi::from_tbcd(&octets("999700123456789", length)).unwrap());
            }
            for digits in ["49015420323751", "490154203237518", "490154203237510"] {
                still_secret(&mut Imei::from_tbcd(&octets(digits, digits.len())).unwrap());
            }
            still_secret(&mut Imeisv::from_tbcd(&octets("4901542032375112", 16)).unwrap());
        },
    },
    Case {
        name: "wire-mobile-identity",
        public: &[VERDICT, COUNT, PLACE, IDENTITY, EVENED],
        run: || {
            // The first half octet is type and odd/even bit.
            let identity = |digits: &str| octets(digits, digits.len());
            for digits in ["9001010123456789", "100101012345678F", "1001017F"] {
                still_secret(&mut Imsi::from_mobile_identity(&identity(digits)).unwrap());
            }
            still_secret(&mut Imei::from_mobile_identity(&identity("A490154203237518")).unwrap());
            still_secret(&mut Imeisv::from_mobile_identity(&identity("34901542032375112F")).unwrap());
            for digits in ["A001010123456789", "1001010123456789", "900101012345678F", "90010101A3456789", "9001"] {
                error(Imsi::from_mobile_identity(&identity(digits)));
            }
            error(Imei::from_mobile_identity(&identity("A490154203237519")));
        },
    },
    Case {
        name: "wire-ef-imsi",
        public: &[VERDICT, IDENTITY, EVENED, LENGTH],
        run: || {
            still_secret(&mut Imsi::from_ef_imsi(&octets("809001010123456789", 18)).unwrap());
            still_secret(&mut Imsi::from_ef_imsi(&octets("509001010123FFFFFF", 18)).unwrap());
            error(Imsi::from_ef_imsi(&octets("909001010123456789", 18)));
            error(Imsi::from_ef_imsi(&octets("709001010123456789", 18)));
        },
    },
    Case {
        name: "tbcd-refused",
        public: &[VERDICT, COUNT, PLACE, FILLER],
        run: || {
            for digits in [
                "",
                "4420",
                "0442079460018",
                "44207946A018",
                "442079F60018",
                "F42079460018",
                "4420794600FF",
                "442079460018000000",
                "4420794600180000",
                "1A44207946018",
            ] {
                error(PhoneNumber::from_tbcd(&octets(digits, digits.len())));
            }
            for digits in ["00101", "0010101234567890", "00101B", "FFFFFF"] {
                error(Imsi::from_tbcd(&octets(digits, digits.len())));
            }
            for digits in ["4901542032375", "490154203237519", "4901542032375180", "49015420323751E"] {
                error(Imei::from_tbcd(&octets(digits, digits.len())));
            }
            for digits in ["490154203237511", "490154203237511C", "F901542032375112"] {
                error(Imeisv::from_tbcd(&octets(digits, digits.len())));
            }
        },
    },
    // Identifiers as they are.
    Case {
        name: "equality",
        public: &[EQUAL],
        run: || {
            fn check<I: Sample>() {
                let [a, mut b, c] = [18, 18, 19].map(marked::<I>);
                assert!(a == b && a != c);
                b.clone_from(&c);
                still_secret(&mut b);
                assert!(b == c && !format!("{b:?}").contains('1'));
            }
            check::<PhoneNumber>();
            check::<Imsi>();
            check::<Imei>();
            check::<Imeisv>();
        },
    },
    Case {
        name: "equality-of-tokens-and-tags",
        public: &[EQUAL],
        run: || {
            let sealer = sealer(&[1], false);
            let [mut a, mut b, mut c] = [18, 18, 19].map(|number| sealer.seal(&PhoneNumber::sample(number)));
            [&mut a, &mut b, &mut c].into_iter().for_each(taint);
            assert!(told(a == b) && !told(a == c) && told(a.ct_eq(&b).into()) && !told(b.ct_eq(&c).into()));
            let [a, b, c] = [a, b, c].map(|token| token.tag());
            assert!(told(a == b) && !told(a == c) && told(a.ct_eq(&b).into()) && !told(b.ct_eq(&c).into()));
        },
    },
    Case {
        name: "expose-phone",
        public: &[PLAINTEXT, COUNT],
        run: || {
            for length in 7..=15 {
                let digits = &"442079460018000"[..length];
                let mut phone = PhoneNumber::from_msisdn(digits).unwrap();
                taint(&mut phone);
                prints(|| phone.expose_e164(), &format!("+{digits}"));
                prints(|| phone.expose_tel_uri(), &format!("tel:+{digits}"));
                prints(|| phone.expose_gpsi(), &format!("msisdn-{digits}"));
                prints(|| phone.expose_msisdn(), digits);
                writes(|| phone.expose_tbcd(), &tbcd(digits));
                writes(|| phone.expose_address_string(), &[vec![0x91], tbcd(digits)].concat());
            }
        },
    },
    Case {
        name: "expose-imsi",
        public: &[PLAINTEXT, COUNT],
        run: || {
            for length in 6..=15 {
                let digits = &"999700123456789"[..length];
                let mut imsi: Imsi = digits.parse().unwrap();
                taint(&mut imsi);
                prints(|| imsi.expose_digits(), digits);
                prints(|| imsi.expose_supi(), &format!("imsi-{digits}"));
                prints(|| imsi.expose_mcc(), "999");
                prints(|| imsi.expose_mnc(MncLength::Two), "70");
                prints(|| imsi.expose_mnc(MncLength::Three), "700");
                prints(|| imsi.expose_msin(MncLength::Two), &digits[5..]);
                if length > 6 {
                    prints(|| imsi.expose_msin(MncLength::Three), &digits[6..]);
                }
                writes(|| imsi.expose_tbcd(), &tbcd(digits));
            }
        },
    },
    Case {
        name: "expose-imei-and-check-digit",
        public: &[PLAINTEXT],
        run: || {
            let mut imei: Imei = "49015420323751".parse().unwrap();
            taint(&mut imei);
            prints(|| imei.expose_digits(), "490154203237518");
            prints(|| imei.expose_hyphenated(), "49-015420-323751-8");
            prints(|| imei.expose_pei(), "imei-490154203237518");
            prints(|| imei.expose_urn(), "urn:gsma:imei:49015420-323751-0");
            prints(|| imei.expose_tac(), "49015420");
            prints(|| imei.expose_snr(), "323751");
            prints(|| imei.expose_check_digit(), "8");
            writes(|| imei.expose_tbcd(), &tbcd("490154203237510"));
        },
    },
    Case {
        name: "expose-imeisv",
        public: &[PLAINTEXT],
        run: || {
            let mut imeisv: Imeisv = "4901542032375112".parse().unwrap();
            taint(&mut imeisv);
            prints(|| imeisv.expose_digits(), "4901542032375112");
            prints(|| imeisv.expose_pei(), "imeisv-4901542032375112");
            prints(|| imeisv.expose_svn(), "12");
            prints(|| imeisv.imei().expose_digits(), "490154203237518");
            writes(|| imeisv.expose_tbcd(), &tbcd("4901542032375112"));
        },
    },
    // Keys. What comes out is public; that secrets went in is seen from it.
    Case {
        name: "seal-with-secret-digits",
        public: &[TAG, CIPHERTEXT],
        run: || {
            fn check<I: Sample>() {
                seals::<I>(&sealer(&[1, 2, 3], false), &marked(18));
            }
            check::<PhoneNumber>();
            check::<Imsi>();
            check::<Imei>();
            check::<Imeisv>();
        },
    },
    Case {
        name: "derive-and-seal-with-secret-keys",
        public: &[TAG, CIPHERTEXT, FINGERPRINT],
        run: || {
            fn check<I: Sample>() {
                seals::<I>(&sealer(&[1, 2, 3], true), &I::sample(18));
            }
            check::<PhoneNumber>();
            check::<Imsi>();
            check::<Imei>();
            check::<Imeisv>();
        },
    },
    Case {
        name: "open",
        public: &[VERDICTS, FINGERPRINT],
        run: || {
            fn check<I: Sample>() {
                let sealer = sealer::<I>(&[1, 2, 3], true);
                for token in good::<I>(8) {
                    still_secret(&mut becomes_public(VERDICTS, || sealer.open(&token)).unwrap());
                }
                for token in bad::<I>() {
                    assert_eq!(becomes_public(VERDICTS, || sealer.open(&token)), Err(OpenError::NotOpened));
                }
                assert_eq!(sealer.open(&unknown()), Err(OpenError::UnknownKeyVersion(version(9))));
            }
            check::<PhoneNumber>();
            check::<Imsi>();
            check::<Imei>();
            check::<Imeisv>();
        },
    },
    Case {
        name: "reseal",
        public: &[VERDICTS, TAG, CIPHERTEXT, FINGERPRINT],
        run: || {
            fn check<I: Sample>() {
                let sealer = sealer::<I>(&[1, 2, 3], true);
                for token in good::<I>(8) {
                    becomes_public(CIPHERTEXT, || sealer.reseal(&token)).unwrap();
                }
                for token in bad::<I>() {
                    sealer.reseal(&token).unwrap_err();
                }
            }
            check::<PhoneNumber>();
            check::<Imsi>();
            check::<Imei>();
            check::<Imeisv>();
        },
    },
    // Many at once.
    Case {
        name: "seal-and-tag-many",
        public: &[TAG, CIPHERTEXT, FINGERPRINT],
        run: || {
            let sealer = sealer::<Imsi>(&[1, 2], true);
            let identifiers: Vec<_> = (0..300).map(marked::<Imsi>).collect();
            for length in LENGTHS {
                let (mut tokens, mut tags) = (vec![Token::BLANK; length], vec![Token::<Imsi>::BLANK.tag(); length]);
                sealer.seal_into(&identifiers[..length], &mut tokens).unwrap();
                sealer.tag_into(&identifiers[..length], &mut tags).unwrap();
                assert!(tokens.iter().map(Token::tag).eq(tags));
                assert!(tokens.iter().all(|token| *token != Token::BLANK));
            }
        },
    },
    Case {
        name: "seal-rows",
        public: &[TAG, CIPHERTEXT, ALL, VERDICT, DIGITS, TRUNK, PREFIX, FINGERPRINT],
        run: || {
            let sealer = sealer::<PhoneNumber>(&[1, 2], true);
            for length in LENGTHS {
                let rows: Vec<_> = (0..length)
                    .map(|row| match row % 5 {
                        0 => taint_digits("020 7946 0018"),
                        1 => taint_digits("+0442079460018"),
                        2 => taint_digits("+44 7700 900x"),
                        3 => taint_digits(&format!("+447700900{:03}", row % 1000)),
                        _ => taint_digits(&format!("+44 7700 900 {:03}", row % 1000)),
                    })
                    .collect();
                let parsed = || rows.iter().map(|row| row.parse());
                let texts = || rows.iter().map(|row| &row[..]);
                let (mut tokens, mut tags, mut refused) = (vec![None; length], vec![None; length], 0);
                sealer.seal_rows_into(parsed(), &mut tokens, |_, _: ParseError| refused += 1).unwrap();
                assert_eq!(tokens.iter().filter(|token| token.is_none()).count(), refused);
                sealer.tag_rows_into(parsed(), &mut tags, |_, _: ParseError| refused -= 1).unwrap();
                assert!(tokens.iter().map(|token| token.map(|token| token.tag())).eq(tags) && refused == 0);
                let (mut bytes, mut tags, mut valid) = (vec![[9; 27]; length], vec![[9; 16]; length], [0; 5]);
                let valid = &mut valid[..length.div_ceil(64)];
                sealer.seal_column(parsed(), &mut bytes, valid, |_, _: ParseError| refused += 1).unwrap();
                assert!(tokens.iter().map(|token| token.map_or([0; 27], <[u8; 27]>::from)).eq(bytes.iter().copied()));
                sealer.tag_column(parsed(), &mut tags, valid, |_, _: ParseError| refused -= 1).unwrap();
                assert!(
                    tokens
                        .iter()
                        .map(|token| token.map_or([0; 16], |token| token.tag().into()))
                        .eq(tags.iter().copied())
                );
                sealer.seal_column(texts(), &mut bytes, valid, |_, _| refused += 1).unwrap();
                sealer.tag_column(texts(), &mut tags, valid, |_, _| refused -= 1).unwrap();
                assert!(tokens.iter().map(|token| token.map_or([0; 27], <[u8; 27]>::from)).eq(bytes));
                let each = sealer.versions().len();
                let (mut lookups, mut index) = (vec![[9; 27]; each * length], vec![[9; 16]; each * length]);
                sealer.lookup_column(parsed(), &mut lookups, valid, |_, _: ParseError| refused += 1).unwrap();
                sealer.lookup_column(texts(), &mut lookups, valid, |_, _| refused -= 1).unwrap();
                sealer.indexer().lookup_column(texts(), &mut index, valid, |_, _| ()).unwrap();
                assert!(
                    refused == 0
                        && lookups
                            .iter()
                            .zip(index)
                            .all(|(token, tag)| { token[3..19] == tag || *token == [0; 27] && tag == [0; 16] })
                );
                assert!(tokens.iter().map(|token| token.map_or([0; 16], |token| token.tag().into())).eq(tags));
            }
            // Batches without any fault, and with a trunk zero as the only one.
            let mut rows: Vec<_> = (0..192).map(|row| taint_digits(&format!("+447700900{row:03}"))).collect();
            let (mut bytes, mut tags, mut valid) = (vec![[9; 27]; rows.len()], vec![[9; 16]; rows.len()], [0; 3]);
            for expected in [u64::MAX, !(1 << 9)] {
                let texts = || rows.iter().map(|row| &row[..]);
                sealer.seal_column(texts(), &mut bytes, &mut valid, |_, _| ()).unwrap();
                assert_eq!(valid, [u64::MAX, expected, u64::MAX]);
                sealer.tag_column(texts(), &mut tags, &mut valid, |_, _| ()).unwrap();
                assert!(valid[1] == expected && bytes.iter().zip(&tags).all(|(token, tag)| token[3..19] == *tag));
                rows[64 + 9] = taint_digits("+4407700900123");
            }
        },
    },
    Case {
        name: "open-many",
        public: &[VERDICTS, FINGERPRINT],
        run: || {
            fn check<I: Sample>() {
                let sealer = sealer::<I>(&[1, 2, 3], true);
                let (alike, bad) = (good::<I>(1), bad::<I>());
                for length in LENGTHS {
                    let good = good::<I>(length);
                    let mixed = (0..length).map(|i| match i * i % 7 {
                        0 => bad[i % bad.len()],
                        1 => unknown(),
                        _ => good[i],
                    });
                    for tokens in [vec![alike[0]; length], mixed.collect()] {
                        let mut opened = vec![Err(OpenError::NotOpened); length];
                        sealer.open_into(&tokens, &mut opened).unwrap();
                        for (token, opened) in tokens.iter().zip(&mut opened) {
                            match opened {
                                Ok(identifier) => still_secret(identifier),
                                Err(error) => {
                                    assert!(token.key_version() != version(9) || *error != OpenError::NotOpened)
                                }
                            }
                        }
                        let expected = tokens.iter().filter(|token| !bad.contains(token) && **token != unknown());
                        assert_eq!(opened.iter().filter(|opened| opened.is_ok()).count(), expected.count());
                        let (bytes, mut places) = (tokens.iter().map(|token| (*token).into()), vec![None; length]);
                        sealer.open_column(&bytes.collect::<Vec<_>>(), &mut places, |_, _| ()).unwrap();
                        for (place, opened) in places.iter_mut().zip(&opened) {
                            assert_eq!(place.is_some(), opened.is_ok());
                            place.iter_mut().for_each(still_secret);
                        }
                    }
                }
            }
            check::<PhoneNumber>();
            check::<Imsi>();
            check::<Imei>();
            check::<Imeisv>();
        },
    },
    // Keyrings.
    Case {
        name: "keyring-wrap",
        public: &[WRAPPED, FINGERPRINT],
        run: || {
            for (key_is_secret, kek_is_secret) in [(true, false), (false, true), (true, true)] {
                for versions in [&[1][..], &[1, 2, 300], &[65535]] {
                    let (keyring, kek) = (keyring(versions, key_is_secret), kek(kek_is_secret));
                    assert_eq!(becomes_public(WRAPPED, || keyring.wrap(&kek)).len(), 34 + 34 * versions.len());
                }
            }
        },
    },
    Case {
        name: "keyring-unwrap",
        public: &[VERSIONS, TAG, CIPHERTEXT],
        run: || {
            let plain = keyring(&[1, 2, 300], false);
            let unwrapped = Keyring::unwrap(&plain.wrap(&kek(false)), &kek(true)).unwrap();
            assert!(unwrapped.versions().eq(plain.versions()) && unwrapped.primary() == plain.primary());
            seals(&unwrapped.sealer(&scope()), &Imei::sample(18));
        },
    },
    Case {
        name: "keyring-unwrap-refused",
        public: &[VERSIONS],
        run: || {
            let wrapped = keyring(&[1, 2, 300], false).wrap(&kek(false));
            for at in 0..wrapped.len() {
                let mut wrapped = wrapped.clone();
                wrapped[at] ^= 1;
                Keyring::unwrap(&wrapped, &kek(true)).unwrap_err();
                Keyring::unwrap(&wrapped[..at], &kek(true)).unwrap_err();
            }
            // Encrypted under the right key, and no keyring.
            for (primary, versions) in [(2_u16, [2_u16, 1]), (1, [1, 1]), (1, [0, 1]), (0, [1, 2]), (3, [1, 2])] {
                let entries = versions.iter().flat_map(|number| [&number.to_be_bytes()[..], &[7; 32]].concat());
                let contents: Vec<_> = primary.to_be_bytes().into_iter().chain(entries).collect();
                let header = b"telseal-keyring\x01";
                let sealed = oracle_seal(&derive(&kek(false), b"telseal/v1/keyring"), header, &contents);
                let unwrapped = Keyring::unwrap(&[&header[..], &sealed].concat(), &kek(true));
                assert_eq!(unwrapped.map(drop), Err(KeyringError::Malformed));
            }
        },
    },
    // Index keys.
    Case {
        name: "index-with-secret-digits",
        public: &[TAG],
        run: || {
            fn check<I: Sample>() {
                let indexer = keyring(&[1, 2, 3], false).indexer(&scope());
                for length in LENGTHS {
                    indexes::<I>(&indexer, &(0..length as u32).map(marked).collect::<Vec<_>>());
                }
            }
            check::<PhoneNumber>();
            check::<Imsi>();
            check::<Imei>();
            check::<Imeisv>();
        },
    },
    Case {
        name: "index-with-secret-keys",
        public: &[TAG, FINGERPRINT],
        run: || {
            fn check<I: Sample>() {
                let identifiers: Vec<_> = (0..9).map(I::sample).collect();
                indexes(&keyring(&[1, 2, 3], true).indexer(&scope()), &identifiers);
                indexes(&sealer(&[1, 2, 3], true).indexer(), &identifiers);
            }
            check::<PhoneNumber>();
            check::<Imsi>();
            check::<Imei>();
            check::<Imeisv>();
        },
    },
    Case {
        name: "index-key-wrap-and-unwrap",
        public: &[WRAPPED, VERDICT, VERSIONS, TAG, FINGERPRINT],
        run: || {
            let live: Vec<_> = keyring(&[1, 2, 300], false).indexer::<Imsi>(&scope()).fingerprints().collect();
            let wrap = |is_secret| keyring(&[1, 2, 300], is_secret).indexer::<Imsi>(&scope()).wrap(&kek(is_secret));
            let wrapped = wrap(false);
            assert_eq!(becomes_public(WRAPPED, || wrap(true)), wrapped);
            let indexer = Indexer::<Imsi>::unwrap(&wrapped, &kek(true), &scope(), &live).unwrap();
            indexes(&indexer, &[Imsi::sample(18)]);
        },
    },
    Case {
        name: "index-key-unwrap-refused",
        public: &[VERDICT, VERSIONS],
        run: || {
            let wrapped = keyring(&[1, 2, 300], false).indexer::<Imsi>(&scope()).wrap(&kek(false));
            for at in 0..wrapped.len() {
                let mut wrapped = wrapped.clone();
                wrapped[at] ^= 1;
                Indexer::<Imsi>::unwrap(&wrapped, &kek(true), &scope(), &[]).unwrap_err();
                Indexer::<Imsi>::unwrap(&wrapped[..at], &kek(true), &scope(), &[]).unwrap_err();
            }
            let other = Scope::new(["acme"]).unwrap();
            let refused = [
                Indexer::<Imsi>::unwrap(&wrapped, &kek(true), &other, &[]).map(drop),
                Indexer::<Imsi>::unwrap(&wrapped, &kek(true), &scope(), &[(version(4), [0; 8].into())]).map(drop),
                Indexer::<Imei>::unwrap(&wrapped, &kek(true), &scope(), &[]).map(drop),
                Indexer::<Prefix<Imsi>>::unwrap(&wrapped, &kek(true), &scope(), &[]).map(drop),
            ];
            let errors =
                [IndexKeyError::OtherScope, IndexKeyError::MissingKeyVersion(version(4)), IndexKeyError::OtherKind];
            assert_eq!(refused.map(Result::unwrap_err), [errors[0], errors[1], errors[2], errors[2]]);
        },
    },
    Case {
        name: "prefix-text",
        public: &[ALL, VERDICT, DIGITS, TRUNK, DECIMAL],
        run: || {
            for text in ["+4", "+44 20", "+44 (20)", "+4420794600", "+1-212-555"] {
                still_secret(&mut taint_digits(text).parse::<Prefix<PhoneNumber>>().unwrap());
            }
            for text in ["", "44", "+", "+0", "+44 (0)20", "+44 20 7946 001", "+44O"] {
                error(taint_digits(text).parse::<Prefix<PhoneNumber>>());
            }
            for text in ["0", "00101", "9997012345"] {
                still_secret(&mut taint_digits(text).parse::<Prefix<Imsi>>().unwrap());
            }
            for text in ["", "001.01", "99970123456"] {
                error(taint_digits(text).parse::<Prefix<Imsi>>());
            }
            still_secret(&mut taint_digits("49015420").parse::<Prefix<Imei>>().unwrap());
            error(taint_digits("490154203").parse::<Prefix<Imei>>());
        },
    },
    Case {
        name: "prefix-tags",
        public: &[TAG, COUNT, EQUAL, FINGERPRINT],
        run: || {
            fn check<I: Prefixed + Sample>(is_secret: bool) {
                let indexer = keyring(&[1, 2], is_secret).indexer::<Prefix<I>>(&scope());
                let identifier = if is_secret { I::sample(18) } else { marked(18) };
                let lengths = PrefixLengths::new(1..=I::MAX_PREFIX).unwrap();
                let mut prefixes: Vec<_> =
                    (1..=I::MAX_PREFIX).rev().filter_map(|length| Prefix::of(&identifier, length)).collect();
                if !is_secret {
                    prefixes.iter_mut().for_each(still_secret);
                }
                assert!(prefixes[0] != prefixes[1] && prefixes[0] == prefixes[0].clone());
                assert_eq!(prefixes[0].len(), I::MAX_PREFIX);
                let tags: Vec<_> = becomes_public(TAG, || indexer.tags(&identifier, lengths).collect());
                assert!(prefixes.iter().map(|prefix| indexer.tag(prefix)).eq(tags));
                indexes(&indexer, &prefixes);
            }
            for is_secret in [true, false] {
                check::<PhoneNumber>(is_secret);
                check::<Imsi>(is_secret);
                check::<Imei>(is_secret);
            }
        },
    },
    // Oblivious tags.
    Case {
        name: "oblivious-blind-and-finalize-with-secret-digits",
        public: &[BLINDED, TAG],
        run: || {
            fn check<I: Sample>() {
                let evaluator = evaluator::<I>(false);
                let key = evaluator.public_keys().next().unwrap();
                let blinding = key.blind(&[marked(18), marked(19)]).unwrap();
                let request = becomes_public(BLINDED, || blinding.request().to_bytes());
                let response = answer(&evaluator, &request);
                let tags = becomes_public(TAG, || blinding.finalize(&response)).unwrap();
                assert!(tags == [18, 19].map(|number| evaluator.tag(&I::sample(number))));
                becomes_public(TAG, || evaluator.tag(&marked(18)));
                assert_eq!(becomes_public(TAG, || evaluator.lookup(&marked(18)).count()), 2);
            }
            check::<PhoneNumber>();
            check::<Imsi>();
            check::<Imei>();
            check::<Imeisv>();
        },
    },
    Case {
        name: "oblivious-evaluate-with-secret-keys",
        public: &[PUBLIC_KEY, EVALUATED, TAG, FINGERPRINT],
        run: || {
            fn check<I: Sample>() {
                let (evaluator, plain) = (evaluator::<I>(true), evaluator::<I>(false));
                for (key, plain) in evaluator.public_keys().zip(plain.public_keys()) {
                    assert!(becomes_public(PUBLIC_KEY, || key.to_bytes()) == plain.to_bytes());
                }
                for key in plain.public_keys() {
                    let blinding = key.blind(&[I::sample(18), I::sample(19)]).unwrap();
                    let request = Request::try_from(&blinding.request().to_bytes()[..]).unwrap();
                    let response = evaluator.evaluate(&request, |_| true).unwrap();
                    let response = becomes_public(EVALUATED, || response.to_bytes());
                    blinding.finalize(&Response::try_from(&response[..]).unwrap()).unwrap();
                }
                let tag = becomes_public(TAG, || evaluator.tag(&I::sample(18)));
                assert!(tag == plain.tag(&I::sample(18)));
            }
            check::<PhoneNumber>();
            check::<Imsi>();
            check::<Imei>();
            check::<Imeisv>();
        },
    },
    Case {
        name: "oblivious-refused",
        public: &[BLINDED],
        run: || {
            let evaluator = evaluator::<PhoneNumber>(false);
            let key = evaluator.public_keys().next().unwrap();
            let blinding = key.blind(&[marked(18)]).unwrap();
            let other = key.blind(&[marked(18)]).unwrap().request().to_bytes();
            assert_eq!(blinding.finalize(&answer(&evaluator, &other)), Err(FinalizeError::NotProven));
        },
    },
    // telseal's own marks, on which the runs of its tests under memcheck stand.
    Case {
        name: "digits-with-secret-digits",
        public: &[ENCRYPTED_DIGITS, COUNT, EQUAL],
        run: || {
            digits::<PhoneNumber>(&keyring(&[1, 2], false), 2);
            digits::<Imsi>(&keyring(&[1, 2], false), 0);
            digits::<Imei>(&keyring(&[1, 2], false), 8);
            digits::<Imeisv>(&keyring(&[1, 2], false), 3);
        },
    },
    Case {
        name: "digits-with-secret-keys",
        public: &[ENCRYPTED_DIGITS, COUNT, EQUAL, FINGERPRINT],
        run: || {
            for mut decrypted in digits::<Imsi>(&keyring(&[2], true), 5) {
                still_secret(&mut decrypted);
            }
        },
    },
    Case {
        name: "own-marks",
        public: &[
            ALL,
            VERDICT,
            COUNT,
            TAG,
            CIPHERTEXT,
            WRAPPED,
            VERSIONS,
            PUBLIC_KEY,
            BLINDED,
            EVALUATED,
            FINGERPRINT,
            TRUNK,
        ],
        run: || {
            memcheck::marking(true);
            still_secret(&mut "+442079460018".parse::<PhoneNumber>().unwrap());
            still_secret(&mut Imsi::from_tbcd(&tbcd("999700123456789")).unwrap());
            memcheck::marking(false);
            let number = PhoneNumber::sample(18);
            memcheck::marking(true);
            let secret = keyring(&[1, 2], false);
            seals(&secret.sealer(&scope()), &number);
            seals(&Keyring::generate().unwrap().sealer(&scope()), &number);
            let wrapped = becomes_public(WRAPPED, || secret.wrap(&kek(false)));
            becomes_public(VERSIONS, || Keyring::unwrap(&wrapped, &kek(false))).unwrap();

            // Secret blinds and nonces, with digits that are not, and a secret key.
            let evaluator = secret.evaluator::<PhoneNumber>(&scope()).unwrap();
            let key = becomes_public(PUBLIC_KEY, || evaluator.public_keys().next().unwrap().to_bytes());
            let blinding = PublicKey::try_from(&key[..]).unwrap().blind(&[number]).unwrap();
            let request = becomes_public(BLINDED, || blinding.request().to_bytes());
            let response = becomes_public(EVALUATED, || {
                evaluator.evaluate(&Request::try_from(&request[..]).unwrap(), |_| true).unwrap().to_bytes()
            });
            becomes_public(TAG, || blinding.finalize(&Response::try_from(&response[..]).unwrap())).unwrap();
            memcheck::marking(false);
        },
    },
];

/// Around the sizes in which telseal works.
const LENGTHS: [usize; 15] = [0, 1, 2, 3, 7, 8, 9, 16, 63, 64, 65, 127, 128, 129, 300];

/// Fails where a value has no marks left.
#[track_caller]
pub(crate) fn still_secret<T>(value: &mut T) {
    assert!(is_secret(value), "the mark was lost");
}

/// Fails where `run` makes nothing secret public for this reason.
#[track_caller]
fn becomes_public<T>(why: &'static str, run: impl FnOnce() -> T) -> T {
    let before = memcheck::times(why);
    let made = run();
    assert!(memcheck::times(why) > before, "the mark was lost on the way to \"{why}\"");
    made
}

fn told(verdict: bool) -> bool {
    assert!(is_secret(&mut { verdict }), "the mark was lost");
    memcheck::public(verdict, EQUAL)
}

#[track_caller]
fn reads<I: Identifier>(text: &str) {
    still_secret(&mut taint_digits(text).parse::<I>().unwrap());
}

#[track_caller]
fn refuses<I: Identifier>(text: &str) {
    error(taint_digits(text).parse::<I>());
}

/// Reads the whole error, too.
#[track_caller]
fn error<I: Debug>(result: Result<I, ParseError>) {
    let error = result.unwrap_err();
    black_box((error.to_string(), error.position()));
}

/// The first digits of a text as TBCD, all of it secret.
fn octets(digits: &str, length: usize) -> Vec<u8> {
    let mut octets = tbcd(&digits[..length]);
    taint(&mut octets[..]);
    octets
}

fn marked<I: Sample>(number: u32) -> I {
    let mut identifier = I::sample(number);
    taint(&mut identifier);
    identifier
}

fn prints(exposed: impl FnOnce() -> Exposed<str>, expected: &str) {
    assert_eq!(&*becomes_public(PLAINTEXT, exposed), expected);
}

fn writes(exposed: impl FnOnce() -> Exposed<[u8]>, expected: &[u8]) {
    assert_eq!(&*becomes_public(PLAINTEXT, exposed), expected);
}

fn keyring(versions: &[u16], is_secret: bool) -> Keyring {
    let mut secrets: Vec<_> = versions.iter().map(|&number| (version(number), secret(number))).collect();
    for (_, secret) in secrets.iter_mut().filter(|_| is_secret) {
        taint(secret);
    }
    Keyring::from_secrets(secrets.iter().map(|(version, secret)| (*version, secret))).unwrap()
}

fn kek(is_secret: bool) -> [u8; 32] {
    let mut kek = black_box([0x42; 32]);
    if is_secret {
        taint(&mut kek);
    }
    kek
}

fn sealer<I: Identifier>(versions: &[u16], is_secret: bool) -> Sealer<I> {
    keyring(versions, is_secret).sealer(&scope())
}

fn evaluator<I: Identifier>(is_secret: bool) -> Evaluator<I> {
    keyring(&[1, 258], is_secret).evaluator(&scope()).unwrap()
}

/// What the key holder answers, read from bytes.
fn answer<I: Identifier>(evaluator: &Evaluator<I>, request: &[u8]) -> Response<I> {
    let response = evaluator.evaluate(&Request::try_from(request).unwrap(), |_| true).unwrap();
    Response::try_from(&response.to_bytes()[..]).unwrap()
}

/// Either the sealer's keys or the digits are secret.
fn seals<I: Sample>(sealer: &Sealer<I>, identifier: &I) {
    let token = becomes_public(TAG, || becomes_public(CIPHERTEXT, || sealer.seal(identifier)));
    let tag: Tag<I> = becomes_public(TAG, || sealer.tag(identifier));
    assert!(token.tag() == tag);
    let mut lookup = sealer.lookup(identifier);
    while lookup.len() > 0 {
        becomes_public(CIPHERTEXT, || lookup.next()).unwrap();
    }
}

/// One at a time and many at once, encrypted and decrypted. What is decrypted is compared where it is secret.
fn digits<I: Sample>(keyring: &Keyring, clear: usize) -> Vec<I> {
    let cipher: DigitCipher<I> = keyring.digit_cipher(&scope());
    let identifiers: Vec<I> = (0..70).map(marked).collect();
    let mut encrypted = vec![Err(DigitError::FirstDigit); identifiers.len()];
    becomes_public(ENCRYPTED_DIGITS, || cipher.encrypt_into(&identifiers, |_| clear, &mut encrypted)).unwrap();
    let encrypted: Vec<_> = encrypted.into_iter().map(Result::unwrap).collect();
    let one = becomes_public(ENCRYPTED_DIGITS, || cipher.encrypt(&identifiers[0], clear)).unwrap();
    assert!(one == encrypted[0]);
    let mut decrypted = vec![Err(DigitError::FirstDigit); identifiers.len()];
    cipher.decrypt_into(&encrypted, |_| clear, version(2), &mut decrypted).unwrap();
    let mut decrypted: Vec<_> = decrypted.into_iter().map(Result::unwrap).collect();
    decrypted.push(cipher.decrypt(&one, clear, version(2)).unwrap());
    assert!(decrypted.iter().zip(&identifiers).all(|(one, other)| one == other));
    decrypted
}

/// Either the indexer's keys or the digits are secret.
fn indexes<T: Indexed>(indexer: &Indexer<T>, of: &[T]) {
    let mut tags = vec![Tag::from_bytes([0; 16]); of.len()];
    indexer.tag_into(of, &mut tags).unwrap();
    for (of, tag) in of.iter().zip(tags) {
        assert!(becomes_public(TAG, || indexer.tag(of)) == tag);
        let mut lookup = indexer.lookup(of);
        while lookup.len() > 0 {
            becomes_public(TAG, || lookup.next()).unwrap();
        }
    }
}

/// Tokens under versions 1, 2 and 3.
fn good<I: Sample>(count: usize) -> Vec<Token<I>> {
    let sealer = sealer::<I>(&[1, 2, 3], false);
    (0..count).map(|i| sealer.lookup(&I::sample(i as u32)).nth(i % 3).unwrap()).collect()
}

/// One by nobody, one with each byte of tag and ciphertext altered, and one of what is no identifier.
fn bad<I: Sample>() -> Vec<Token<I>> {
    let token = *good::<I>(1)[0].as_bytes();
    let altered = (3..27).map(|at| {
        let mut bytes = token;
        bytes[at] ^= 0x10;
        Token::try_from(bytes).unwrap()
    });
    let no_digits = oracle_token(3, I::KIND, &["acme", "routing"], &[0xAB; 8]).try_into().unwrap();
    altered.chain([Token::BLANK, no_digits]).collect()
}

/// Of a version that no sealer has.
fn unknown<I: Identifier>() -> Token<I> {
    let mut bytes = *Token::<I>::BLANK.as_bytes();
    bytes[2] = 9;
    bytes.try_into().unwrap()
}
