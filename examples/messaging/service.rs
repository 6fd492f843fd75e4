//! The messaging service as the gateway drives it: opt-in, messages, SIM swaps, lost devices, opt-out and key
//! rotation, and what people ask the front end. For every request it is known what the answer must be; any other
//! answer is a miss. On the way it shows one subscriber and the rotation to whoever watches.

use crate::{
    gateway::{FrontEnd, Link, Names, Naming, ROUTES, routes},
    process::{Process, Result, progress},
    protocol::MAX_LINE,
    search,
    subscribers::{self, Digits, SHOWN, Subscriber, scatter},
};
use std::{
    ops::Range,
    sync::{
        atomic::{AtomicUsize, Ordering::Relaxed},
        mpsc,
    },
    thread,
};
use telseal::{Imei, Imeisv, Imsi, KeyVersion, Keyring, OpenError};

/// How many messages are sent before, during and after the rotation.
const BEFORE: usize = 4000;
const DURING: usize = 4000;
const AFTER: usize = 2000;
/// Who has which fate, by their place in the file: half of them before the rotation, half of them during it.
pub(crate) const SWAPPED: Range<usize> = 0..100;
const OPTED_OUT: Range<usize> = 100..200;
const LOST: Range<usize> = 200..250;
/// How many of the last in the file join during the rotation.
const LATE: usize = 100;
const GARBAGE: usize = 1000;
/// How often the front end is asked before and after the rotation. During it, one time for four messages.
const ASKED: usize = 500;
/// During the rotation there is a line after so many messages.
const LINE_EVERY: usize = 500;
/// Endpoints are numbered from here.
const ENDPOINT: usize = 50_000;

/// A line of the report: what was done, how often, and how often it did not end as it must.
pub(crate) struct Step {
    pub(crate) what: &'static str,
    pub(crate) times: usize,
    pub(crate) missed: usize,
}

/// Where plaintext could have been seen, in pieces that nothing crosses. `None` where this system does not let it be
/// read.
pub(crate) struct Place {
    pub(crate) what: &'static str,
    /// Whether it was here where there are no keys; the front end sees it where there are, too.
    pub(crate) had: fn(&Known) -> bool,
    pub(crate) pieces: Option<Vec<Vec<u8>>>,
}

/// An identifier that took part in a run.
pub(crate) struct Known {
    /// The ways to write its digits.
    pub(crate) digits: Vec<String>,
    /// Its name at the end, on the wire and as the router stores it, unless it is not in the directory by then.
    pub(crate) name: Option<[Vec<u8>; 2]>,
    /// Whether the front end was asked about it.
    pub(crate) asked: bool,
}

pub(crate) struct Outcome {
    pub(crate) steps: Vec<Step>,
    pub(crate) router: [Place; 3],
    pub(crate) front_end: Place,
    pub(crate) known: Vec<Known>,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Absent,
    On,
    Off,
}

struct Service<'a> {
    subscribers: &'a [Subscriber],
    states: Vec<State>,
    /// The SIM that each has now.
    imsis: Vec<Imsi>,
    /// The messages that wait for each, and who sent them.
    mail: Vec<Vec<(usize, usize)>>,
    messages: usize,
    /// Whom the front end was asked about.
    asked: Vec<bool>,
    link: Link,
    front_end: FrontEnd,
    steps: Vec<Step>,
}

/// One run, with tokens or, as the control, without a keyring and in plaintext.
pub(crate) fn run(subscribers: &[Subscriber], mut keyring: Option<Keyring>) -> Result<Outcome> {
    let handles = if keyring.is_some() { "tokens" } else { "plaintext" };
    let router = Process::listening("messaging", &["router", handles], "directory.redb")?;
    let mut service = Service {
        subscribers,
        states: vec![State::Absent; subscribers.len()],
        imsis: subscribers.iter().map(|subscriber| subscriber.imsi.clone()).collect(),
        mail: vec![Vec::new(); subscribers.len()],
        messages: 0,
        asked: vec![false; subscribers.len()],
        link: Link::new(router.connect()?)?,
        front_end: FrontEnd::start(handles, &router)?,
        steps: Vec::new(),
    };
    let mut naming = Naming::new(keyring.as_ref())?;
    let mut links = Vec::new();
    service.hand_out(keyring.as_ref())?;

    for i in progress("opt-in", 0..subscribers.len() - LATE) {
        service.register(&naming, i)?;
    }
    if keyring.is_some() {
        service.show_who_holds_what(&router);
        service.show_tokens(&naming);
        service.show_message(&naming)?;
    }
    for _ in progress("messages", 0..BEFORE) {
        service.send(&naming)?;
    }
    service.ask_many(ASKED)?;
    for i in 0..SWAPPED.len() / 2 {
        service.swap(&naming, SWAPPED.start + i)?;
        service.opt_out(&naming, OPTED_OUT.start + i)?;
    }
    for i in LOST.step_by(2) {
        service.lose(&naming, i)?;
    }
    match &mut keyring {
        None => drop(service.send_amid_changes(&naming, None)?),
        Some(keyring) => {
            service.garbage(&naming)?;
            let [other_kind, no_key] = service.front_end.load_unfit(keyring)?;
            let what = "index key that does not fit refused by its reason";
            service.count(what, other_kind == "error wrapped index key: of another kind");
            service.count(what, no_key.starts_with("error wrapped index key: no key of version"));
            let old = keyring.primary();
            let old_token = naming.phones.one(&subscribers[SWAPPED.start].phone);
            let primary = keyring.rotate()?;
            service.hand_out(Some(keyring))?; // before anything is sealed under it
            naming = Naming::new(Some(keyring))?;
            println!("\n4. The key rotates from version {old} to {primary} while messages run");
            links.push(service.rotation(&naming, Link::new(router.connect()?)?, primary)?);
            service.collect_all(&naming)?;
            // The key goes only when nothing is left that only it opens.
            service.expect("check before retirement: no old token left", format!("count-old {primary}"), "ok 0 0")?;
            naming.phones.open(&old_token)?;
            keyring.retire(old)?;
            service.hand_out(Some(keyring))?;
            naming = Naming::new(Some(keyring))?;
            let refused = naming.phones.open(&old_token).err().map(|error| error.to_string());
            let expected = OpenError::UnknownKeyVersion(old).to_string();
            service.count("token of the retired key refused by version", refused == Some(expected));
            service.expect("token of the retired key not found", format!("phone {old_token}"), "no unknown")?;
            println!(
                "    No token of version {old} is left in the directory. Its key is destroyed, and an old copy of a token opens no more."
            );
        }
    }
    for _ in progress("messages", 0..AFTER) {
        service.send(&naming)?;
    }
    service.ask_many(ASKED)?;
    service.collect_all(&naming)?;
    let rows = service.states.iter().filter(|state| **state != State::Absent).count();
    service.expect(
        "check at the end: size of every index",
        "sizes".into(),
        &format!("ok {rows} {rows} {rows} {rows}"),
    )?;

    let known = service.known(&naming);
    let memory = |pid| search::memory(pid).map_err(|error| format!("memory cannot be read: {error}"));
    let (memory, front_end_memory) = (memory(router.id())?, memory(service.front_end.process.id())?);
    let Service { steps, link, front_end, .. } = service;
    links.push(link);
    let socket = links.into_iter().flat_map(Link::into_bytes).chain(front_end.stop()?).collect();
    let file = router.stop()?;
    let router = [
        Place { what: "router's file", had: |known| known.name.is_some(), pieces: Some(vec![file]) },
        Place { what: "router's traffic", had: |_| true, pieces: Some(socket) },
        Place { what: "router's memory", had: |known| known.name.is_some(), pieces: memory },
    ];
    let front_end = Place { what: "front end's memory", had: |known| known.asked, pieces: front_end_memory };
    Ok(Outcome { steps, router, front_end, known })
}

impl Service<'_> {
    fn count(&mut self, what: &'static str, is_right: bool) {
        let at = self.steps.iter().position(|step| step.what == what).unwrap_or_else(|| {
            self.steps.push(Step { what, times: 0, missed: 0 });
            self.steps.len() - 1
        });
        self.steps[at].times += 1;
        self.steps[at].missed += usize::from(!is_right);
    }

    fn expect(&mut self, what: &'static str, line: String, expected: &str) -> Result<()> {
        let answer = self.link.ask(line)?;
        self.count(what, answer == expected);
        Ok(())
    }

    /// A subscriber opts in. Doing so twice, from another endpoint, is refused whatever key the row is sealed under.
    fn register(&mut self, naming: &Naming, i: usize) -> Result<()> {
        let (what, endpoint, expected) = match self.states[i] {
            State::Absent => ("opt-in", ENDPOINT + i, "ok"),
            _ => ("second opt-in refused", ENDPOINT + self.states.len() + i, "no taken"),
        };
        self.expect(what, naming.register(&self.subscribers[i], &self.imsis[i], endpoint), expected)?;
        if self.states[i] == State::Absent {
            self.states[i] = State::On;
        }
        Ok(())
    }

    /// A message from one subscriber to another, by number as the sender typed it. Returns whether it was found
    /// under the newest key.
    fn send(&mut self, naming: &Naming) -> Result<bool> {
        self.messages += 1;
        let random = scatter(self.messages as u64);
        let on: Vec<_> = (0..self.states.len()).filter(|&i| self.states[i] == State::On).collect();
        let pick = |random: u64| on[(random % on.len() as u64) as usize];
        let (from, to) = (pick(random >> 32), pick(random >> 8));
        let (typed, country) = subscribers::phone(&self.subscribers[to].phone, random as usize);
        let number = subscribers::read_phone(&typed, country)?;
        let (from_name, to_names) = (naming.phones.one(&self.subscribers[from].phone), naming.phones.all(&number));
        let answer = self.link.ask(format!("send {from_name} {to_names} {}", self.messages))?;
        let nth = answer.strip_prefix(&format!("ok {} ", ENDPOINT + to));
        self.count("messages to the right endpoint", nth.is_some());
        if typed != self.subscribers[to].written {
            self.count("of them, typed otherwise than on file", nth.is_some());
        }
        self.mail[to].push((self.messages, from));
        Ok(nth == Some("0"))
    }

    /// Gives the router its routes under the live key versions, and then the front end its index keys.
    fn hand_out(&mut self, keyring: Option<&Keyring>) -> Result<()> {
        self.expect("routes by prefix given to the router", routes(keyring)?, "ok")?;
        if let Some(keyring) = keyring {
            let answer = self.front_end.load(keyring)?;
            self.count("index keys loaded by the front end", answer == "ok");
        }
        Ok(())
    }

    fn ask_many(&mut self, times: usize) -> Result<()> {
        progress("questions", 0..times).try_for_each(|nth| self.ask_front_end(nth))
    }

    fn ask_front_end(&mut self, nth: usize) -> Result<()> {
        let random = scatter((self.messages + nth) as u64) as usize;
        self.ask_about(random % self.subscribers.len(), random >> 32).map(drop)
    }

    /// Somebody asks the front end about a number, as they typed it: its endpoint or, where it is not on the service, the
    /// carrier of the longest of its prefixes.
    fn ask_about(&mut self, i: usize, form: usize) -> Result<String> {
        self.asked[i] = true;
        let number = &self.subscribers[i].phone;
        let (typed, country) = subscribers::phone(number, form);
        let answer = self.front_end.process.ask(&format!("find {country} {typed}"))?;
        let (what, expected) = match self.states[i] {
            State::Absent => {
                let digits = number.expose_e164();
                let routes = ROUTES.iter().filter(|(prefix, _)| digits.starts_with(prefix));
                let (_, carrier) = routes.max_by_key(|(prefix, _)| prefix.len()).ok_or("no route")?;
                ("asked at the front end: carrier by prefix", format!("carrier {carrier}"))
            }
            _ => ("asked at the front end: endpoint by tag", format!("endpoint {}", ENDPOINT + i)),
        };
        self.count(what, answer == expected);
        Ok(answer)
    }

    /// The subscriber's handset fetches its messages, and the gateway opens who sent them.
    fn collect(&mut self, naming: &Naming, i: usize) -> Result<String> {
        let answer = self.link.ask(format!("collect {}", ENDPOINT + i))?;
        let mut collected = answer.split(' ').skip(1);
        for (message, from) in std::mem::take(&mut self.mail[i]) {
            let arrived = collected.next().and_then(|word| word.split_once(':')).is_some_and(|(number, name)| {
                let sender = naming.phones.open(name);
                number == message.to_string() && sender.is_ok_and(|phone| phone == self.subscribers[from].phone)
            });
            self.count("messages collected, with their sender", arrived);
        }
        for _ in collected {
            self.count("messages collected, with their sender", false);
        }
        Ok(answer)
    }

    fn collect_all(&mut self, naming: &Naming) -> Result<()> {
        for i in progress("collection", 0..self.states.len()) {
            self.collect(naming, i)?;
        }
        Ok(())
    }

    /// The network sees a device that it knows with a SIM that it does not know.
    fn swap(&mut self, naming: &Naming, i: usize) -> Result<()> {
        let imei = self.retyped(i)?;
        let old = std::mem::replace(&mut self.imsis[i], subscribers::new_imsi((self.subscribers.len() + i) as u64)?);
        let (imei, imsi) = (naming.imeis.all(&imei), naming.imsis.all(&self.imsis[i]));
        let endpoint = format!("ok {}", ENDPOINT + i);
        self.expect("SIM swap", format!("swap {imei} {imsi}"), &endpoint)?;
        self.expect("found by the new IMSI", format!("imsi {imsi}"), &endpoint)?;
        self.expect("not found by the old IMSI", format!("imsi {}", naming.imsis.all(&old)), "no unknown")
    }

    /// The owner reads the IMEI off the box.
    fn lose(&mut self, naming: &Naming, i: usize) -> Result<()> {
        let imei = naming.imeis.all(&self.retyped(i)?);
        self.expect("lost device switched off", format!("switch-off {imei}"), &format!("ok {}", ENDPOINT + i))?;
        self.states[i] = State::Off;
        let line = self.message_to(naming, i);
        self.expect("message to a lost device refused", line, "no off")
    }

    fn opt_out(&mut self, naming: &Naming, i: usize) -> Result<()> {
        self.collect(naming, i)?;
        let phone = naming.phones.all(&self.subscribers[i].phone);
        self.expect("opt-out", format!("forget {phone}"), &format!("ok {}", ENDPOINT + i))?;
        self.states[i] = State::Absent;
        let (imsi, imei) = (naming.imsis.all(&self.imsis[i]), naming.imeis.all(&self.subscribers[i].imei));
        for line in [format!("phone {phone}"), format!("imsi {imsi}"), format!("imei {imei}")] {
            self.expect("gone from an index after opt-out", line, "no unknown")?;
        }
        let line = self.message_to(naming, i);
        self.expect("message after opt-out refused", line, "no unknown")
    }

    fn message_to(&self, naming: &Naming, i: usize) -> String {
        let phone = &self.subscribers[i].phone;
        format!("send {} {} 0", naming.phones.one(&self.subscribers[0].phone), naming.phones.all(phone))
    }

    /// The device of a subscriber, read from one of the ways to write it.
    fn retyped(&self, i: usize) -> Result<Imei> {
        let text = subscribers::device(&self.subscribers[i].imei, i, 77);
        Ok(text.parse::<Imeisv>().map(|imeisv| imeisv.imei()).or_else(|_| text.parse())?)
    }

    /// Messages, while subscribers come, go and change their SIMs. Returns how many were found under the newest
    /// key and how many under an older one. In a rotation, every 50th message gives a permit away, and it is shown how
    /// many rows were resealed by then.
    fn send_amid_changes(
        &mut self,
        naming: &Naming,
        rotation: Option<(mpsc::Sender<()>, &AtomicUsize)>,
    ) -> Result<[usize; 2]> {
        let mut found = [0; 2];
        for i in 0..DURING {
            found[usize::from(!self.send(naming)?)] += 1;
            if i % 4 == 0 {
                self.ask_front_end(i)?;
            }
            if i % 40 == 0 {
                self.register(naming, self.subscribers.len() - LATE + i / 40)?;
                self.register(naming, LOST.end + 8 * (i / 40))?;
            }
            if i % 80 == 20 {
                self.swap(naming, SWAPPED.start + SWAPPED.len() / 2 + i / 80)?;
                self.opt_out(naming, OPTED_OUT.start + OPTED_OUT.len() / 2 + i / 80)?;
            }
            if i % 160 == 40 {
                self.lose(naming, LOST.start + 1 + 2 * (i / 160))?;
            }
            let Some((permits, resealed)) = &rotation else { continue };
            if i % 50 == 0 {
                let _ = permits.send(()); // an error says that all is resealed
            }
            if (i + 1) % LINE_EVERY == 0 {
                let [new, old] = found;
                println!("    {:>8} {new:>16} {old:>16} {:>16}", i + 1, resealed.load(Relaxed));
            }
        }
        Ok(found)
    }

    /// Reseals the old rows in the background while the service goes on. Returns the link that was used for it.
    fn rotation(&mut self, naming: &Naming, link: Link, primary: KeyVersion) -> Result<Link> {
        let rows = self.states.iter().filter(|state| **state != State::Absent).count();
        let mail = self.mail.iter().map(Vec::len).sum::<usize>();
        let expected = format!("ok {rows} {mail}");
        self.expect("check before resealing: old tokens are counted", format!("count-old {primary}"), &expected)?;
        println!("    {rows} rows have old tokens. A background task reseals them, 16 rows at a time.");
        println!("\n    {:>8} {:>16} {:>16} {:>16}", "messages", "addressee found", "addressee found", "rows resealed");
        println!("    {:>8} {:>16} {:>16} {:>16}", "so far", "by new token", "by old token", "so far");
        let (permits, paced) = mpsc::channel();
        let resealed = AtomicUsize::new(0);
        let (found, background) = thread::scope(|scope| {
            let background = scope.spawn(|| naming.reseal_rows(link, primary, paced, &resealed));
            let found = self.send_amid_changes(naming, Some((permits, &resealed)));
            (found, background.join())
        });
        let (link, missed) = background.map_err(|_| "resealing panicked")??;
        let [newest, older] = found?;
        let resealed = resealed.into_inner();
        println!(
            "\n    {resealed} rows were resealed, and {} opted out before it was their turn.",
            rows - resealed.min(rows)
        );
        println!("    Each message found its addressee: {newest} by the new token, {older} by the old one.");
        self.steps.push(Step { what: "rows resealed meanwhile", times: resealed, missed });
        // None of either, and it was not a rotation in the midst of messages.
        let what = "messages found under the new key while resealing";
        self.steps.push(Step { what, times: newest, missed: usize::from(newest == 0) });
        let what = "messages found under the old key while resealing";
        self.steps.push(Step { what, times: older, missed: usize::from(older == 0) });
        Ok(link)
    }

    fn show_who_holds_what(&self, router: &Process) {
        println!("\n1. Who holds what");
        println!("    gateway    process {:<8} the keyring: seals, looks up, opens, rotates", std::process::id());
        println!(
            "    front end  process {:<8} an index key: looks up numbers that people ask about, opens nothing",
            self.front_end.process.id()
        );
        println!("    router     process {:<8} no key: stores tokens and delivers by them", router.id());
    }

    fn show_tokens(&self, naming: &Naming) {
        let Subscriber { phone, imsi, imei, written, .. } = &self.subscribers[SHOWN];
        println!("\n2. The identifiers of one subscriber become tokens. The router has the right column only");
        println!("    phone  {written:20} {}", naming.phones.one(phone));
        println!("           {:20} {}   the same token", &*phone.expose_e164(), naming.phones.one(phone));
        println!("    IMSI   {:20} {}", &*imsi.expose(), naming.imsis.one(imsi));
        println!("    IMEI   {:20} {}", &*imei.expose_hyphenated(), naming.imeis.one(imei));
    }

    /// A message to the subscriber that is shown, from somebody who is not, and two questions to the front end.
    fn show_message(&mut self, naming: &Naming) -> Result<()> {
        let (from, to) = (0, SHOWN);
        self.messages += 1;
        let (typed, country) = subscribers::phone(&self.subscribers[to].phone, 11);
        let number = subscribers::read_phone(&typed, country)?;
        let line = |from: &str, to: &str| format!("send {from} {to} {}", self.messages);
        let (from_name, to_name) = (naming.phones.one(&self.subscribers[from].phone), naming.phones.all(&number));
        let answer = self.link.ask(line(&from_name, &to_name))?;
        println!("\n3. A message finds its way (tokens shortened)");
        let short = |name: &str| format!("{}...", &name[..12]);
        println!("    a sender in {country} types    {typed}");
        println!("    gateway to router       {}", line(&short(&from_name), &short(&to_name)));
        println!("    router to gateway       {answer}        (the endpoint; found by its newest token)");
        self.count("messages to the right endpoint", answer == format!("ok {} 0", ENDPOINT + to));
        self.mail[to].push((self.messages, from));
        println!("    handset to router       collect {}", ENDPOINT + to);
        println!("    router to handset       {}...", &self.collect(naming, to)?[..17]);
        println!("    gateway                 opens the sender's token: the number that sent it, not printed here");
        let (typed, country) = subscribers::phone(&self.subscribers[to].phone, 9);
        println!("    asked in {country}, front end  {typed} (with no-break spaces)  ->  {}", self.ask_about(to, 9)?);
        let absent = self.subscribers.len() - 1;
        println!("                            a number that is not on the service  ->  {}", self.ask_about(absent, 2)?);
        Ok(())
    }

    /// Lines that no gateway sends. The router answers each, and nothing in it changes.
    fn garbage(&mut self, naming: &Naming) -> Result<()> {
        let sizes = self.link.ask("sizes")?;
        for i in progress("garbage", 0..GARBAGE) {
            let random = scatter(i as u64) as usize;
            let subscriber = &self.subscribers[LOST.end + i % LOST.end];
            let (phone, imsi) = (naming.phones.one(&subscriber.phone), naming.imsis.one(&subscriber.imsi));
            let altered = |at: usize, with: &str| format!("phone {}{with}{}", &phone[..at], &phone[at + with.len()..]);
            let inside = 4 + random % 20;
            let (line, expected) = match i % 12 {
                0 => (vec![b'#'; MAX_LINE + 1 + random % 10_000], "error expected a line of at most"),
                1 => (b"phone \xFF\xFE".into(), "error invalid utf-8"),
                2 => (Vec::new(), "error expected a known verb"),
                3 => (format!("open {phone}").into(), "error expected a known verb"),
                4 => (format!("forget  {phone}").into(), "error expected a known verb"),
                5 => (format!("forget {imsi}").into(), "error token of phone numbers: expected the kind letter"),
                6 => (altered(inside, "?").into(), "error token of phone numbers: expected a character"),
                7 => (altered(1, "A").into(), "error token of phone numbers: expected format version 1"),
                8 => (altered(2, "AA").into(), "error token of phone numbers: expected a key version from 1"),
                9 => (phone[random % 36..].into(), "error expected a known verb"),
                10 => (format!("collect {phone}").into(), "error invalid digit"),
                // Well-formed and of nobody: only the key holder could tell that it was altered.
                _ => {
                    let other = if &phone[inside..=inside] == "A" { "B" } else { "A" };
                    (altered(inside, other).into(), "no unknown")
                }
            };
            let answer = self.link.ask(line)?;
            self.count("garbage refused with its reason", answer.starts_with(expected));
        }
        self.expect("check after garbage: nothing changed", "sizes".into(), &sizes)
    }

    /// All identifiers of the run: those that are in the directory, and those that were.
    fn known(&self, naming: &Naming) -> Vec<Known> {
        let mut known = Vec::new();
        for (i, subscriber) in self.subscribers.iter().enumerate() {
            let Subscriber { phone, imsi, imei, imeisv, .. } = subscriber;
            let now = &self.imsis[i];
            if now != imsi {
                let digits = vec![imsi.expose().to_string()];
                known.push(Known { digits, name: None, asked: false });
            }
            let is_there = self.states[i] != State::Absent;
            let phone = naming.phones.known(phone, subscribers::phone_digits(phone), is_there);
            known.push(Known { asked: self.asked[i], ..phone });
            known.push(naming.imsis.known(now, vec![now.expose().to_string()], is_there));
            known.push(naming.imeis.known(imei, subscribers::imei_digits(imei), is_there));
            if let Some(imeisv) = imeisv {
                known.push(naming.imeisvs.known(imeisv, vec![imeisv.expose().to_string()], is_there));
            }
        }
        known
    }
}

impl<I: Digits> Names<I> {
    fn known(&self, identifier: &I, digits: Vec<String>, is_there: bool) -> Known {
        let name = is_there.then(|| [self.one(identifier).into(), self.stored(identifier)]);
        Known { digits, name, asked: false }
    }
}
