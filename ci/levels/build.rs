//! Tells the tests which level they are built at.
fn main() {
    println!("cargo::rustc-env=OPT_LEVEL={}", std::env::var("OPT_LEVEL").expect("Cargo sets it"));
    println!("cargo::rerun-if-changed=build.rs");
}
