//! No digit of a number reaches the `log` crate, to which `rlibphonenumber`'s own parser hands it.

use std::sync::Mutex;
use telseal_national::{Accept, Country, parse_with};

static RECORDS: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Logger;

impl log::Log for Logger {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }
    fn log(&self, record: &log::Record<'_>) {
        RECORDS.lock().expect("no other test").push(record.args().to_string());
    }
    fn flush(&self) {}
}

fn records() -> Vec<String> {
    std::mem::take(&mut RECORDS.lock().expect("no other test"))
}

#[test]
fn nothing_is_logged() {
    log::set_logger(&Logger).expect("the first logger");
    log::set_max_level(log::LevelFilter::Trace);
    for country in Country::all() {
        for text in [
            "020 7946 0018",
            "+44 (0)20 7946 0018",
            "(415) 555-0123",
            "0044 20 7946 0018",
            "555-0123",
            "7946 0018 x12",
            "99",
            "+999 123456",
            "",
        ] {
            for accept in [Accept::Certain, Accept::WithoutTrunkPrefix, Accept::Possible] {
                let _ = parse_with(text, country, accept);
            }
        }
    }
    assert_eq!(records(), Vec::<String>::new());

    // Were it called, it would be seen.
    let util = &rlibphonenumber::PHONE_NUMBER_UTIL;
    let number = util.parse("020 7946 0018", Some(rlibphonenumber::Region::GB)).expect("a number");
    assert!(util.is_valid_number(&number));
    assert!(records().iter().any(|record| record.contains("2079460018")));
}
