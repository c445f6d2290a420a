//! Certificates that an ACME server has issued, in a folder, and the time until which the latest one
//! holds.

use std::io;
use std::path::PathBuf;

use async_trait::async_trait;
use guildhall_server::{CertificatePair, NotAfter};
use rustls_acme::caches::DirCache;
use rustls_acme::{AccountCache, CertCache};

/// Keeps them, and the account that has asked for them.
pub(super) struct Kept {
    folder: DirCache<PathBuf>,
    not_after: NotAfter,
}

impl Kept {
    /// Keeps them in this folder, and sets `not_after` for each.
    pub(super) fn new(folder: PathBuf, not_after: NotAfter) -> Self {
        Self {
            folder: DirCache::new(folder),
            not_after,
        }
    }

    /// A certificate behind its key, which is shown from now on.
    fn shows(&self, pem: &[u8]) {
        // The library says what is wrong with one that cannot be read, and asks for another.
        if let Ok(pair) = CertificatePair::from_pem(pem, pem) {
            self.not_after.set(pair.not_after());
        }
    }
}

#[async_trait]
impl CertCache for Kept {
    type EC = io::Error;

    async fn load_cert(
        &self,
        hosts: &[String],
        directory: &str,
    ) -> Result<Option<Vec<u8>>, Self::EC> {
        let kept = self.folder.load_cert(hosts, directory).await?;
        if let Some(pem) = &kept {
            self.shows(pem);
        }
        Ok(kept)
    }

    async fn store_cert(
        &self,
        hosts: &[String],
        directory: &str,
        pem: &[u8],
    ) -> Result<(), Self::EC> {
        // Before: it is shown also if the disk is full.
        self.shows(pem);
        self.folder.store_cert(hosts, directory, pem).await
    }
}

#[async_trait]
impl AccountCache for Kept {
    type EA = io::Error;

    async fn load_account(
        &self,
        contacts: &[String],
        directory: &str,
    ) -> Result<Option<Vec<u8>>, Self::EA> {
        self.folder.load_account(contacts, directory).await
    }

    async fn store_account(
        &self,
        contacts: &[String],
        directory: &str,
        account: &[u8],
    ) -> Result<(), Self::EA> {
        let folder = &self.folder;
        folder.store_account(contacts, directory, account).await
    }
}
