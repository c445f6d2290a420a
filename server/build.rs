//! Has the server rebuilt when the pages that it embeds change.

fn main() {
    println!("cargo:rerun-if-changed=../web-client/dist");
    println!("cargo:rerun-if-changed=../web-client/staff");
}
