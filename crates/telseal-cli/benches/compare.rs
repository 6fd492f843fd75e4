//! Rows a second: `telseal` beside what only copies the rows, and beside a script that calls `openssl` for each. All in one
//! run, on one file.
//!
//! ```text
//! cargo bench -p telseal-cli --bench compare             # a million rows
//! cargo bench -p telseal-cli --bench compare -- 10000000
//! ```

#![allow(clippy::unwrap_used)] // what fails here fails the measurement

use std::{
    env, fs,
    fs::File,
    io::{BufWriter, Write},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

/// Rows for what starts a process for each of them.
const FEW: u64 = 200;

fn main() {
    let rows = env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(1_000_000);
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(&folder.join("in.csv"), rows);
    write(&folder.join("few.csv"), FEW);
    fs::write(folder.join("kek"), (0..32).map(|byte| 251 - 7 * byte).collect::<Vec<u8>>()).unwrap();
    fs::set_permissions(folder.join("kek"), fs::Permissions::from_mode(0o600)).unwrap();
    telseal(folder, "keyring new");
    telseal(folder, "keyring stage");

    println!("{rows} rows of 40 bytes, the best of three runs; `openssl`: {FEW} rows, one run\n");
    println!("| | rows a second |\n|---|---|");
    let say = |what: &str, rows: u64, seconds: f64| println!("| {what} | {:.0} |", rows as f64 / seconds);
    say("the crate `csv` copies each record", rows, best(&folder.join("copied.csv"), || copy(folder)));
    let columns = "-c msisdn=phone --scope acme --scope routing --quiet --force";
    for (command, input, output) in [
        ("seal", "in.csv", "sealed.csv"),
        ("tag", "in.csv", "tags.csv"),
        ("lookup", "in.csv", "tokens.csv"),
        ("open", "sealed.csv", "opened.csv"),
    ] {
        let seconds = best(&folder.join(output), || {
            telseal(folder, &format!("{command} {columns} {input} -o {output}"));
        });
        say(&format!("`telseal {command}`"), rows, seconds);
    }
    assert!(fs::read(folder.join("in.csv")).unwrap() == fs::read(folder.join("opened.csv")).unwrap());
    telseal(folder, "keyring promote 2");
    let reseal = format!("reseal {columns} sealed.csv -o resealed.csv");
    say("`telseal reseal`", rows, best(&folder.join("resealed.csv"), || telseal(folder, &reseal)));
    // Encryption alone, under one key, and nothing to look up by.
    let script = "while IFS=, read -r id number rest; do
            printf '%s,%s,%s\\n' \"$id\" \"$(printf %s \"$number\" | openssl enc -aes-256-ctr -K \"$K\" -iv \"$K\" -a 2> /dev/null)\" \"$rest\"
        done < few.csv > scripted.csv";
    let mut command = Command::new("sh");
    command.args(["-ec", script]).current_dir(folder).env("K", "00112233445566778899aabbccddeeff");
    let start = Instant::now();
    assert!(command.status().unwrap().success());
    say("a shell script that calls `openssl enc` for each row", FEW, start.elapsed().as_secs_f64());
}

/// `id,msisdn,time`, with numbers that are reserved for drama.
fn write(path: &Path, rows: u64) {
    let mut file = BufWriter::new(File::create(path).unwrap());
    writeln!(file, "id,msisdn,time").unwrap();
    for row in 0..rows {
        writeln!(file, "{row:08},+447700900{:03},2026-11-28 12:00", row % 1000).unwrap();
    }
    file.into_inner().unwrap();
}

/// The output of the run before is removed first: to free its blocks is no part of the work, and takes a sixth of it.
fn best(output: &Path, mut run: impl FnMut()) -> f64 {
    let mut seconds = |_| {
        let _ = fs::remove_file(output); // there is none before the first run
        let start = Instant::now();
        run();
        start.elapsed().as_secs_f64()
    };
    (0..3).map(&mut seconds).fold(f64::INFINITY, f64::min)
}

fn telseal(folder: &Path, arguments: &str) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_telseal"));
    command.args(arguments.split(' ')).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null());
    command.env("TELSEAL_KEYRING", "keyring").env("TELSEAL_KEK", "file:kek");
    assert!(command.status().unwrap().success(), "{arguments}");
}

/// As tools that cut and join columns do: each field is parsed, and written again.
fn copy(folder: &Path) {
    let mut reader = csv::Reader::from_path(folder.join("in.csv")).unwrap();
    let mut writer = csv::Writer::from_path(folder.join("copied.csv")).unwrap();
    writer.write_byte_record(reader.byte_headers().unwrap()).unwrap();
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record).unwrap() {
        writer.write_byte_record(&record).unwrap();
    }
    writer.flush().unwrap();
}
