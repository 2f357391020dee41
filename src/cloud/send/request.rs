//! One request as the wire has it: signed (V3), or with the action in the query where a token stands for a
//! signature.

use jiff::Timestamp;
use reqwest::{Method, RequestBuilder};
use secrecy::ExposeSecret;
use url::Url;

use crate::{
    cloud::{
        api::Product,
        endpoint::host_of,
        key::Credentials,
        signature::{self, authorization, canonical_query, sha256_hex},
        transport::http::{Failure, Transport},
    },
    text::Secrets,
};

/// One call of an action: what to ask of which host.
#[derive(Clone, Copy, Debug)]
pub struct ApiRequest<'a> {
    /// The product, which gives the version.
    pub product: Product,
    /// The base URL to send it to.
    pub endpoint: &'a Url,
    /// The name of the action, as in [`crate::cloud::api`].
    pub action: &'static str,
    /// Name and value of each parameter, not encoded, in any order.
    pub parameters: &'a [(&'a str, &'a str)],
}

/// What makes one attempt different from the next.
#[derive(Debug)]
pub(super) struct Stamp {
    pub(super) at: Timestamp,
    pub(super) nonce: String,
}

impl ApiRequest<'_> {
    /// Host, and port where it is not the scheme's own.
    pub(super) fn host(&self) -> String {
        host_of(self.endpoint)
    }

    pub(super) fn build(
        &self,
        transport: &Transport,
        credentials: Option<&Credentials>,
        stamp: &Stamp,
    ) -> Result<RequestBuilder, Failure> {
        self.remember_secrets(transport.secrets(), credentials);
        let request = match credentials {
            Some(credentials) => self.signed(transport, credentials, stamp)?,
            None => self.unsigned(transport, stamp)?,
        };
        Ok(request.header("accept", "application/json"))
    }

    /// What is sent, or signed with, is masked in whatever comes back.
    fn remember_secrets(&self, secrets: &Secrets, credentials: Option<&Credentials>) {
        if let Some(credentials) = credentials {
            secrets.remember(credentials.access_key_secret().expose_secret());
            credentials.security_token().iter().for_each(|token| secrets.remember(token.expose_secret()));
        }
        let tokens = self.parameters.iter().filter(|(name, _)| SECRET_PARAMETERS.contains(name));
        tokens.for_each(|(_, token)| secrets.remember(token));
    }

    fn signed(
        &self,
        transport: &Transport,
        credentials: &Credentials,
        stamp: &Stamp,
    ) -> Result<RequestBuilder, Failure> {
        let query = owned(self.parameters);
        let body_sha256 = sha256_hex(b"");
        let headers = self.headers_to_sign(credentials, stamp, &body_sha256);
        let signed = signature::SignedParts {
            method: "POST",
            query: &query,
            headers: &headers,
            body_sha256: &body_sha256,
        };
        let authorization =
            authorization(&signed, credentials.access_key_id(), credentials.access_key_secret());
        transport.secrets().remember_passing(signature_in(&authorization));
        let mut url = self.endpoint.clone();
        url.set_query(Some(canonical_query(&query).as_str()).filter(|query| !query.is_empty()));
        let request = transport.to_product(Method::POST, url)?.header("authorization", authorization);
        Ok(headers.into_iter().fold(request, |request, (name, value)| request.header(name, value)))
    }

    fn headers_to_sign(
        &self,
        credentials: &Credentials,
        stamp: &Stamp,
        body_sha256: &str,
    ) -> Vec<(String, String)> {
        let (host, date) = (self.host(), signing_date(stamp.at));
        let mut headers = owned(&[
            ("host", &host),
            ("x-acs-action", self.action),
            ("x-acs-content-sha256", body_sha256),
            ("x-acs-date", &date),
            ("x-acs-signature-nonce", &stamp.nonce),
            ("x-acs-version", self.product.version()),
        ]);
        if let Some(token) = credentials.security_token() {
            headers.extend(owned(&[
                ("x-acs-accesskey-id", credentials.access_key_id()),
                ("x-acs-security-token", token.expose_secret()),
            ]));
        }
        headers
    }

    /// The action in the query, the parameters in a form, as the official SDK for Go sends it.
    fn unsigned(&self, transport: &Transport, stamp: &Stamp) -> Result<RequestBuilder, Failure> {
        let mut url = self.endpoint.clone();
        url.query_pairs_mut()
            .append_pair("Action", self.action)
            .append_pair("Format", "JSON")
            .append_pair("Timestamp", &signing_date(stamp.at))
            .append_pair("Version", self.product.version());
        let form =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(self.parameters).finish();
        let request = transport.to_product(Method::POST, url)?;
        Ok(request.header("content-type", "application/x-www-form-urlencoded").body(form))
    }
}

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The signature in a header `Authorization`; it is good for one request, and nobody needs to see it.
fn signature_in(authorization: &str) -> &str {
    authorization.rsplit_once("Signature=").map_or("", |(_, signature)| signature)
}

fn signing_date(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Parameters that stand for a signature.
const SECRET_PARAMETERS: [&str; 1] = ["OIDCToken"];
