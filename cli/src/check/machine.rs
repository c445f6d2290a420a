//! The needs of the settings on this machine: addresses to listen on, a folder for what is kept, and
//! files that may be open.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::Path;

use guildhall_server::listen::{self, ListenError};
use guildhall_server::store::{self, StoreError};

use crate::api::arguments::ApiAddress;
use crate::arguments::environment::Parsed;
use crate::io_error::told;
use crate::open_files;
use crate::sockets::{self, API, CHAT, REDIRECT};
use crate::upgrade;

/// Checks that this machine has the addresses on which the server listens. Returns a line for each
/// port that is in use: most servers are checked while they run. One that gets its sockets handed
/// over has to be able to use them.
///
/// # Errors
///
/// A line that says which address it does not have.
pub(super) fn check_listeners<'a>(parsed: &'a Parsed) -> Result<Vec<String>, String> {
    let serve = &parsed.arguments.serve;
    let place = |address: &'a ApiAddress| (&*address.host, address.port);
    let listeners = [
        (CHAT, "--port", Some((&*serve.host, serve.port))),
        (API, "--api-listen", parsed.api.listen.as_ref().map(place)),
        (
            REDIRECT,
            "--tls-redirect",
            parsed.https.redirect().map(place),
        ),
    ];
    let those = |are_meant: &dyn Fn(&str) -> bool| -> Vec<_> {
        let meant = listeners.iter().filter(|(name, ..)| are_meant(name));
        meant
            .filter_map(|&(_, flag, place)| place.map(|(host, port)| (flag, host, port)))
            .collect()
    };
    if sockets::are_handed_over() {
        let own = sockets::check(parsed).map_err(|error| format!("{error:#}"))?;
        check_that_they_differ(&those(&|name| own.contains(&name)))?;
        return Ok(Vec::new());
    }
    let listeners = those(&|_| true);
    check_that_they_differ(&listeners)?;
    let mut in_use = Vec::new();
    for (flag, host, port) in listeners {
        match listen::try_bind(flag, host, port) {
            Err(ListenError::InUse(address, _)) => in_use.push(format!(
                "Port {port} is in use on {} now. That is right if this server runs, and it would \
                 not start if another program has the port.",
                address.ip()
            )),
            // Whoever checks the settings may have less rights than the server: any port will do.
            Err(ListenError::NoPermission(..)) => {
                listen::try_bind(flag, host, 0).map_err(|error| error.to_string())?;
            }
            other => other.map_err(|error| error.to_string())?,
        }
    }
    Ok(in_use)
}

/// Checks that no two listeners have the same port of an address.
fn check_that_they_differ(listeners: &[(&str, &str, u16)]) -> Result<(), String> {
    for (index, (flag, host, port)) in listeners.iter().enumerate() {
        for (other_flag, other_host, other_port) in &listeners[..index] {
            let is_same = port == other_port && *port != 0;
            let overlap = listen::overlap(host, other_host);
            if is_same && overlap.map_err(|error| error.to_string())? {
                return Err(format!(
                    "{other_flag} and {flag} both want port {port} of {host}: give one of them another \
                     port"
                ));
            }
        }
    }
    Ok(())
}

/// Checks that a server can keep something in this folder, which it makes if it does not exist.
/// Returns a line if the folder is in use: most servers are checked while they run. An upgrade has
/// to have another folder for itself.
///
/// # Errors
///
/// A line that says why it cannot.
pub(super) fn check_folder(folder: &Path) -> Result<Option<String>, String> {
    check_writable(folder, "--data")?;
    store::check_version(folder).map_err(|error| error.to_string())?;
    if !store::is_in_use(folder) {
        return Ok(None);
    }
    if upgrade::has_another(folder) {
        return Err(StoreError::InUse(folder.to_owned()).to_string());
    }
    if upgrade::is_asked_for() {
        return Ok(None);
    }
    Ok(Some(format!(
        "The folder {} is in use now. That is right if this server runs, and it would not start if \
         another one has the folder.",
        folder.display()
    )))
}

/// Checks that a server may have enough files open. Returns a line if they are not enough for all
/// clients.
///
/// # Errors
///
/// A line that says how many it may have.
pub(super) fn check_open_files(parsed: &Parsed) -> Result<Option<String>, String> {
    let max_files = open_files::allowed();
    // Of all the settings, those that need files: the server's own would begin to fetch keys.
    let mut config = parsed.arguments.serve.config();
    config.api_keys = parsed.api.keys().clone();
    config.metrics = parsed.api.metrics().clone();
    let within = open_files::within(config, max_files).map_err(|error| format!("{error:#}"))?;
    let most = within.caps.total;
    Ok((most < parsed.arguments.serve.max_connections).then(|| {
        format!(
            "Warning: the limit of open files ({max_files}) allows only {most} clients: raise it \
             (ulimit -n) or lower --max-connections"
        )
    }))
}

/// Checks that files can be made in this folder, or in a new one of this name.
///
/// # Errors
///
/// A line that says why they cannot.
pub(super) fn check_writable(folder: &Path, setting: &str) -> Result<(), String> {
    let place = if folder.exists() {
        folder
    } else {
        // The nearest one that exists, in which the server would make the others.
        let exists = |parent: &&Path| parent.exists();
        let mut parents = folder.ancestors().skip(1);
        parents.find(exists).unwrap_or(Path::new("."))
    };
    let file = place.join(format!("guildhall-check-{:x}", fastrand::u64(..)));
    let tried = if place.is_dir() {
        OpenOptions::new().write(true).create_new(true).open(&file)
    } else {
        Err(io::ErrorKind::NotADirectory.into())
    };
    let tried = tried.and_then(|_| fs::remove_file(&file));
    tried.map_err(|error| {
        let folder = folder.display();
        let error = told(&error);
        format!("the server cannot keep anything in {folder} ({setting}): {error}")
    })
}
