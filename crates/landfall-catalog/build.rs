//! The migrations are built in, so a new one has to be noticed.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
