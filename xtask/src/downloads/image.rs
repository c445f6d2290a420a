//! The container image: the program and what it cannot do without, and no system around it.
//!
//! It is an archive in the format of the Open Container Initiative (image-spec 1.1), which podman,
//! skopeo and newer Dockers read. A file more makes it one that older Dockers read, too.

use std::fs;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::archive::{Archive, Entry, gzipped};
use super::program::Program;
use super::release::Release;
use super::sha256;

/// The user and the group of the server: the number that images without a system have for it.
const USER: u32 = 65532;
/// The folder that outlives a container if it is a volume.
const DATA: &str = "/var/lib/guildhall";
/// The authorities that sign certificates: the server asks games and their key sets by HTTPS.
const AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";
/// A second, in the unit of a health check.
const SECOND: u64 = 1_000_000_000;

/// Makes the image of a program.
///
/// # Errors
///
/// If this machine has no certificates to put into it.
pub(super) fn archive(release: &Release, program: &Program, licences: &[u8]) -> Result<Vec<u8>> {
    let authorities = fs::read(AUTHORITIES)
        .with_context(|| format!("{AUTHORITIES}: install the package ca-certificates"))?;
    image(release, program, licences, authorities)?.tar(release)
}

fn image(
    release: &Release,
    program: &Program,
    licences: &[u8],
    authorities: Vec<u8>,
) -> Result<Archive> {
    let layer = layer(program, licences, authorities).tar(release)?;
    let compressed = gzipped(&layer)?;
    let architecture = program.architecture.debian();
    let config = config(release, architecture, &sha256(&layer));
    let config = serde_json::to_vec(&config)?;
    let manifest = serde_json::to_vec(&json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": descriptor("application/vnd.oci.image.config.v1+json", &config),
        "layers": [descriptor("application/vnd.oci.image.layer.v1.tar+gzip", &compressed)],
    }))?;
    let name = format!("localhost/guildhall:{}", release.version);
    let mut entry = descriptor("application/vnd.oci.image.manifest.v1+json", &manifest);
    entry["platform"] = json!({ "architecture": architecture, "os": "linux" });
    entry["annotations"] = json!({
        "io.containerd.image.name": name,
        "org.opencontainers.image.ref.name": name,
    });
    let index = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [entry],
    });
    let for_docker = json!([{
        "Config": blob(&config),
        "RepoTags": [name],
        "Layers": [blob(&compressed)],
    }]);

    let mut archive = Archive::default();
    let layout = json!({ "imageLayoutVersion": "1.0.0" });
    archive.add(Entry::file("oci-layout", serde_json::to_vec(&layout)?));
    archive.add(Entry::file("index.json", serde_json::to_vec(&index)?));
    archive.add(Entry::file(
        "manifest.json",
        serde_json::to_vec(&for_docker)?,
    ));
    archive.add(Entry::folder("blobs", 0o755, 0));
    archive.add(Entry::folder("blobs/sha256", 0o755, 0));
    for bytes in [config, manifest, compressed] {
        archive.add(Entry::file(&blob(&bytes), bytes));
    }
    Ok(archive)
}

/// The files of the container.
fn layer(program: &Program, licences: &[u8], authorities: Vec<u8>) -> Archive {
    let users = format!("guildhall:x:{USER}:{USER}::{DATA}:/sbin/nologin\n");
    let groups = format!("guildhall:x:{USER}:\n");
    let mut archive = Archive::default();
    for folder in ["etc", "etc/ssl", "etc/ssl/certs"] {
        archive.add(Entry::folder(folder, 0o755, 0));
    }
    archive.add(Entry::file("etc/group", groups.into_bytes()));
    archive.add(Entry::file("etc/passwd", users.into_bytes()));
    archive.add(Entry::file(
        AUTHORITIES.trim_start_matches('/'),
        authorities,
    ));
    // The store writes there what does not fit into memory.
    archive.add(Entry::folder("tmp", 0o1777, 0));
    for folder in [
        "usr",
        "usr/bin",
        "usr/share",
        "usr/share/doc",
        "usr/share/doc/guildhall",
    ] {
        archive.add(Entry::folder(folder, 0o755, 0));
    }
    archive.add(Entry::program("usr/bin/guildhall", program.bytes.clone()));
    archive.add(Entry::file(
        "usr/share/doc/guildhall/THIRD-PARTY-LICENSES.txt",
        licences.to_vec(),
    ));
    for folder in ["var", "var/lib"] {
        archive.add(Entry::folder(folder, 0o755, 0));
    }
    archive.add(Entry::folder(DATA.trim_start_matches('/'), 0o750, USER));
    archive
}

/// How the container runs. `HealthCheck` is Docker's own, and podman has a flag for it.
fn config(release: &Release, architecture: &str, layer: &str) -> Value {
    json!({
        "created": release.time,
        "architecture": architecture,
        "os": "linux",
        "config": {
            "User": format!("{USER}:{USER}"),
            "ExposedPorts": { "8080/tcp": {} },
            "Env": [
                "PATH=/usr/bin",
                // A container is reached by its network; what of it is, its owner says.
                "GUILDHALL_HOST=0.0.0.0",
                format!("GUILDHALL_DATA={DATA}"),
            ],
            "Entrypoint": ["/usr/bin/guildhall"],
            "Volumes": { DATA: {} },
            "WorkingDir": DATA,
            "StopSignal": "SIGTERM",
            "Labels": {
                "org.opencontainers.image.title": "Guildhall",
                "org.opencontainers.image.description": "A real-time chat server for games",
                "org.opencontainers.image.licenses": "MIT OR Apache-2.0",
                "org.opencontainers.image.version": release.version,
                "org.opencontainers.image.revision": release.commit,
            },
            "Healthcheck": {
                "Test": ["CMD", "/usr/bin/guildhall", "healthcheck"],
                "Interval": 30 * SECOND,
                "Timeout": 5 * SECOND,
                "StartPeriod": 10 * SECOND,
                "Retries": 3,
            },
        },
        "rootfs": { "type": "layers", "diff_ids": [format!("sha256:{layer}")] },
        "history": [{ "created": release.time, "created_by": "cargo xtask dist" }],
    })
}

/// How one file of an image names another.
fn descriptor(media_type: &str, bytes: &[u8]) -> Value {
    json!({
        "mediaType": media_type,
        "digest": format!("sha256:{}", sha256(bytes)),
        "size": bytes.len(),
    })
}

/// The path of a file in the archive.
fn blob(bytes: &[u8]) -> String {
    format!("blobs/sha256/{}", sha256(bytes))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::Read as _;
    use std::path::PathBuf;

    use flate2::read::GzDecoder;
    use serde_json::Value;

    use super::{image, sha256};
    use crate::downloads::program::{Architecture, Program};
    use crate::downloads::release::Release;

    /// The files of an archive, by their paths.
    fn files(tar: &[u8]) -> BTreeMap<String, Vec<u8>> {
        let mut archive = tar::Archive::new(tar);
        let entries = archive.entries().unwrap().map(|entry| {
            let mut entry = entry.unwrap();
            let path = entry.path().unwrap().to_string_lossy().into_owned();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            (path, bytes)
        });
        entries.collect()
    }

    /// The archive of an image for ARM64.
    fn example() -> BTreeMap<String, Vec<u8>> {
        let program = Program {
            architecture: Architecture::Arm64,
            path: PathBuf::new(),
            bytes: b"program".to_vec(),
        };
        let release = Release::example();
        let image = image(&release, &program, b"licences", b"authorities".to_vec());
        files(&image.unwrap().tar(&release).unwrap())
    }

    /// The file that a descriptor names, after a look at its digest and size.
    fn named<'a>(files: &'a BTreeMap<String, Vec<u8>>, descriptor: &Value) -> &'a [u8] {
        let digest = descriptor["digest"].as_str().unwrap();
        let digest = digest.strip_prefix("sha256:").unwrap();
        let bytes = &files[&format!("blobs/sha256/{digest}")];
        assert_eq!(sha256(bytes), digest);
        assert_eq!(descriptor["size"], bytes.len());
        bytes
    }

    #[test]
    fn each_file_is_where_the_one_before_says() {
        let files = example();
        let parsed = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap();
        let index = parsed(&files["index.json"]);
        let entry = &index["manifests"][0];
        assert_eq!(entry["platform"]["architecture"], "arm64");
        let manifest = parsed(named(&files, entry));
        let config = parsed(named(&files, &manifest["config"]));
        assert_eq!(config["architecture"], "arm64");
        let mut layer = Vec::new();
        let compressed = named(&files, &manifest["layers"][0]);
        GzDecoder::new(compressed).read_to_end(&mut layer).unwrap();
        let diff = format!("sha256:{}", sha256(&layer));
        assert_eq!(config["rootfs"]["diff_ids"][0], diff);
        let inside = self::files(&layer);
        assert_eq!(inside["usr/bin/guildhall"], b"program");
        assert!(inside.contains_key("var/lib/guildhall/"));
        // The server is nobody who may do everything.
        assert_eq!(config["config"]["User"], "65532:65532");
        // Nothing but the program and its files: the one layer is the first.
        assert_eq!(manifest["layers"].as_array().map(Vec::len), Some(1));
        let check = &config["config"]["Healthcheck"]["Test"];
        let expected = ["CMD", "/usr/bin/guildhall", "healthcheck"];
        assert_eq!(check, &serde_json::json!(expected));
    }

    #[test]
    fn older_dockers_find_the_same_files() {
        let files = example();
        let list: Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
        assert_eq!(list[0]["RepoTags"][0], "localhost/guildhall:0.2.0");
        for path in [&list[0]["Config"], &list[0]["Layers"][0]] {
            assert!(files.contains_key(path.as_str().unwrap()), "{path}");
        }
    }
}
