//! Contact discovery as the handsets drive it: they ask for tags, opt in and out, look their contacts up, and go over to
//! a new key version. For every answer it is known what it must be; any other is a miss.

use crate::{
    handset::{CONTACTS, Control, Handset, MAX_HANDSETS, e164, request},
    key_holder::CAPACITY,
    process::{Process, Progress, Result},
    router::{LOOK_UP, OPT_IN, OPT_OUT},
    search,
    subscribers::scatter,
    wire::Link,
};
use std::{
    collections::{HashMap, HashSet},
    fs, process, thread,
};
use telseal::{
    PhoneNumber,
    oblivious::{FinalizeError, MAX_ELEMENTS, PublicKey, Response},
};

/// What is so quick that it is measured over so many times.
const TIMES: usize = 10;
const LOOKED_UP: &str = "contacts looked up, ten times over";
pub(crate) const FOUND: &str = "  of them found";
/// An account that enumerates, and one whose responses are altered on their way.
const ENUMERATES: usize = 2 * MAX_HANDSETS;
const ALTERED: usize = ENUMERATES + 1;

/// A line of the report: what was done, how often, and how often it did not end as it must.
pub(crate) struct Step {
    pub(crate) what: &'static str,
    pub(crate) times: usize,
    pub(crate) missed: usize,
}

/// What one way to find contacts costs.
#[derive(Clone)]
pub(crate) struct Cost {
    pub(crate) what: &'static str,
    pub(crate) contacts: usize,
    /// Bytes from the handsets, and to them.
    pub(crate) bytes: [usize; 2],
    /// Seconds of processor time of the handsets, the key holder and the router, where the system tells.
    pub(crate) processor: [Option<f64>; 3],
}

/// Where numbers could be seen, in pieces that nothing crosses. `None` where this system does not let it be read.
pub(crate) struct Place {
    pub(crate) what: &'static str,
    pub(crate) pieces: Option<Vec<Vec<u8>>>,
    /// Whose numbers, tags and accounts must be there. Where it is nobody's, none may be.
    pub(crate) expected: [HashSet<usize>; 3],
}

pub(crate) struct Outcome {
    pub(crate) steps: Vec<Step>,
    pub(crate) costs: Vec<Cost>,
    pub(crate) places: Vec<Place>,
    pub(crate) handsets: Vec<Handset>,
}

struct Service {
    handsets: Vec<Handset>,
    key_holder: Option<Process>,
    router: Process,
    /// Connections to the router and the key holder, for each thread.
    links: Vec<(Link, Option<Link>)>,
    steps: Vec<Step>,
    costs: Vec<Cost>,
}

/// The run with oblivious tags.
pub(crate) fn oblivious(handsets: usize) -> Result<Outcome> {
    let mut key_holder = Process::listening("contacts", &["key-holder"], "log")?;
    let keys = published(&key_holder.line()?)?;
    let [old] = &keys[..] else { return Err("expected one key version".into()) };
    let mut service = Service::new(handsets, Some(key_holder), "16")?;

    service.measured("tags asked for, once a key version", 1, CONTACTS + 1, |service| service.ask(old, |_| true))?;
    service.opt(OPT_IN, "opt-in", |nth| nth % 10 < 8)?;
    service.measured("tags looked up, each time", TIMES, CONTACTS, |service| service.look_up(LOOKED_UP))?;
    service.opt(OPT_IN, "opt-in later", |nth| nth % 10 == 8)?;
    service.opt(OPT_OUT, "opt-out", |nth| nth % 10 == 0)?;
    service.look_up("contacts looked up again, with the tags that were kept")?;
    service.refusals(old)?;

    // Key rotation: first the half of the handsets knows of the new version, then all.
    let keys = published(&service.tell("rotate")?)?;
    let [new, still] = &keys[..] else { return Err("expected two live key versions".into()) };
    service.count("public key of the old version unchanged", 1, usize::from(still != old));
    service.ask(new, |nth| nth % 2 == 0)?;
    service.opt(OPT_IN, "opt-in amid the rotation", |nth| nth % 10 == 0 || nth % 10 == 9)?;
    service.opt(OPT_OUT, "opt-out amid the rotation", |nth| nth % 10 == 1 || nth % 20 == 2)?;
    service.look_up("contacts looked up amid the rotation")?;
    service.ask(new, |nth| nth % 2 == 1)?;
    service.look_up("contacts looked up with tags under both key versions")?;

    // Now the old version goes, at the key holder and in the directory.
    let live = published(&service.tell(&format!("retire {}", old.key_version()))?)?;
    service.count("public key of the retired version gone", 1, usize::from(live != keys[..1]));
    let opted_in = opted_in(&service.handsets).len();
    let dropped: usize = service.router.ask(&format!("drop {}", old.key_version()))?.parse()?;
    service.count("tags of the retired version dropped", dropped, opted_in.abs_diff(dropped));
    let refused = service.handsets[0].ask(old, service.links[0].1.as_mut().ok_or("no key holder")?);
    service.refused("request under the retired version refused", refused, "request not evaluated: key version");
    for handset in &mut service.handsets {
        handset.handles.truncate(1);
    }
    service.look_up("contacts looked up after the old version retired")?;
    service.end()
}

/// The same without a key holder and without a rotation.
pub(crate) fn control(handsets: usize, control: Control) -> Result<Outcome> {
    let (what, size) = match control {
        Control::Hashes => ("hashes (SHA-256) uploaded, each time", "32"),
        Control::Plaintext => ("plaintext uploaded, each time", "16"),
    };
    let mut service = Service::new(handsets, None, size)?;
    service.each(
        "opt-in",
        |_| true,
        |handset, _, _| {
            handset.make(control);
            Ok(())
        },
    )?;
    service.opt(OPT_IN, "opt-in", |nth| nth % 10 < 8)?;
    service.measured(what, TIMES, CONTACTS, |service| {
        service.each(
            "upload",
            |_| true,
            |handset, _, _| {
                handset.make(control);
                Ok(())
            },
        )?;
        service.look_up(LOOKED_UP)
    })?;
    service.end()
}

/// The public keys that the key holder publishes. All handsets have the same: that is what the proofs rest on.
fn published(line: &str) -> Result<Vec<PublicKey<PhoneNumber>>> {
    line.split(' ').map(|key| Ok(PublicKey::try_from(&*hex::decode(key)?)?)).collect()
}

impl Service {
    fn new(handsets: usize, key_holder: Option<Process>, size: &str) -> Result<Self> {
        let router = Process::listening("contacts", &["router", size], "directory.redb")?;
        // More than there are processors: a handset that waits for an answer leaves one free.
        let threads = 2 * thread::available_parallelism()?.get();
        let link = |_| Ok((Link::to(&router)?, key_holder.as_ref().map(Link::to).transpose()?));
        Ok(Service {
            handsets: (0..handsets).map(|nth| Handset::new(nth, handsets)).collect::<Result<_>>()?,
            links: (0..threads).map(link).collect::<Result<_>>()?,
            key_holder,
            router,
            steps: Vec::new(),
            costs: Vec::new(),
        })
    }

    /// Has each of some handsets do something, in several threads. The results are in the order of the handsets.
    fn each<T: Send>(
        &mut self,
        what: &'static str,
        which: impl Fn(usize) -> bool + Sync,
        work: impl Fn(&mut Handset, &mut Link, Option<&mut Link>) -> Result<T> + Sync,
    ) -> Result<Vec<T>> {
        let progress = Progress::new(what, self.handsets.len());
        let share = self.handsets.len().div_ceil(self.links.len());
        let of_thread = |handsets: &mut [Handset], (router, key_holder): &mut (Link, Option<Link>)| {
            let mut done = Vec::new();
            for handset in handsets {
                if which(handset.people[0]) {
                    done.push(work(handset, router, key_holder.as_mut())?);
                }
                progress.add(1);
            }
            Ok(done)
        };
        let done: Result<Vec<_>> = thread::scope(|scope| {
            let shares = self.handsets.chunks_mut(share).zip(&mut self.links);
            let threads: Vec<_> = shares.map(|(handsets, links)| scope.spawn(|| of_thread(handsets, links))).collect();
            threads.into_iter().map(|thread| thread.join().map_err(|_| "a handset panicked")?).collect()
        });
        Ok(done?.into_iter().flatten().collect())
    }

    /// Some get the tags of their contacts under a key version and, where they have opted in before, do so under it.
    fn ask(&mut self, public_key: &PublicKey<PhoneNumber>, which: impl Fn(usize) -> bool + Sync) -> Result<()> {
        let anew = self.each("tags from the key holder", which, |handset, router, key_holder| {
            handset.ask(public_key, key_holder.ok_or("no key holder")?)?;
            if handset.opted_in {
                handset.opt(OPT_IN, public_key.key_version().get(), router)?;
            }
            Ok(handset.opted_in)
        })?;
        self.count("tags got from the key holder, with their proof", anew.len() * (CONTACTS + 1), 0);
        if anew.contains(&true) {
            self.count("opt-in under a new key version", anew.into_iter().filter(|anew| *anew).count(), 0);
        }
        Ok(())
    }

    /// Some opt in or out, under every version that they have tags of.
    fn opt(&mut self, verb: u8, what: &'static str, which: impl Fn(usize) -> bool + Sync) -> Result<()> {
        let done = self.each(what, which, |handset, router, _| {
            handset.opted_in = verb == OPT_IN;
            handset.handles.iter().try_for_each(|(version, _)| handset.opt(verb, *version, router))
        })?;
        self.count(what, done.len(), 0);
        Ok(())
    }

    /// All handsets look all their contacts up. Missed are those whose endpoint is not found or is another, and those
    /// who are found and have not opted in.
    fn look_up(&mut self, what: &'static str) -> Result<()> {
        let opted_in = opted_in(&self.handsets);
        let look_up = |handset: &mut Handset, router: &mut Link, _: Option<&mut Link>| {
            let found = handset.look_up(router)?;
            let expected = handset.people[1..].iter().map(|person| opted_in.get(person));
            let missed = expected.zip(&found).filter(|(expected, found)| *expected != found.as_ref()).count();
            Ok((found.into_iter().flatten().count(), missed))
        };
        let found = self.each(what, |_| true, look_up)?;
        let times = found.len() * CONTACTS;
        self.count(what, times, found.iter().map(|(_, missed)| missed).sum());
        if what != LOOKED_UP {
            let found = found.iter().map(|(found, _)| found).sum();
            self.steps.push(Step { what: FOUND, times: found, missed: usize::from(found == 0) });
        }
        Ok(())
    }

    /// What key holder, router and handset refuse.
    fn refusals(&mut self, public_key: &PublicKey<PhoneNumber>) -> Result<()> {
        let numbers: Vec<PhoneNumber> =
            (0..MAX_ELEMENTS).map(|person| e164(person).parse()).collect::<std::result::Result<_, _>>()?;
        let account = |nth: usize| scatter(nth as u64);
        let (router, key_holder) = &mut self.links[0];
        let key_holder = key_holder.as_mut().ok_or("no key holder")?;

        // Somebody between handset and key holder swaps two elements.
        let blinding = public_key.blind(&numbers[..2])?;
        let asked = blinding.request().to_bytes();
        let mut response = request(account(ALTERED), &asked, key_holder)?;
        response[6..70].rotate_left(32);
        let altered = blinding.finalize(&Response::try_from(&*response)?).err();

        // Somebody enumerates numbers, as many at once as a request takes.
        let block = public_key.blind(&numbers)?.request().to_bytes();
        let admitted =
            (0..CAPACITY / MAX_ELEMENTS).filter(|_| request(account(ENUMERATES), &block, key_holder).is_ok()).count();
        let enumerated = request(account(ENUMERATES), &asked, key_holder);

        let identity = [&asked[..6], &[0; 32], &asked[38..]].concat();
        let versioned = |verb, rest: &[u8]| [&[verb], &public_key.key_version().get().to_be_bytes()[..], rest].concat();
        let own = |verb, nth: usize, endpoint: u64| {
            versioned(verb, &[&*self.handsets[nth].handles[0].1[0], &endpoint.to_be_bytes()].concat())
        };
        let garbage = [
            (key_holder.ask(b"account"), "expected an account"),
            (request(account(ALTERED), &asked[..asked.len() - 1], key_holder), "request"),
            (request(account(ALTERED), &identity, key_holder), "request"),
            (router.ask(b""), "expected a verb"),
            (router.ask(&versioned(LOOK_UP, &[7; 15])), "expected a verb"),
            (router.ask(&own(OPT_IN, 3, 7)), "taken"),
            (router.ask(&own(OPT_OUT, 3, 7)), "not there"),
        ];
        let whole = usize::from(altered != Some(FinalizeError::NotProven));
        self.count("altered response refused by its proof", 1, whole);
        self.count("requests that enumerate, admitted by the bucket", admitted, CAPACITY / MAX_ELEMENTS - admitted);
        self.refused("the next one refused", enumerated, "request not evaluated: 2 elements not admitted");
        for (answer, reason) in garbage {
            self.refused("garbage refused with its reason", answer, reason);
        }
        Ok(())
    }

    fn refused<T>(&mut self, what: &'static str, answer: Result<T>, reason: &str) {
        let right = answer.is_err_and(|error| error.to_string().starts_with(reason));
        self.count(what, 1, usize::from(!right));
    }

    fn count(&mut self, what: &'static str, times: usize, missed: usize) {
        match self.steps.iter_mut().find(|step| step.what == what) {
            Some(step) => (step.times, step.missed) = (step.times + times, step.missed + missed),
            None => self.steps.push(Step { what, times, missed }),
        }
    }

    fn tell(&mut self, line: &str) -> Result<String> {
        self.key_holder.as_mut().ok_or("no key holder")?.ask(line)
    }

    /// Does something so many times with so many contacts of every handset, and notes what it costs.
    fn measured(
        &mut self,
        what: &'static str,
        times: usize,
        each: usize,
        mut work: impl FnMut(&mut Self) -> Result<()>,
    ) -> Result<()> {
        let before = self.used();
        (0..times).try_for_each(|_| work(self))?;
        let after = self.used();
        self.costs.push(Cost {
            what,
            contacts: times * each * self.handsets.len(),
            bytes: [0, 1].map(|way| after.0[way] - before.0[way]),
            processor: [0, 1, 2].map(|process| Some(after.1[process]? - before.1[process]?)),
        });
        Ok(())
    }

    /// Bytes from and to the handsets, and the processor time of the three processes.
    fn used(&self) -> ([usize; 2], [Option<f64>; 3]) {
        let links = self.links.iter().flat_map(|(router, key_holder)| [Some(router), key_holder.as_ref()]).flatten();
        let bytes = links.fold([0; 2], |[up, down], link| [up + link.sent.len(), down + link.received.len()]);
        let key_holder = self.key_holder.as_ref().and_then(|key_holder| processor(key_holder.id()));
        (bytes, [processor(process::id()), key_holder, processor(self.router.id())])
    }

    /// Reads what there is to search, and ends the processes.
    fn end(self) -> Result<Outcome> {
        let memory =
            |process: &Process| search::memory(process.id()).map_err(|error| format!("memory cannot be read: {error}"));
        let nobody = HashSet::new;
        let opted_in: HashSet<_> = opted_in(&self.handsets).into_keys().collect();
        let accounts: HashSet<_> = (0..self.handsets.len()).collect();
        let (to_router, to_key_holder): (Vec<_>, Vec<_>) = self.links.into_iter().unzip();
        let traffic = |links: Vec<Link>| Some(links.into_iter().flat_map(|link| [link.sent, link.received]).collect());
        let mut places = Vec::new();
        let mut place = |what, pieces, expected| places.push(Place { what, pieces, expected });
        let tags = self.key_holder.is_some();
        if let Some(key_holder) = self.key_holder {
            let expected = [nobody(), nobody(), accounts];
            let (memory, file) = (memory(&key_holder)?, key_holder.stop()?);
            place("key holder's log", Some(vec![file]), expected.clone());
            place("key holder's traffic", traffic(to_key_holder.into_iter().flatten().collect()), expected.clone());
            place("key holder's memory", memory, expected);
        }
        let everybody = self.handsets.iter().flat_map(|handset| handset.people.clone()).collect();
        let [stored, sent] = [opted_in, everybody].map(|handles| match tags {
            true => [nobody(), handles, nobody()],
            false => [handles, nobody(), nobody()],
        });
        let (memory, file) = (memory(&self.router)?, self.router.stop()?);
        place("router's directory", Some(vec![file]), stored.clone());
        place("router's traffic", traffic(to_router), sent);
        place("router's memory", memory, stored);
        Ok(Outcome { steps: self.steps, costs: self.costs, places, handsets: self.handsets })
    }
}

/// Who has opted in, with their endpoints.
pub(crate) fn opted_in(handsets: &[Handset]) -> HashMap<usize, u64> {
    let opted_in = handsets.iter().filter(|handset| handset.opted_in);
    opted_in.map(|handset| (handset.people[0], handset.endpoint)).collect()
}

/// The processor time of a process in seconds, as far as Linux tells it: in hundredths.
fn processor(id: u32) -> Option<f64> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let mut words = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut ticks = || words.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / 100.0)
}
