//! Where each product answers.

use std::net::Ipv4Addr;

use url::{Host, Url};

use super::api::Product;

/// The base URL of each product: scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// RAM 2015-05-01: templates of roles, policies.
    pub ram: Url,
    /// Resource Management 2020-03-31: service-linked roles, member accounts.
    pub resourcemanager: Url,
    /// STS 2015-04-01: whose credentials these are, sessions.
    pub sts: Url,
    /// Managed Security Service 2016-12-28: the subscription.
    pub mssp: Url,
}

impl Endpoints {
    /// The public endpoints (SDK; MSS documented). RAM, Resource Management and MSS have one host for
    /// all regions; STS has one in each, and a central one.
    ///
    /// An invalid region counts as absent; validation has already rejected it.
    pub fn public(region: Option<&str>) -> Self {
        let sts = region.and_then(|region| sts_of_region(region, false));
        Self {
            ram: known("ram.aliyuncs.com"),
            resourcemanager: known("resourcemanager.aliyuncs.com"),
            sts: sts.unwrap_or_else(|| known("sts.aliyuncs.com")),
            mssp: known("mssp.aliyuncs.com"),
        }
    }

    /// The base URL of one product.
    pub fn of(&self, product: Product) -> &Url {
        match product {
            Product::Ram => &self.ram,
            Product::ResourceManager => &self.resourcemanager,
            Product::Sts => &self.sts,
            Product::Mssp => &self.mssp,
        }
    }

    /// Whether every product answers on this machine.
    pub fn are_loopback(&self) -> bool {
        [&self.ram, &self.resourcemanager, &self.sts, &self.mssp].into_iter().all(is_loopback)
    }
}

/// Host, and port where it is not the scheme's own, as the `Host` header has it.
pub(super) fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// STS in a region, or its host in the region's private networks. Some regions have the central host alone.
///
/// `None` for a text that is not a region.
pub(crate) fn sts_of_region(region: &str, vpc: bool) -> Option<Url> {
    if !is_region(region) {
        return None;
    }
    match (vpc, CENTRAL_STS_REGIONS.contains(&region)) {
        (true, _) => https(&format!("sts-vpc.{region}.aliyuncs.com")),
        (false, true) => https("sts.aliyuncs.com"),
        (false, false) => https(&format!("sts.{region}.aliyuncs.com")),
    }
}

/// Whether a text can be the ID of a region. Anything else could lead to another host where it becomes a
/// part of one.
pub(crate) fn is_region(text: &str) -> bool {
    let well_formed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let begins = text.starts_with(|c: char| c.is_ascii_lowercase());
    begins && !text.ends_with('-') && text.bytes().all(well_formed)
}

/// Whether nobody on the way can read what is sent to a URL: it is encrypted, or stays on this machine.
pub(crate) fn is_private(url: &Url) -> bool {
    url.scheme() == "https" || is_loopback(url)
}

/// Whether a URL leads to what the network of this machine itself offers: link-local addresses, among
/// them the metadata service, which no router passes on.
fn is_link_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_link_local() || address == METADATA_ADDRESS,
        Some(Host::Ipv6(address)) => address.is_unicast_link_local(),
        _ => false,
    }
}

/// Whether credentials may come from a URL: in private, or from what is near this machine.
pub(crate) fn may_send_credentials(url: &Url) -> bool {
    is_private(url) || is_link_local(url)
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

/// Where an ECS instance finds its metadata service (documented).
const METADATA_ADDRESS: Ipv4Addr = Ipv4Addr::new(100, 100, 100, 200);
/// Regions for which the SDK for STS 2015-04-01 names the central host (SDK).
const CENTRAL_STS_REGIONS: [&str; 34] = [
    "ap-northeast-2-pop",
    "ap-south-1",
    "ap-southeast-2",
    "cn-beijing-finance-pop",
    "cn-beijing-gov-1",
    "cn-beijing-nu16-b01",
    "cn-edge-1",
    "cn-fujian",
    "cn-haidian-cm12-c01",
    "cn-hangzhou-bj-b01",
    "cn-hangzhou-finance",
    "cn-hangzhou-internal-prod-1",
    "cn-hangzhou-internal-test-1",
    "cn-hangzhou-internal-test-2",
    "cn-hangzhou-internal-test-3",
    "cn-hangzhou-test-306",
    "cn-hongkong-finance-pop",
    "cn-huhehaote-nebula-1",
    "cn-shanghai-et15-b01",
    "cn-shanghai-et2-b01",
    "cn-shanghai-inner",
    "cn-shanghai-internal-test-1",
    "cn-shenzhen-finance-1",
    "cn-shenzhen-inner",
    "cn-shenzhen-st4-d01",
    "cn-shenzhen-su18-b01",
    "cn-wuhan",
    "cn-yushanfang",
    "cn-zhangbei",
    "cn-zhangbei-na61-b01",
    "cn-zhangjiakou-na62-a01",
    "cn-zhengzhou-nebula-1",
    "eu-west-1-oxs",
    "rus-west-1-pop",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stays_private_and_what_stays_near() {
        for (text, private, near) in [
            ("https://ram.aliyuncs.com", true, false),
            ("http://ram.aliyuncs.com", false, false),
            ("http://127.0.0.1:8080", true, false),
            ("http://[::1]", true, false),
            ("http://localhost", true, false),
            ("http://localhost.example.com", false, false),
            ("http://127.0.0.1.example.com", false, false),
            ("http://10.0.0.1", false, false),
            ("http://100.100.100.200", false, true),
            ("http://100.100.100.201", false, false),
            ("http://169.254.169.254", false, true),
            ("http://[fe80::1]", false, true),
        ] {
            let url = Url::parse(text).unwrap();
            assert_eq!((is_private(&url), is_link_local(&url)), (private, near), "{text}");
        }
    }

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
        for region in ["cn-hangzhou-finance", "cn-beijing-gov-1", "ap-south-1"] {
            assert_eq!(Endpoints::public(Some(region)).sts, central.sts, "{region}");
        }
        let vpc = sts_of_region("cn-beijing-gov-1", true).unwrap();
        assert_eq!(vpc.as_str(), "https://sts-vpc.cn-beijing-gov-1.aliyuncs.com/");
        for text in ["not a host", "example.com/", "example.com#", "x@example.com:1?", "CN", ""] {
            assert!(!is_region(text), "{text}");
            assert_eq!(Endpoints::public(Some(text)).sts, central.sts, "{text}");
        }
    }
}
