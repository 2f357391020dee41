//! The environment of a command that is to see an emulator, and nothing of the person's own cloud.

use std::{
    ffi::{OsStr, OsString},
    fs, io,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use super::Emulator;

/// What to change in the environment of a command. Its files go when it is dropped.
#[derive(Debug)]
pub struct CommandEnvironment {
    remove: Vec<OsString>,
    set: Vec<(String, OsString)>,
    _files: TempDir,
}

impl CommandEnvironment {
    /// For a command beside an emulator. `own` are the variables that it would inherit.
    ///
    /// Every variable that a client of the cloud reads is taken away; credential files that clients
    /// look for by themselves are hidden behind empty ones; the metadata service is off. `HOME` stays:
    /// Terraform and its plugins need it.
    ///
    /// # Errors
    /// The empty files cannot be written.
    pub fn new(emulator: &Emulator, own: impl IntoIterator<Item = (OsString, OsString)>) -> io::Result<Self> {
        let own: Vec<_> = own.into_iter().collect();
        let files = tempfile::Builder::new().prefix("mss-emulator-").tempdir()?;
        let mut set = keys(emulator);
        set.extend(endpoints(emulator));
        set.extend(empty_files(files.path())?);
        set.extend(no_proxy(&own));
        set.extend(certificates(emulator));
        let remove = own.into_iter().map(|(name, _)| name).filter(|name| is_of_a_cloud(name)).collect();
        Ok(Self { remove, set, _files: files })
    }

    /// Variables that the command must not have.
    pub fn removed(&self) -> impl Iterator<Item = &OsStr> {
        self.remove.iter().map(OsString::as_os_str)
    }

    /// Variables that the command must have.
    pub fn set(&self) -> impl Iterator<Item = (&str, &OsStr)> {
        self.set.iter().map(|(name, value)| (name.as_str(), value.as_os_str()))
    }
}

/// Whether official clients, the alicloud provider or ours read it (SDK, peer).
fn is_of_a_cloud(name: &OsStr) -> bool {
    // Windows ignores case.
    let name = name.to_string_lossy().to_uppercase();
    let product_endpoint = name.strip_suffix("_ENDPOINT").is_some_and(|product| PRODUCTS.contains(&product));
    PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || NAMES.contains(&name.as_str())
        || product_endpoint
}

fn keys(emulator: &Emulator) -> Vec<(String, OsString)> {
    let variables = [
        ("MSS_ENDPOINT_URL", emulator.endpoint()),
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", emulator.access_key_id()),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", emulator.access_key_secret()),
        ("ALIBABA_CLOUD_REGION", REGION),
        ("ALIBABA_CLOUD_REGION_ID", REGION),
        ("ALIBABA_CLOUD_ACCOUNT_TYPE", "Domestic"),
        ("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true"),
        // The `aliyun` tool takes a profile before keys.
        ("ALIBABA_CLOUD_IGNORE_PROFILE", "TRUE"),
    ];
    variables.map(|(name, value)| (name.to_owned(), value.into())).into()
}

/// As alicloud reads them: host and port (peer).
fn endpoints(emulator: &Emulator) -> impl Iterator<Item = (String, OsString)> {
    let host: OsString = emulator.authority().into();
    let of_product = |product: &&str| format!("ALIBABA_CLOUD_ENDPOINT_{product}");
    PRODUCTS.iter().map(of_product).map(move |name| (name, host.clone()))
}

fn empty_files(folder: &Path) -> io::Result<Vec<(String, OsString)>> {
    let write = |name: &str, text: &str| -> io::Result<OsString> {
        let path = folder.join(name);
        fs::write(&path, text)?;
        Ok(path.into_os_string())
    };
    Ok(vec![
        (
            "ALIBABA_CLOUD_CONFIG_FILE".to_owned(),
            write("config.json", "{\"current\": \"\", \"profiles\": []}\n")?,
        ),
        ("ALIBABA_CLOUD_CREDENTIALS_FILE".to_owned(), write("credentials", "")?),
    ])
}

/// A proxy does not reach this machine.
fn no_proxy(own: &[(OsString, OsString)]) -> impl Iterator<Item = (String, OsString)> {
    let known = own.iter().find(|(name, value)| name.eq_ignore_ascii_case("no_proxy") && !value.is_empty());
    let mut value = known.map(|(_, value)| value.clone()).unwrap_or_default();
    if !value.is_empty() {
        value.push(",");
    }
    value.push("127.0.0.1,localhost,::1");
    ["NO_PROXY", "no_proxy"].into_iter().map(move |name| (name.to_owned(), value.clone()))
}

/// Where OpenSSL, Go, Rust, Python, curl and Node look for authorities.
fn certificates(emulator: &Emulator) -> Vec<(String, OsString)> {
    let Some((certificate, bundle)) = emulator.certificates() else { return Vec::new() };
    let host = emulator.authority().to_owned();
    let bundled = ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"];
    let mut variables: Vec<(String, OsString)> =
        bundled.into_iter().map(|name| (name.to_owned(), bundle.clone().into_os_string())).collect();
    let own = |path: PathBuf| path.into_os_string();
    variables.push(("NODE_EXTRA_CA_CERTS".to_owned(), own(certificate.clone())));
    variables.push(("MSS_EMULATOR_CERTIFICATE".to_owned(), own(certificate)));
    // Clients that speak HTTPS alone.
    variables.push(("ALIBABA_CLOUD_STS_ENDPOINT".to_owned(), host.into()));
    variables
}

/// Of the variables that clients of the cloud read.
const PREFIXES: [&str; 6] =
    ["ALICLOUD_", "ALIBABA_CLOUD_", "ALIBABACLOUD_", "ALIYUN_", "OSS_", "MSS_ENDPOINT_URL"];
/// Such variables without one of the prefixes; the last one is read by the `aliyun` tool.
const NAMES: [&str; 6] = [
    "ACCESS_KEY_ID",
    "ACCESS_KEY_SECRET",
    "SECURITY_TOKEN",
    "MSS_EMULATOR_CERTIFICATE",
    // A provider that runs already, with the cloud that it was started for.
    "TF_REATTACH_PROVIDERS",
    "REGION_ID",
];
/// The products that alicloud calls here.
const PRODUCTS: [&str; 6] = ["RAM", "RESOURCEMANAGER", "RESOURCEDIRECTORYMASTER", "STS", "SAS", "MSSP"];
const REGION: &str = "cn-hangzhou";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_clients_of_the_cloud_read_is_taken_away() {
        for (name, taken) in [
            ("ALICLOUD_ACCESS_KEY", true),
            ("ALIBABA_CLOUD_PROFILE", true),
            ("ALIBABACLOUD_SECRET_KEY", true),
            ("alibaba_cloud_profile", true),
            ("MSS_ENDPOINT_URL", true),
            ("MSS_ENDPOINT_URL_RAM", true),
            ("STS_ENDPOINT", true),
            ("ACCESS_KEY_ID", true),
            ("OSS_ACCESS_KEY_ID", true),
            ("ALIYUN_PROFILE", true),
            ("HOME", false),
            ("PATH", false),
            ("TF_CLI_CONFIG_FILE", false),
            ("OTEL_EXPORTER_ENDPOINT", false),
        ] {
            assert_eq!(is_of_a_cloud(OsStr::new(name)), taken, "{name}");
        }
    }

    #[test]
    fn whatever_leads_to_another_cloud_is_taken_away() {
        for name in ["ALICLOUD_ACCESS_KEY", "MSS_ENDPOINT_URL_RAM", "STS_ENDPOINT", "TF_REATTACH_PROVIDERS"] {
            assert!(is_of_a_cloud(OsStr::new(name)), "{name}");
        }
        for name in ["HOME", "PATH", "TF_LOG", "SSL_CERT_FILE"] {
            assert!(!is_of_a_cloud(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn a_proxy_is_kept_from_this_machine() {
        let value = |own: &[(&str, &str)]| {
            let own: Vec<_> = own.iter().map(|(name, value)| (name.into(), value.into())).collect();
            no_proxy(&own).next().unwrap().1.into_string().unwrap()
        };
        assert_eq!(value(&[]), "127.0.0.1,localhost,::1");
        assert_eq!(value(&[("no_proxy", "example.com")]), "example.com,127.0.0.1,localhost,::1");
    }
}
