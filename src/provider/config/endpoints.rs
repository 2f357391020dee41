//! Endpoints: the `endpoints` attribute, `MSS_ENDPOINT_URL_<PRODUCT>`, `MSS_ENDPOINT_URL`, the variables of the
//! alicloud provider (`ALIBABA_CLOUD_ENDPOINT_<PRODUCT>`, `<PRODUCT>_ENDPOINT`), for STS those of the official
//! libraries, and the public hosts, in this order.
//!
//! Plain HTTP carries signatures and security tokens in the open. It is accepted for a loopback address
//! alone, where the emulator listens.

use url::Url;

use super::reader::{Reader, is_set};
use crate::{
    cloud::endpoint::{Endpoints, is_loopback, is_private, is_region, sts_of_region},
    framework::{
        diagnostics::Diagnostic,
        value::{Knowable, Object, Path, Value},
    },
};

impl Reader<'_> {
    /// The endpoint of each product.
    ///
    /// # Errors
    /// Each URL that cannot be used.
    pub(super) fn endpoints(&self) -> Result<Endpoints, Vec<Diagnostic>> {
        let mut problems = Vec::new();
        let region = self.text("region", &REGION);
        // A malformed argument has been reported by its validator.
        if let Some(text) = region.as_deref().filter(|text| !is_region(text))
            && !is_set(&self.config.string("region"))
        {
            problems.push(malformed_region(text, &REGION));
        }
        let mut endpoints = Endpoints::public(region.as_deref());
        match self.sts_of_libraries() {
            Ok(sts) => endpoints.sts = sts.unwrap_or(endpoints.sts),
            Err(problem) => problems.push(*problem),
        }
        for (product, endpoint) in [
            ("ram", &mut endpoints.ram),
            ("resourcemanager", &mut endpoints.resourcemanager),
            ("sts", &mut endpoints.sts),
            ("mssp", &mut endpoints.mssp),
        ] {
            match self.endpoint(product) {
                Ok(Some(url)) => *endpoint = url,
                Ok(None) => {}
                Err(problem) => problems.push(*problem),
            }
        }
        if problems.is_empty() { Ok(endpoints) } else { Err(problems) }
    }

    /// Where a stand-in for the ECS metadata service is: an emulator, on this machine alone.
    pub(super) fn metadata_url(&self) -> Option<Url> {
        let url = parse(self.environment.first(&["MSS_ENDPOINT_URL_ECS_METADATA"])?).ok()?;
        Some(url).filter(is_loopback)
    }

    fn endpoint(&self, product: &str) -> Result<Option<Url>, Box<Diagnostic>> {
        let configured = self.configured_endpoint(product);
        if is_set(&configured) {
            // A malformed argument has been reported by its validator.
            return Ok(configured.known().and_then(|text| parse(&text).ok()));
        }
        for variable in endpoint_variables(product) {
            if let Some(url) = self.url_of(&variable)? {
                return Ok(Some(url));
            }
        }
        Ok(None)
    }

    /// Whether the endpoint of a product is set, by argument or variable, and not the public one.
    pub(super) fn is_endpoint_set(&self, product: &str) -> bool {
        let variables = endpoint_variables(product);
        is_set(&self.configured_endpoint(product))
            || variables.iter().any(|name| self.environment.first(&[name]).is_some())
    }

    fn configured_endpoint(&self, product: &str) -> Knowable<String> {
        let block = self.config.object("endpoints").known();
        block.map_or(Knowable::Null, |endpoints: Object| endpoints.string(product))
    }

    /// The STS that the official libraries are told to use.
    fn sts_of_libraries(&self) -> Result<Option<Url>, Box<Diagnostic>> {
        if let Some(url) = self.url_of("ALIBABA_CLOUD_STS_ENDPOINT")? {
            return Ok(Some(url));
        }
        let Some(region) = self.environment.first(&[STS_REGION]) else { return Ok(None) };
        let vpc = self.environment.first(&["ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED"]);
        let vpc = vpc.is_some_and(|text| text.eq_ignore_ascii_case("true"));
        let sts = sts_of_region(region, vpc);
        sts.map(Some).ok_or_else(|| Box::new(malformed_region(region, &[STS_REGION])))
    }

    /// The URL that a variable holds, if it is set.
    fn url_of(&self, variable: &str) -> Result<Option<Url>, Box<Diagnostic>> {
        let Some(text) = self.environment.first(&[variable]) else { return Ok(None) };
        parse(text).map(Some).map_err(|problem| Box::new(malformed_variable(variable, text, problem)))
    }
}

/// The variables of a product's endpoint, the first set wins.
pub(super) fn endpoint_variables(product: &str) -> [String; 4] {
    let product = product.to_ascii_uppercase();
    [
        format!("MSS_ENDPOINT_URL_{product}"),
        "MSS_ENDPOINT_URL".to_owned(),
        format!("ALIBABA_CLOUD_ENDPOINT_{product}"),
        format!("{product}_ENDPOINT"),
    ]
}

/// Checks one URL of the `endpoints` attribute.
pub(super) fn validate_endpoint(value: &Value, path: &Path) -> Option<Diagnostic> {
    let Value::String(text) = value else {
        return None;
    };
    let problem = parse(text).err()?;
    let detail = format!(
        "The value {}of \"{path}\" {problem}.\n\nUse a URL such as \"https://ram.aliyuncs.com\", or the host \
         name alone. Plain HTTP is only for a loopback address.",
        origin(text)
    );
    Some(Diagnostic::error("Malformed endpoint", detail).at(path.clone()))
}

fn malformed_region(text: &str, variables: &[&str]) -> Diagnostic {
    let detail = format!(
        "The value {text:?} of {} in the environment is not a region ID.\n\nUse a region ID of Alibaba \
         Cloud, such as \"cn-shanghai\" or \"ap-southeast-1\".",
        variables.join(" or ")
    );
    Diagnostic::error("Malformed region", detail)
}

fn malformed_variable(variable: &str, text: &str, problem: &str) -> Diagnostic {
    Diagnostic::error(
        "Malformed endpoint",
        format!(
            "The value {}of the variable {variable} {problem}.\n\nUse a URL such as \"https://ram.aliyuncs.com\"; \
             plain HTTP is only for a loopback address. Or unset the variable.",
            origin(text)
        ),
    )
}

/// Scheme, host and port in quotes, with a space: all that is shown of a URL, since its other parts can hold a
/// password or a token. Nothing of a text that is not a URL.
fn origin(text: &str) -> String {
    let Ok(url) = Url::parse(&with_scheme(text)) else { return String::new() };
    let host = url.host_str().unwrap_or_default();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("\"{}://{host}{port}\" ", url.scheme())
}

fn with_scheme(text: &str) -> String {
    if text.contains("://") { text.to_owned() } else { format!("https://{text}") }
}

/// Reads a URL, or a host name alone as HTTPS.
fn parse(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(&with_scheme(text)).map_err(|_| "is not a URL")?;
    if !matches!(url.scheme(), "https" | "http") {
        return Err("has a scheme other than https and http");
    }
    if url.host().is_none() {
        return Err("has no host");
    }
    let of_domain = |domain: &str| domain.strip_suffix('.').unwrap_or(domain).split('.').any(str::is_empty);
    let has_empty_label = url.domain().is_some_and(of_domain);
    if has_empty_label || url.port() == Some(0) {
        return Err("has a host or a port that cannot exist");
    }
    let plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    if !plain || url.fragment().is_some() || url.path() != "/" {
        return Err("has more than scheme, host and port");
    }
    if !is_private(&url) {
        return Err("is plain HTTP to a host that is not this machine");
    }
    Ok(url)
}

pub(super) const REGION: [&str; 2] = ["ALICLOUD_REGION", "ALIBABA_CLOUD_REGION"];
const STS_REGION: &str = "ALIBABA_CLOUD_STS_REGION";

#[cfg(test)]
pub(crate) mod tests {
    use super::{super::ProviderEnvironment, *};
    use crate::framework::diagnostics::Samples;

    /// A sample of each diagnostic that this file makes, for the snapshot.
    pub(crate) fn samples() -> Samples {
        let path = Path::of("endpoints").attribute("ram");
        vec![
            ("validate_endpoint", validate_endpoint(&"ftp://ram.aliyuncs.com".into(), &path).unwrap()),
            ("validate_endpoint, not shown", validate_endpoint(&"https://".into(), &path).unwrap()),
            ("malformed_region", malformed_region("Shanghai", &["ALIBABA_CLOUD_REGION", "ALICLOUD_REGION"])),
            ("malformed_variable", malformed_variable("MSS_ENDPOINT_URL_RAM", "https://", "is not a URL")),
        ]
    }

    fn read(config: &[(&str, &str)], variables: &[(&str, &str)]) -> Result<Endpoints, Vec<Diagnostic>> {
        let endpoints: Object =
            config.iter().map(|(name, url)| ((*name).to_owned(), (*url).into())).collect();
        let mut config = Object::empty();
        config.set("endpoints", endpoints);
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let environment = ProviderEnvironment { variables: variables.collect(), home: None };
        Reader { config: &config, environment: &environment }.endpoints()
    }

    #[test]
    fn argument_then_product_variable_then_variable_then_public() {
        let all = ("MSS_ENDPOINT_URL", "http://127.0.0.1:1");
        let of_ram = ("MSS_ENDPOINT_URL_RAM", "http://[::1]:2");
        let found = read(&[("ram", "https://example.com:3")], &[all, of_ram]).unwrap();
        assert_eq!(found.ram.as_str(), "https://example.com:3/");
        let found = read(&[], &[all, of_ram]).unwrap();
        assert_eq!((found.ram.as_str(), found.sts.as_str()), ("http://[::1]:2/", "http://127.0.0.1:1/"));
        let found = read(&[("mssp", "mssp.example.com")], &[]).unwrap();
        assert_eq!(found.mssp.as_str(), "https://mssp.example.com/");
        assert_eq!(found.ram.as_str(), "https://ram.aliyuncs.com/");
        assert_eq!(found.sts.as_str(), "https://sts.aliyuncs.com/");
        let found = read(&[], &[("ALIBABA_CLOUD_REGION", "cn-shanghai")]).unwrap();
        assert_eq!(found.sts.as_str(), "https://sts.cn-shanghai.aliyuncs.com/");
    }

    #[test]
    fn variables_of_alicloud_and_of_the_libraries_come_after_our_own() {
        let sts = |variables: &[(&str, &str)]| read(&[], variables).unwrap().sts.to_string();
        let own = ("MSS_ENDPOINT_URL_STS", "https://own.example.com");
        let alicloud = ("ALIBABA_CLOUD_ENDPOINT_STS", "alicloud.example.com:8443");
        let older = ("STS_ENDPOINT", "older.example.com");
        let library = ("ALIBABA_CLOUD_STS_ENDPOINT", "library.example.com");
        let region = ("ALIBABA_CLOUD_STS_REGION", "cn-shanghai");
        let vpc = ("ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED", "TRUE");
        let general = ("ALIBABA_CLOUD_REGION", "cn-beijing");
        for (variables, expected) in [
            (&[own, alicloud, older, library, region, general][..], "own.example.com"),
            (&[alicloud, older, library, region, general], "alicloud.example.com:8443"),
            (&[older, library, region, general], "older.example.com"),
            (&[library, region, general], "library.example.com"),
            (&[region, general], "sts.cn-shanghai.aliyuncs.com"),
            (&[region, vpc, general], "sts-vpc.cn-shanghai.aliyuncs.com"),
            (&[vpc, general], "sts.cn-beijing.aliyuncs.com"),
            (&[vpc], "sts.aliyuncs.com"),
        ] {
            assert_eq!(sts(variables), format!("https://{expected}/"), "{variables:?}");
        }
        let found =
            read(&[], &[("RAM_ENDPOINT", "r.example.com"), ("ALIBABA_CLOUD_ENDPOINT_MSSP", "m.example.com")]);
        let found = found.unwrap();
        assert_eq!(
            (found.ram.as_str(), found.mssp.as_str()),
            ("https://r.example.com/", "https://m.example.com/")
        );
        let problems = read(&[], &[("ALIBABA_CLOUD_STS_REGION", "example.com/")]).unwrap_err();
        assert!(problems[0].detail.contains("ALIBABA_CLOUD_STS_REGION"), "{}", problems[0].detail);
    }

    #[test]
    fn a_region_from_the_environment_is_one() {
        for text in ["example.com/", "CN", "cn shanghai"] {
            let problems = read(&[], &[("ALICLOUD_REGION", text)]).unwrap_err();
            assert_eq!((problems.len(), problems[0].summary.as_ref()), (1, "Malformed region"), "{text}");
        }
    }

    #[test]
    fn plain_http_stays_on_this_machine() {
        assert!(read(&[], &[("MSS_ENDPOINT_URL", "http://localhost:1")]).is_ok());
        for text in [
            "http://ram.aliyuncs.com",
            "http://10.0.0.1",
            "http://localhost.example.com",
            "ftp://x",
            "https://",
        ] {
            let problems = read(&[], &[("MSS_ENDPOINT_URL_STS", text)]).unwrap_err();
            assert!(problems[0].detail.contains("MSS_ENDPOINT_URL_STS"), "{text}");
            assert!(validate_endpoint(&text.into(), &Path::of("endpoints.sts")).is_some(), "{text}");
        }
    }

    #[test]
    fn malformed_arguments_are_named() {
        let path = Path::of("endpoints.ram");
        for text in [
            "",
            "ftp://ram.aliyuncs.com",
            "https://",
            "https://u:p@host",
            "https://host/path",
            "https://host?q",
            "a b",
        ] {
            assert!(validate_endpoint(&text.into(), &path).is_some(), "{text}");
        }
        for text in ["https://ram.aliyuncs.com", "ram.aliyuncs.com", "http://127.0.0.1:8080", "https://host/"]
        {
            assert_eq!(validate_endpoint(&text.into(), &path), None, "{text}");
        }
    }

    #[test]
    fn no_secret_of_a_url_is_shown() {
        for (text, shown) in [
            ("https://user:hush@host:8443", "\"https://host:8443\" "),
            ("https://host/hush?token=hush#hush", "\"https://host\" "),
            ("user:hush@host", "\"https://host\" "),
            ("https://hush hush", "value of"),
        ] {
            let problems = read(&[], &[("MSS_ENDPOINT_URL", text)]).unwrap_err();
            let argument = validate_endpoint(&text.into(), &Path::of("endpoints.ram")).unwrap();
            for problem in [&problems[0], &argument] {
                assert!(problem.detail.contains(shown) && !problem.detail.contains("hush"), "{problem:?}");
            }
        }
    }

    #[test]
    fn unknown_arguments_wait() {
        let mut endpoints = Object::empty();
        endpoints.set("ram", Knowable::<String>::Unknown);
        let mut config = Object::empty();
        config.set("endpoints", endpoints);
        let environment = ProviderEnvironment::default();
        assert!(Reader { config: &config, environment: &environment }.endpoints().is_ok());
    }
}
