//! Certificates that nobody has signed but themselves.

use std::sync::Arc;

use rcgen::{CertificateParams, DnType, KeyPair, PKCS_ECDSA_P256_SHA256, date_time_ymd};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// A certificate with its key.
#[derive(Debug)]
pub struct Certificate {
    signed: rcgen::Certificate,
    key: KeyPair,
}

impl Certificate {
    /// For the host `name`, valid until the end of the year `last_year`.
    ///
    /// # Panics
    /// If `name` is not one.
    #[must_use]
    pub fn self_signed(name: &str, last_year: i32) -> Self {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect("ring makes such keys");
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name of a host");
        params.distinguished_name.push(DnType::CommonName, name);
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(last_year, 12, 31);
        let signed = params.self_signed(&key).expect("the key signs");
        Self { signed, key }
    }

    /// In the form in which hosts keep the authorities that they trust.
    #[must_use]
    pub fn pem(&self) -> String {
        self.signed.pem()
    }

    /// Its private key, as servers read it.
    #[must_use]
    pub fn key_pem(&self) -> String {
        self.key.serialize_pem()
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring knows them")
            .with_no_client_auth()
            .with_single_cert(vec![self.signed.der().clone()], key)
            .expect("the key belongs to the certificate");
        TlsAcceptor::from(Arc::new(config))
    }
}
