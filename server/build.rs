//! Has the server rebuilt when the web client that it embeds changes.

fn main() {
    println!("cargo:rerun-if-changed=../web-client/dist");
}
