//! TLS as configured: authorities, our certificate, versions, and what a failed handshake means.
//!
//! rustls with ring. The files are read for every new connection, which is rare; what was made of them is made
//! again only when their content has changed.

use std::error::Error as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    version,
};

/// How the receiver is known, and how it knows us. Files are read anew for each connection.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tls {
    /// PEM file of the only authorities to trust; otherwise those of the system.
    pub ca_file: Option<PathBuf>,
    /// PEM file of our certificate and what leads from it to its authority; needs `key_file`.
    pub cert_file: Option<PathBuf>,
    pub key_file: Option<PathBuf>,
    /// Name that the receiver's certificate must have, where it is not the URL's.
    pub server_name: Option<String>,
    pub min_version: TlsVersion,
    /// Any certificate will do: whoever is in between can read and change everything.
    pub insecure_skip_verify: bool,
}

/// Versions of TLS that a connection may use.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum TlsVersion {
    /// 1.2 or 1.3.
    #[default]
    Tls12,
    /// 1.3 only.
    Tls13,
}

/// Makes the TLS side of connections.
#[derive(Debug)]
pub(super) struct Connector {
    tls: Tls,
    /// What the last connection used, and the content of the files it was made of.
    made: Mutex<Option<(Files, Arc<ClientConfig>)>>,
}

/// Contents of the authorities', the certificate's and the key's file.
#[derive(PartialEq, Eq)]
struct Files([Option<Vec<u8>>; 3]);

impl std::fmt::Debug for Files {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<redacted>")
    }
}

/// Why TLS cannot be set up here, before anybody is asked.
#[derive(Debug, thiserror::Error)]
pub enum TlsConfigError {
    #[error("cannot read `{}`: {source}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("`{}` holds no PEM {what}", path.display())]
    Pem { path: PathBuf, what: &'static str },
    #[error("a certificate needs its key, and a key its certificate: give both files or none")]
    Half,
    #[error("`{0}` is no name or address that a certificate could have")]
    Name(String),
    #[error("this system has no certificates of authorities: give a file of them")]
    NoRoots,
    #[error("certificate and key do not work together: {0}")]
    Pair(rustls::Error),
    #[error("TLS cannot be set up: {0}")]
    Other(rustls::Error),
}

/// Why a handshake failed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TlsFault {
    #[error("its certificate comes from an authority that is not trusted here")]
    UnknownAuthority,
    #[error("its certificate is for another name")]
    Name,
    #[error("its certificate has expired")]
    Expired,
    #[error("its certificate is not valid yet")]
    NotYetValid,
    #[error("its certificate is refused: {0}")]
    Certificate(String),
    #[error("it does not speak TLS on this port")]
    NotTls,
    #[error("it wants a client certificate")]
    CertificateRequired,
    #[error("it does not accept our client certificate ({0})")]
    OurCertificate(String),
    #[error("it shares no version or cipher of TLS with us")]
    Versions,
    #[error("it closed the connection during the handshake")]
    Closed,
    #[error("{0}")]
    Other(String),
}

impl TlsFault {
    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::UnknownAuthority => "give the authority's certificate with `--ca-file`",
            Self::Name => "use the name that the certificate has in the URL, or give it with `--server-name`",
            Self::Expired => "renew the receiver's certificate, and look at the clock of this machine",
            Self::NotYetValid => "look at the clocks of the receiver and of this machine",
            Self::NotTls => "use `http://`, or the port that speaks TLS",
            Self::CertificateRequired => "give one with `--cert-file` and `--key-file`",
            Self::OurCertificate(_) => "give one that the receiver's authority has signed",
            Self::Versions => "lower `--tls-min-version`, or raise the receiver's",
            Self::Certificate(_) | Self::Closed | Self::Other(_) => return None,
        })
    }
}

impl Connector {
    pub(super) fn new(tls: Tls) -> Result<Self, TlsConfigError> {
        if tls.cert_file.is_some() != tls.key_file.is_some() {
            return Err(TlsConfigError::Half);
        }
        let connector = Self { tls, made: Mutex::new(None) };
        connector.config()?; // what is wrong now is better said at once
        Ok(connector)
    }

    /// Name that the certificate of `host` must have.
    pub(super) fn name(&self, host: &str) -> Result<ServerName<'static>, TlsConfigError> {
        let name = self.tls.server_name.as_deref().unwrap_or(host);
        ServerName::try_from(name.to_owned())
            .map_err(|_| TlsConfigError::Name(crate::base::text::escape(name).into_owned()))
    }

    /// What a new connection uses.
    pub(super) fn config(&self) -> Result<Arc<ClientConfig>, TlsConfigError> {
        let read = |path: &Option<PathBuf>| match path {
            None => Ok(None),
            Some(path) => std::fs::read(path)
                .map(Some)
                .map_err(|source| TlsConfigError::Read { path: path.clone(), source }),
        };
        let files = Files([read(&self.tls.ca_file)?, read(&self.tls.cert_file)?, read(&self.tls.key_file)?]);
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        match &*made {
            Some((of, config)) if *of == files => Ok(Arc::clone(config)),
            _ => {
                let config = Arc::new(self.make(&files)?);
                *made = Some((files, Arc::clone(&config)));
                Ok(config)
            }
        }
    }

    fn make(&self, files: &Files) -> Result<ClientConfig, TlsConfigError> {
        let provider = Arc::new(ring::default_provider());
        let versions: &[_] = match self.tls.min_version {
            TlsVersion::Tls12 => &[&version::TLS13, &version::TLS12],
            TlsVersion::Tls13 => &[&version::TLS13],
        };
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(versions)
            .map_err(TlsConfigError::Other)?;
        let [ca, cert, key] = &files.0;
        let builder = if self.tls.insecure_skip_verify {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
        } else {
            builder.with_root_certificates(match (ca, &self.tls.ca_file) {
                (Some(pem), Some(path)) => roots_of(pem, path)?,
                _ => system_roots()?,
            })
        };
        let mut config = match (cert, key, &self.tls.cert_file, &self.tls.key_file) {
            (Some(cert), Some(key), Some(cert_file), Some(key_file)) => {
                let chain = certificates(cert, cert_file)?;
                let key = PrivateKeyDer::from_pem_slice(key)
                    .map_err(|_| TlsConfigError::Pem { path: key_file.clone(), what: "private key" })?;
                builder.with_client_auth_cert(chain, key).map_err(TlsConfigError::Pair)?
            }
            _ => builder.with_no_client_auth(),
        };
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }
}

fn certificates(pem: &[u8], path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsConfigError> {
    let none = || TlsConfigError::Pem { path: path.to_owned(), what: "certificate" };
    let found: Vec<_> = CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|_| none())?;
    if found.is_empty() { Err(none()) } else { Ok(found) }
}

fn roots_of(pem: &[u8], path: &Path) -> Result<RootCertStore, TlsConfigError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(pem, path)? {
        roots.add(certificate).map_err(|_| TlsConfigError::Pem {
            path: path.to_owned(),
            what: "certificate of an authority",
        })?;
    }
    Ok(roots)
}

fn system_roots() -> Result<RootCertStore, TlsConfigError> {
    let mut roots = RootCertStore::empty();
    // Some systems carry certificates that rustls cannot read: the others still count.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() { Err(TlsConfigError::NoRoots) } else { Ok(roots) }
}

/// What of a failed handshake or a broken connection is TLS's doing.
pub(super) fn fault_of(err: &(dyn std::error::Error + 'static)) -> Option<TlsFault> {
    let mut next = Some(err);
    while let Some(err) = next {
        if let Some(err) = err.downcast_ref::<rustls::Error>() {
            return Some(fault(err));
        }
        // The error inside of an I/O error is not its source, whose source it would be.
        let inner = err.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        next = match inner {
            Some(inner) => Some(inner),
            None => err.source(),
        };
    }
    None
}

fn fault(err: &rustls::Error) -> TlsFault {
    use AlertDescription as Alert;
    use CertificateError as Bad;
    match err {
        rustls::Error::InvalidCertificate(bad) => match bad {
            // A bad signature is that of another authority of the same name: one that was made anew, most often.
            Bad::UnknownIssuer | Bad::BadSignature => TlsFault::UnknownAuthority,
            Bad::NotValidForName | Bad::NotValidForNameContext { .. } => TlsFault::Name,
            Bad::Expired | Bad::ExpiredContext { .. } => TlsFault::Expired,
            Bad::NotValidYet | Bad::NotValidYetContext { .. } => TlsFault::NotYetValid,
            // How webpki says that an authority's certificate stands where a receiver's should.
            Bad::Other(other) => {
                TlsFault::Certificate(other.0.source().map_or_else(|| other.to_string(), ToString::to_string))
            }
            bad => TlsFault::Certificate(bad.to_string()),
        },
        rustls::Error::InvalidMessage(_) => TlsFault::NotTls,
        rustls::Error::PeerIncompatible(_) => TlsFault::Versions,
        rustls::Error::AlertReceived(alert) => match alert {
            Alert::CertificateRequired => TlsFault::CertificateRequired,
            Alert::ProtocolVersion | Alert::InsufficientSecurity => TlsFault::Versions,
            Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateExpired
            | Alert::CertificateUnknown
            | Alert::UnknownCA
            | Alert::AccessDenied
            | Alert::DecryptError => TlsFault::OurCertificate(format!("{alert:?}")),
            alert => TlsFault::Other(format!("it ended the handshake: {alert:?}")),
        },
        err => TlsFault::Other(err.to_string()),
    }
}

/// Accepts any certificate, yet only from who has its key.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
