//! Generates the texts for users from the catalogues in `proto/words`.

use std::path::{Path, PathBuf};
use std::{env, fs};

use guildhall_catalogue::{Catalogues, rust};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=../proto/words");
    let code = match Catalogues::read(Path::new("../proto/words")) {
        Ok(catalogues) => rust::generate(&catalogues),
        Err(error) => return Err(format!("proto/words:\n{error}").into()),
    };
    let folder = env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?;
    fs::write(PathBuf::from(folder).join("texts.rs"), code)?;
    Ok(())
}
