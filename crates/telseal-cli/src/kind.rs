use clap::ValueEnum;

/// A kind of identifier, as it is named in the arguments of `telseal keyring`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum KindName {
    /// Phone numbers
    Phone,
    /// IMSIs
    Imsi,
    /// IMEIs
    Imei,
    /// IMEIs with software version
    Imeisv,
}
