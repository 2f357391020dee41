//! Where each product answers.

use url::{Host, Url};

/// The base URL of each product: scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// RAM 2015-05-01.
    pub ram: Url,
    /// Resource Management 2020-03-31.
    pub resourcemanager: Url,
    /// STS 2015-04-01.
    pub sts: Url,
    /// Managed Security Service 2016-12-28.
    pub mssp: Url,
}

impl Endpoints {
    /// The public endpoints (SDK; MSS documented). RAM, Resource Management and MSS have one host for
    /// all regions; STS has one in each, and a central one.
    ///
    /// A region that is no part of a host name counts as none: it has been refused before.
    pub fn public(region: Option<&str>) -> Self {
        let sts = region.and_then(|region| https(&format!("sts.{region}.aliyuncs.com")));
        Self {
            ram: known("ram.aliyuncs.com"),
            resourcemanager: known("resourcemanager.aliyuncs.com"),
            sts: sts.unwrap_or_else(|| known("sts.aliyuncs.com")),
            mssp: known("mssp.aliyuncs.com"),
        }
    }
}

/// Whether a URL leads to this machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

fn https(host: &str) -> Option<Url> {
    Url::parse(&format!("https://{host}")).ok()
}

#[expect(clippy::expect_used, reason = "the hosts are constants, each read in a test")]
fn known(host: &'static str) -> Url {
    https(host).expect("a constant host makes a URL")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_hosts() {
        let central = Endpoints::public(None);
        let hosts = [&central.ram, &central.resourcemanager, &central.sts, &central.mssp].map(Url::as_str);
        assert_eq!(
            hosts,
            [
                "https://ram.aliyuncs.com/",
                "https://resourcemanager.aliyuncs.com/",
                "https://sts.aliyuncs.com/",
                "https://mssp.aliyuncs.com/"
            ]
        );
        let regional = Endpoints::public(Some("ap-southeast-1"));
        assert_eq!(regional.sts.as_str(), "https://sts.ap-southeast-1.aliyuncs.com/");
        assert_eq!(Endpoints::public(Some("not a host")).sts, central.sts);
    }
}
