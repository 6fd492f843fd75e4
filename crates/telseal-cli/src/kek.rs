//! The key-encryption key, and where it comes from: never the arguments, which every process can read.

use crate::failure::{At, Failure};
use std::{
    env,
    ffi::OsStr,
    fs::File,
    io::{self, Read},
    os::unix::{ffi::OsStrExt, fs::PermissionsExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

pub(crate) type Kek = Zeroizing<[u8; 32]>;

/// No form of the key is longer: 64 hexadecimal digits, CR and LF.
const LONGEST: usize = 66;

/// Reads the key from `file:PATH`, `fd:NUMBER`, `credential:NAME`, `command:COMMAND` or `pkcs11:URI`.
pub(crate) fn read(source: &OsStr) -> Result<Kek, Failure> {
    let bytes = source.as_bytes();
    let (scheme, rest) = bytes.split_at(bytes.iter().position(|&byte| byte == b':').map_or(0, |colon| colon + 1));
    let rest = OsStr::from_bytes(rest);
    match scheme {
        b"file:" => read_file(Path::new(rest)),
        b"fd:" => read_descriptor(rest),
        b"credential:" => read_credential(rest),
        b"command:" => read_command(rest),
        #[cfg(feature = "pkcs11")]
        b"pkcs11:" => crate::pkcs11::read(rest),
        #[cfg(not(feature = "pkcs11"))]
        b"pkcs11:" => Err(Failure::new("this telseal was built without PKCS #11")
            .hint("cargo install --path crates/telseal-cli --features pkcs11")),
        // What was given instead may be the key itself: it is not shown.
        _ => Err(Failure::new("the source of the key-encryption key has no known form").hint(
            "give file:PATH, fd:NUMBER, credential:NAME, command:COMMAND or pkcs11:URI; the key itself never stands in arguments \
             or in the environment, where other processes can read it",
        )),
    }
}

fn read_file(path: &Path) -> Result<Kek, Failure> {
    let file = File::open(path).at("read the key-encryption key from", path)?;
    let metadata = file.metadata().at("read the key-encryption key from", path)?;
    if metadata.is_file() && metadata.permissions().mode() & 0o077 != 0 {
        eprintln!(
            "telseal: warning: others can read or change the key-encryption key `{0}`\ntelseal: hint: chmod 600 '{0}'",
            path.display()
        );
    }
    from_reader(file, &format!("`{}`", path.display()))
}

fn read_descriptor(number: &OsStr) -> Result<Kek, Failure> {
    let is_number = !number.is_empty() && number.as_bytes().iter().all(u8::is_ascii_digit);
    if !is_number {
        return Err(Failure::new("the source fd: of the key-encryption key takes the number of a file descriptor")
            .hint("for example: --kek fd:3 3< KEK"));
    }
    let path = Path::new("/dev/fd").join(number);
    let file = File::open(&path).at("read the key-encryption key from", &path)?;
    from_reader(file, &format!("file descriptor {}", number.display()))
}

/// systemd puts what `LoadCredential=` names into a folder that only the unit can read.
fn read_credential(name: &OsStr) -> Result<Kek, Failure> {
    let Some(folder) = env::var_os("CREDENTIALS_DIRECTORY") else {
        return Err(Failure::new("there is no $CREDENTIALS_DIRECTORY to read the key-encryption key from")
            .hint("systemd sets it for units with LoadCredential= or LoadCredentialEncrypted="));
    };
    let is_name = !name.is_empty() && name != "." && name != ".." && !name.as_bytes().contains(&b'/');
    if !is_name {
        return Err(Failure::new("the source credential: of the key-encryption key takes the name of a credential"));
    }
    let path = PathBuf::from(folder).join(name);
    let file = File::open(&path).at("read the key-encryption key from", &path)?;
    from_reader(file, &format!("`{}`", path.display()))
}

fn read_command(command: &OsStr) -> Result<Kek, Failure> {
    let failed = |what: &dyn std::fmt::Display| {
        Failure::new(format!("the command that gives the key-encryption key {what}"))
            .hint("run it by itself, and see that it prints the key and nothing else")
    };
    let mut child = Command::new("sh")
        .arg("-c")
        .arg(command)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| failed(&format!("does not start: {error}")))?;
    let key = match child.stdout.take() {
        Some(output) => from_reader(output, "the command"),
        None => Err(failed(&"has no output")),
    };
    let status = child.wait().map_err(|error| failed(&format!("cannot be waited for: {error}")))?;
    if !status.success() {
        return Err(failed(&format!("failed: {status}")));
    }
    key
}

fn from_reader(mut reader: impl Read, whence: &str) -> Result<Kek, Failure> {
    let mut bytes = Zeroizing::new([0; LONGEST + 1]);
    let mut count = 0;
    while count < bytes.len() {
        match reader.read(&mut bytes[count..]) {
            Ok(0) => break,
            Ok(more) => count += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                return Err(Failure::new(format!("cannot read the key-encryption key from {whence}: {error}")));
            }
        }
    }
    parse(&bytes[..count]).map_err(|reason| {
        Failure::new(format!("the key-encryption key from {whence} {reason}"))
            .hint("it is 32 random bytes, or 64 hexadecimal digits: (umask 077; head -c 32 /dev/urandom > KEK)")
    })
}

/// 32 bytes as they are, or 64 hexadecimal digits and the end of a line. The error has none of the input.
fn parse(bytes: &[u8]) -> Result<Kek, &'static str> {
    if let Ok(key) = <&[u8; 32]>::try_from(bytes) {
        // Of random bytes one key in 10¹³ is refused.
        return match bytes.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ') {
            true => Err("is text of 32 characters, no random bytes"),
            false => Ok(Zeroizing::new(*key)),
        };
    }
    let line = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    match line.len() {
        0 => Err("is empty"),
        64 => {
            let mut key = Zeroizing::new([0; 32]);
            for (byte, pair) in key.iter_mut().zip(line.chunks(2)) {
                let digit = |char: u8| (char as char).to_digit(16);
                let (Some(high), Some(low)) = (digit(pair[0]), digit(pair[1])) else {
                    return Err("has 64 characters that are not all hexadecimal digits");
                };
                *byte = (high << 4 | low) as u8;
            }
            Ok(key)
        }
        _ if bytes.len() > LONGEST => Err("is too long"),
        _ => Err("has another length"),
    }
}

/// Whether two are the same key.
pub(crate) fn is_same(a: &Kek, b: &Kek) -> bool {
    a.ct_eq(&b[..]).into()
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn random_bytes_and_hexadecimal_digits_are_keys() {
        let bytes: [u8; 32] = std::array::from_fn(|i| 7 * i as u8);
        assert_eq!(parse(&bytes).as_deref(), Ok(&bytes));
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        for text in [hex.clone(), hex.to_uppercase(), format!("{hex}\n"), format!("{hex}\r\n")] {
            assert_eq!(parse(text.as_bytes()).as_deref(), Ok(&bytes));
        }
    }

    #[test]
    fn all_else_is_refused_with_a_reason_without_the_input() {
        let hex = "ab".repeat(32);
        for (bytes, reason) in [
            (&b""[..], "is empty"),
            (b"\n", "is empty"),
            (b"correct horse battery staple xyz", "is text of 32 characters, no random bytes"),
            ("00112233445566778899aabbccddeeff".as_bytes(), "is text of 32 characters, no random bytes"),
            (&[1; 31], "has another length"),
            (&[1; 33], "has another length"),
            (format!("{hex}\n\n").as_bytes(), "has another length"),
            (format!(" {hex}").as_bytes(), "has another length"),
            (format!("{}zz", &hex[2..]).as_bytes(), "has 64 characters that are not all hexadecimal digits"),
            (&[b'a'; 67], "is too long"),
        ] {
            assert_eq!(parse(bytes), Err(reason));
        }
    }
}
