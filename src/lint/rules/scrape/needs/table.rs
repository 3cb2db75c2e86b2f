//! The rows: what each structure asks of its fields.

use super::Need::{
    AtMostOne, Bars, Field, Filled, Form, Items, OneOf, Paths, Positive, When, With, Without, Word,
};
use super::{Need, Row};
use crate::base::version::Version;

const ALWAYS: Version = Version::new(0, 0);

const fn row(of: &'static str, need: Need) -> Row {
    Row { of, need, since: ALWAYS, until: None }
}

const fn since(major: u16, minor: u16, of: &'static str, need: Need) -> Row {
    Row { of, need, since: Version::new(major, minor), until: None }
}

const fn until(major: u16, minor: u16, of: &'static str, need: Need) -> Row {
    Row { of, need, since: ALWAYS, until: Some(Version::new(major, minor)) }
}

const OAUTH2: &str = "common/config.OAuth2";
const TLS: &str = "common/config.TLSConfig";
const AZURE_AD: &str = "storage/remote/azuread.AzureADConfig";
const AZURE_WAYS: &[&str] = &["managed_identity", "oauth", "sdk", "workload_identity", "certificate"];
const AZURE: &str = "discovery/azure.SDConfig";
const KUBERNETES: &str = "discovery/kubernetes.SDConfig";
const OCI: &str = "discovery/oci.SDConfig";
const OPENSTACK: &str = "discovery/openstack.SDConfig";
const OUTSCALE: &str = "discovery/outscale.SDConfig";
const OVHCLOUD: &str = "discovery/ovhcloud.SDConfig";
const SCALEWAY: &str = "discovery/scaleway.SDConfig";
const SWARM: &str = "discovery/moby.DockerSwarmSDConfig";
const TRITON: &str = "discovery/triton.SDConfig";
const UYUNI: &str = "discovery/uyuni.SDConfig";
const WEB_TLS: &str = "exporter-toolkit/web.TLSConfig";

const fn azure_oauth(needs: &'static str) -> Row {
    row(AZURE, When { field: "authentication_method", is: "OAuth", default: true, needs })
}

const fn oci_key(needs: &'static str) -> Row {
    row(OCI, When { field: "auth", is: "api_key", default: true, needs })
}

pub(super) const ROWS: &[Row] = &[
    // Clients.
    row("common/config.BasicAuth", AtMostOne(&["username", "username_file", "username_ref"])),
    row("common/config.BasicAuth", AtMostOne(&["password", "password_file", "password_ref"])),
    row("common/config.Authorization", AtMostOne(&["credentials", "credentials_file", "credentials_ref"])),
    row(OAUTH2, Field("client_id")),
    row(OAUTH2, Field("token_url")),
    until(2, 51, OAUTH2, OneOf(&["client_secret", "client_secret_file"])),
    row(TLS, AtMostOne(&["ca", "ca_file", "ca_ref"])),
    row(TLS, AtMostOne(&["cert", "cert_file", "cert_ref"])),
    row(TLS, AtMostOne(&["key", "key_file", "key_ref"])),
    since(2, 45, TLS, With("cert", &["key", "key_file", "key_ref"])),
    since(2, 45, TLS, With("cert_file", &["key", "key_file", "key_ref"])),
    since(2, 45, TLS, With("cert_ref", &["key", "key_file", "key_ref"])),
    since(2, 45, TLS, With("key", &["cert", "cert_file", "cert_ref"])),
    since(2, 45, TLS, With("key_file", &["cert", "cert_file", "cert_ref"])),
    since(2, 45, TLS, With("key_ref", &["cert", "cert_file", "cert_ref"])),
    row("sigv4.SigV4Config", With("access_key", &["secret_key"])),
    row("sigv4.SigV4Config", With("secret_key", &["access_key"])),
    since(3, 10, "sigv4.SigV4Config", With("external_id", &["role_arn"])),
    row(AZURE_AD, AtMostOne(AZURE_WAYS)),
    row(AZURE_AD, OneOf(AZURE_WAYS)),
    row(AZURE_AD, Word("cloud", &["", "AzureChina", "AzureGovernment", "AzurePublic"])),
    since(
        3,
        9,
        AZURE_AD,
        Form("scope", "scope: it has other characters than letters, digits and ` _:/.-`", scope),
    ),
    until(3, 5, "storage/remote/azuread.ManagedIdentityConfig", Field("client_id")),
    row("storage/remote/azuread.ManagedIdentityConfig", Form("client_id", "UUID", uuid)),
    row("storage/remote/azuread.OAuthConfig", Field("client_id")),
    row("storage/remote/azuread.OAuthConfig", Form("client_id", "UUID", uuid)),
    row("storage/remote/azuread.OAuthConfig", Field("client_secret")),
    row("storage/remote/azuread.OAuthConfig", Field("tenant_id")),
    row("storage/remote/azuread.WorkloadIdentityConfig", Field("client_id")),
    row("storage/remote/azuread.WorkloadIdentityConfig", Field("tenant_id")),
    row("storage/remote/azuread.WorkloadIdentityConfig", Form("client_id", "UUID", uuid)),
    row("storage/remote/azuread.WorkloadIdentityConfig", Form("tenant_id", "UUID", uuid)),
    row("storage/remote/azuread.CertificateConfig", Field("client_id")),
    row("storage/remote/azuread.CertificateConfig", Form("client_id", "UUID", uuid)),
    row("storage/remote/azuread.CertificateConfig", Field("tenant_id")),
    row("storage/remote/azuread.CertificateConfig", Field("certificate_path")),
    // Sections of prometheus.yml.
    since(2, 55, "config.RemoteWriteConfig", Filled("protobuf_message")),
    since(3, 0, "config.AlertmanagerConfig", Word("api_version", &["", "v2"])),
    row("config.TracingConfig", Field("endpoint")),
    row("config.TracingConfig", Word("compression", &["", "gzip"])),
    row("config.ChunkEncodingConfig", Word("floats", &["", "xor", "xor2"])),
    since(
        3,
        5,
        "config.OTLPConfig",
        Without("promote_all_resource_attributes", &["promote_resource_attributes"]),
    ),
    since(
        3,
        5,
        "config.OTLPConfig",
        With("ignore_resource_attributes", &["promote_all_resource_attributes"]),
    ),
    // web.yml.
    row(WEB_TLS, With("cert", &["key", "key_file"])),
    row(WEB_TLS, With("cert_file", &["key", "key_file"])),
    row(WEB_TLS, With("key", &["cert", "cert_file"])),
    row(WEB_TLS, With("key_file", &["cert", "cert_file"])),
    row(WEB_TLS, With("client_ca", &["cert", "cert_file"])),
    row(WEB_TLS, With("client_ca_file", &["cert", "cert_file"])),
    row(WEB_TLS, With("client_auth_type", &["cert", "cert_file"])),
    row(
        WEB_TLS,
        Word(
            "client_auth_type",
            &[
                "",
                "NoClientCert",
                "RequestClientCert",
                "RequireAnyClientCert",
                "RequireClientCert",
                "VerifyClientCertIfGiven",
                "RequireAndVerifyClientCert",
            ],
        ),
    ),
    // Service discovery.
    row("discovery/aws.Filter", Field("values")),
    row("discovery/aws.SDConfig", Field("role")),
    row(AZURE, Field("subscription_id")),
    azure_oauth("tenant_id"),
    azure_oauth("client_id"),
    azure_oauth("client_secret"),
    row(AZURE, Word("authentication_method", &["OAuth", "ManagedIdentity", "SDK", "WorkloadIdentity"])),
    row("discovery/consul.SDConfig", Filled("server")),
    row("discovery/consul.SDConfig", Without("token", &["authorization", "oauth2"])),
    row("discovery/consul.SDConfig", Without("username", &["basic_auth"])),
    row("discovery/consul.SDConfig", Without("password", &["basic_auth"])),
    since(3, 12, "discovery/digitalocean.SDConfig", Filled("role")),
    row("discovery/dns.SDConfig", Field("names")),
    row("discovery/eureka.SDConfig", Field("server")),
    row("discovery/file.SDConfig", Field("files")),
    row("discovery/gce.SDConfig", Field("project")),
    row("discovery/gce.SDConfig", Field("zone")),
    row("discovery/hetzner.SDConfig", Field("role")),
    row("discovery/http.SDConfig", Field("url")),
    row("discovery/ionos.SDConfig", Field("datacenter_id")),
    row(KUBERNETES, Field("role")),
    row(KUBERNETES, Without("kubeconfig_file", &["api_server"])),
    row("discovery/marathon.SDConfig", Field("servers")),
    row("discovery/marathon.SDConfig", AtMostOne(&["auth_token", "auth_token_file"])),
    row("discovery/moby.DockerSDConfig", Field("host")),
    row(SWARM, Field("host")),
    row(SWARM, Field("role")),
    row(SWARM, Word("role", &["", "services", "nodes", "tasks"])),
    row("discovery/nomad.SDConfig", Filled("server")),
    row(OCI, Field("region")),
    row(OCI, Word("auth", &["api_key", "instance_principal"])),
    oci_key("tenancy"),
    oci_key("user"),
    oci_key("fingerprint"),
    oci_key("key_file"),
    row(OCI, AtMostOne(&["key_passphrase", "key_passphrase_file"])),
    row(
        OCI,
        Bars {
            field: "auth",
            is: "instance_principal",
            bars: &["tenancy", "user", "fingerprint", "key_file", "key_passphrase", "key_passphrase_file"],
        },
    ),
    row(OCI, Items("compartments")),
    row(OCI, Positive("refresh_interval")),
    row(OPENSTACK, Field("role")),
    row(OPENSTACK, Field("region")),
    row(OPENSTACK, Word("availability", &["public", "admin", "internal"])),
    row(OUTSCALE, Filled("region")),
    row(OUTSCALE, Field("access_key")),
    row(OUTSCALE, OneOf(&["secret_key", "secret_key_file"])),
    row(OUTSCALE, AtMostOne(&["secret_key", "secret_key_file"])),
    row(OVHCLOUD, Filled("endpoint")),
    row(OVHCLOUD, Field("application_key")),
    row(OVHCLOUD, Field("application_secret")),
    row(OVHCLOUD, Field("consumer_key")),
    row(OVHCLOUD, Field("service")),
    row(OVHCLOUD, Word("service", &["", "dedicated_server", "vps"])),
    row("discovery/puppetdb.SDConfig", Field("url")),
    row("discovery/puppetdb.SDConfig", Field("query")),
    row(SCALEWAY, Field("role")),
    row(SCALEWAY, Field("project_id")),
    row(SCALEWAY, Field("access_key")),
    row(SCALEWAY, OneOf(&["secret_key", "secret_key_file"])),
    row(SCALEWAY, AtMostOne(&["secret_key", "secret_key_file"])),
    row(SCALEWAY, Form("project_id", "UUID", uuid)),
    row(SCALEWAY, Form("secret_key", "UUID", uuid)),
    row(SCALEWAY, Form("access_key", "access key of Scaleway: `SCW` and 17 capitals or digits", access_key)),
    row(TRITON, Word("role", &["container", "cn"])),
    row(TRITON, Field("account")),
    row(TRITON, Field("dns_suffix")),
    row(TRITON, Field("endpoint")),
    row(TRITON, Positive("refresh_interval")),
    row(UYUNI, Field("server")),
    row(UYUNI, Field("username")),
    row(UYUNI, Field("password")),
    row("discovery/xds.SDConfig", Field("server")),
    row("discovery/zookeeper.ServersetSDConfig", Field("servers")),
    row("discovery/zookeeper.ServersetSDConfig", Field("paths")),
    row("discovery/zookeeper.ServersetSDConfig", Paths("paths")),
    row("discovery/zookeeper.NerveSDConfig", Field("servers")),
    row("discovery/zookeeper.NerveSDConfig", Field("paths")),
    row("discovery/zookeeper.NerveSDConfig", Paths("paths")),
];

/// As the library of Go that Prometheus uses: with hyphens, in braces, behind `urn:uuid:`, or bare.
fn uuid(text: &str) -> bool {
    let text = match text.len() {
        45 => text.strip_prefix("urn:uuid:").unwrap_or_default(),
        38 => text.get(1..37).unwrap_or_default(),
        _ => text,
    };
    let hex = |(at, byte): (usize, u8)| match at {
        8 | 13 | 18 | 23 if text.len() == 36 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    matches!(text.len(), 32 | 36) && text.bytes().enumerate().all(hex)
}

fn access_key(text: &str) -> bool {
    let known = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit();
    text.strip_prefix("SCW").is_some_and(|rest| rest.len() == 17 && rest.bytes().all(known))
}

fn scope(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || "_:/.-".contains(c) || c.is_ascii_whitespace())
}
