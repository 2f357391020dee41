//! The OAuth sign-in of the `aliyun` command-line tool: an access token that a refresh token renews,
//! exchanged for a session (SDK).
//!
//! | In the profile | What happens |
//! |---|---|
//! | a session that is still good | it is used, and nobody is asked |
//! | an access token that is good for 20 minutes more, or no refresh token | it is exchanged for a session |
//! | a refresh token | it is spent for new tokens, then exchanged |
//!
//! A refresh token is good once. So that it is not spent for nothing, the file is replaced by its own content before
//! that: where this fails, the new tokens could not be kept either. Once it is spent nothing stops the exchange
//! until the new ones are written, not even an interruption. So that it is not spent twice, one program at a time
//! continues, under a lock that the official libraries take too, and the others read what it wrote; not on Windows,
//! where a locked file could not be replaced.

use std::{io, path::PathBuf, time::Duration};

use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use url::Url;

use super::{
    error::Error,
    fields::Fields,
    files::{Lock, Replacement, read, reading},
    issued::{self, CredentialService, IssuedCredentials, sign_in_again},
    unstoppable,
};
use crate::cloud::{
    key::Credentials,
    place::Place,
    transport::http::{Response, Transport},
};

/// An OAuth sign-in of the `aliyun` tool, and where its tokens are kept.
#[derive(Clone, Debug)]
pub struct OAuth {
    /// The file, where new tokens are written back.
    pub file: PathBuf,
    /// The profile in that file.
    pub profile: String,
    /// The sign-in site: base URL of the token and exchange calls.
    pub site: Url,
    /// The ID of the command-line tool at that site, which is a public client.
    pub client_id: String,
}

/// Base URL and client ID of a sign-in site.
pub(super) fn site(site_type: &str) -> Option<(&'static str, &'static str)> {
    match site_type.to_ascii_uppercase().as_str() {
        "CN" | "" => Some(("https://oauth.aliyun.com", "4038181954557748008")),
        "INTL" => Some(("https://oauth.alibabacloud.com", "4103531455503354461")),
        _ => None,
    }
}

/// What a profile holds of a sign-in, and of the session that it gave.
#[derive(Clone, Debug)]
struct ProfileSession {
    oauth_access_token: Option<SecretString>,
    oauth_access_token_expire: Option<i64>,
    oauth_refresh_token: Option<SecretString>,
    access_key_id: Option<String>,
    access_key_secret: Option<SecretString>,
    sts_token: Option<SecretString>,
    sts_expiration: Option<i64>,
}

/// The response to a refresh.
#[derive(Deserialize)]
struct Tokens {
    access_token: SecretString,
    refresh_token: SecretString,
    expires_in: Option<i64>,
}

impl Tokens {
    /// Reads the response to a refresh; no text shows any of it.
    fn read(response: Response) -> Result<Self, issued::Problem> {
        serde_json::from_slice(&issued::body_of_success(response)?)
            .map_err(|_| issued::Problem::Other("answered with something other than tokens".to_owned()))
    }
}

impl OAuth {
    /// The session in the profile, or a new one.
    ///
    /// # Errors
    /// The sign-in has ended, the file cannot be written, or the site does not respond.
    pub(super) async fn fetch(&self, transport: &Transport) -> Result<Credentials, Error> {
        let now = || transport.clock().now();
        if let Some(session) = self.session(&self.profile_session().await?, now()) {
            return Ok(session);
        }
        let lock = self.lock().await?;
        // Another may have written while we waited.
        let profile_session = self.profile_session().await?;
        if let Some(session) = self.session(&profile_session, now()) {
            return Ok(session);
        }
        self.renew(transport, profile_session, lock).await
    }

    /// Asks for a session, for new tokens before it if they are needed, and writes all of it back.
    async fn renew(
        &self,
        transport: &Transport,
        mut profile_session: ProfileSession,
        mut lock: Option<Lock>,
    ) -> Result<Credentials, Error> {
        let now = transport.clock().now();
        if let Some(refresh_token) = profile_session.refresh_token_to_spend(now) {
            let request = self.refresh_request(transport, &refresh_token)?;
            let spending = self.clone().spend(request, profile_session, lock, now);
            let ended = unstoppable::run(spending).await;
            (profile_session, lock) =
                ended.map_err(|_| self.failed("the renewal ended by a panic".to_owned()))??;
        }
        let Some(access_token) = profile_session.oauth_access_token.clone() else {
            return Err(self.failed("the profile has neither a session nor a token".to_owned()));
        };
        let session = self.exchange(transport, &access_token).await?;
        profile_session.take_session(&session);
        // The session works whether or not it can be kept for the next program.
        if let Err(error) = self.write(&profile_session) {
            tracing::debug!(%error, "session was not kept");
        }
        drop(lock);
        Ok(session)
    }

    /// Spends the refresh token, and keeps the new tokens before they are exchanged: an exchange that fails must not
    /// lose them.
    async fn spend(
        self,
        request: RequestBuilder,
        mut profile_session: ProfileSession,
        lock: Option<Lock>,
        now: Timestamp,
    ) -> Result<(ProfileSession, Option<Lock>), Error> {
        let rehearsed = self.rehearse().map_err(|error| self.unwritable(&error))?;
        let response = issued::exchange(request).await.map_err(issued::Problem::NoResponse);
        let tokens = response.and_then(Tokens::read).map_err(|problem| self.failed(problem))?;
        profile_session.take(tokens, now);
        let written = self.write(&profile_session).map_err(|error| self.lost(&error))?;
        drop((lock, rehearsed));
        Ok((profile_session, written))
    }

    /// The session in the profile, if it is still good.
    fn session(&self, profile_session: &ProfileSession, now: Timestamp) -> Option<Credentials> {
        let end = Timestamp::from_second(profile_session.sts_expiration?).ok()?;
        if end.duration_since(now) <= SESSION_MARGIN {
            return None;
        }
        let (id, secret) =
            (profile_session.access_key_id.clone()?, profile_session.access_key_secret.clone()?);
        let session =
            Credentials::new(id, secret, Some(profile_session.sts_token.clone()?), self.place()).ok()?;
        session.security_token().is_some().then(|| session.until(Some(end)))
    }

    fn refresh_request(
        &self,
        transport: &Transport,
        refresh_token: &SecretString,
    ) -> Result<RequestBuilder, Error> {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "refresh_token")
            .append_pair("refresh_token", issued::secret(transport, refresh_token))
            .append_pair("client_id", &self.client_id)
            .finish();
        let request = self.post(transport, "/v1/token")?;
        Ok(request.header("content-type", "application/x-www-form-urlencoded").body(form))
    }

    async fn exchange(
        &self,
        transport: &Transport,
        access_token: &SecretString,
    ) -> Result<Credentials, Error> {
        let request = self.post(transport, "/v1/exchange")?.header("content-type", "application/json");
        let request = request.bearer_auth(issued::secret(transport, access_token));
        let issued: IssuedCredentials =
            issued::read(transport, request).await.map_err(|problem| self.failed(problem))?;
        issued.into_credentials(self.place()).map_err(|problem| self.failed(problem))
    }

    fn post(&self, transport: &Transport, path: &str) -> Result<RequestBuilder, Error> {
        let url = self.site.join(path).map_err(|error| self.failed(error.to_string()))?;
        let request =
            issued::request(transport, Method::POST, url).map_err(|problem| self.failed(problem))?;
        Ok(request.timeout(TIMEOUT))
    }

    /// What the profile holds now; other programs write it too.
    async fn profile_session(&self) -> Result<ProfileSession, Error> {
        let sign_in = self.clone();
        reading(self.place(), move || {
            let file = sign_in.json()?;
            let mut profiles = file.get("profiles").and_then(Json::as_array).into_iter().flatten();
            let profile = profiles.find(|found| sign_in.is_named(found)).and_then(Json::as_object);
            let profile = profile.ok_or_else(|| sign_in.failed("the profile is gone".to_owned()))?;
            ProfileSession::read(&Fields::new(sign_in.place(), profile))
        })
        .await
    }

    fn json(&self) -> Result<Json, Error> {
        let text = read(&self.file)?.ok_or_else(|| self.failed("the file is gone".to_owned()))?;
        serde_json::from_str(&text).map_err(|_| self.failed("the file is no longer JSON".to_owned()))
    }

    fn is_named(&self, profile: &Json) -> bool {
        profile.get("name").and_then(Json::as_str) == Some(&self.profile)
    }

    /// The lock on the file, for as long as another program can take for the same.
    async fn lock(&self) -> Result<Option<Lock>, Error> {
        let until = tokio::time::Instant::now() + LONGEST_LOCK;
        loop {
            match Lock::take(&self.file) {
                Ok(Some(lock)) => return Ok(Some(lock)),
                // Nothing to lock with: as without another program.
                Err(error) if error.kind() == io::ErrorKind::Unsupported => return Ok(None),
                Err(error) => return Err(self.unwritable(&error)),
                Ok(None) if tokio::time::Instant::now() >= until => {
                    return Err(self.locked());
                }
                Ok(None) => tokio::time::sleep(LOCK_PAUSE).await,
            }
        }
    }

    fn locked(&self) -> Error {
        let problem = format!("another program has locked the file for {LONGEST_LOCK:?}");
        Error::failed(self.place(), problem, "Run the same command again when that program has ended.")
    }

    /// Replaces the file by its own content.
    fn rehearse(&self) -> io::Result<Option<Lock>> {
        let content = read(&self.file).map_err(io::Error::other)?.ok_or(io::ErrorKind::NotFound)?;
        Replacement::of(&self.file)?.fill(content.as_bytes())
    }

    /// Keeps what is new in the tool's file; everything else in it stays.
    fn write(&self, profile_session: &ProfileSession) -> io::Result<Option<Lock>> {
        let mut file = self.json().map_err(io::Error::other)?;
        let profiles = file.get_mut("profiles").and_then(Json::as_array_mut).into_iter().flatten();
        for profile in profiles.filter(|found| self.is_named(found)) {
            profile_session.write_into(profile);
        }
        Replacement::of(&self.file)?.fill(&serde_json::to_vec_pretty(&file)?)
    }

    fn place(&self) -> Place {
        Place::Profile { file: self.file.clone(), name: self.profile.clone() }
    }

    fn failed(&self, problem: impl Into<issued::Problem>) -> Error {
        let next = sign_in_again(&self.place(), "OAuth");
        let service =
            CredentialService { place: self.place(), host: self.site.host_str().map(str::to_owned), next };
        service.failed(problem)
    }

    /// The error when the file cannot be replaced: nothing was spent.
    fn unwritable(&self, error: &io::Error) -> Error {
        let problem = format!("new tokens could not be kept, so that none were asked for: {error}");
        let next = format!(
            "Make {} and its folder writable, with some space left, or use another source of credentials. A file that \
             is mounted by itself cannot be replaced: mount its folder.",
            self.file.display()
        );
        Error::failed(self.place(), problem, next)
    }

    /// The refresh token was spent, and what came for it is not in the file.
    fn lost(&self, error: &io::Error) -> Error {
        self.failed(format!("the sign-in was renewed, but the new tokens could not be kept: {error}"))
    }
}

impl ProfileSession {
    /// What cannot be read is not as good as absent: new tokens would be asked for in its stead.
    fn read(fields: &Fields) -> Result<Self, Error> {
        let secret = |key| fields.text(key).map(|text| text.map(SecretString::from));
        Ok(Self {
            oauth_access_token: secret("oauth_access_token")?,
            oauth_access_token_expire: fields.number("oauth_access_token_expire")?,
            oauth_refresh_token: secret("oauth_refresh_token")?,
            access_key_id: fields.text("access_key_id")?.map(str::to_owned),
            access_key_secret: secret("access_key_secret")?,
            sts_token: secret("sts_token")?,
            sts_expiration: fields.number("sts_expiration")?,
        })
    }

    /// The refresh token, if there is one and the access token does not last for an exchange.
    fn refresh_token_to_spend(&self, now: Timestamp) -> Option<SecretString> {
        let token = self.oauth_refresh_token.clone()?;
        let left = self.oauth_access_token_expire.unwrap_or(0).saturating_sub(now.as_second());
        (self.oauth_access_token.is_none() || left <= TOKEN_MARGIN_SECONDS).then_some(token)
    }

    fn take(&mut self, tokens: Tokens, now: Timestamp) {
        self.oauth_access_token = Some(tokens.access_token);
        self.oauth_refresh_token = Some(tokens.refresh_token);
        let lasts = tokens.expires_in.unwrap_or(AN_HOUR);
        self.oauth_access_token_expire = Some(now.as_second().saturating_add(lasts));
    }

    fn take_session(&mut self, session: &Credentials) {
        self.access_key_id = Some(session.access_key_id().to_owned());
        self.access_key_secret = Some(session.access_key_secret().clone());
        self.sts_token = session.security_token().cloned();
        self.sts_expiration = session.expires_at().map(Timestamp::as_second);
    }

    fn write_into(&self, profile: &mut Json) {
        let Some(fields) = profile.as_object_mut() else { return };
        let exposed =
            |secret: &Option<SecretString>| secret.as_ref().map(|secret| json!(secret.expose_secret()));
        for (name, value) in [
            ("oauth_access_token", exposed(&self.oauth_access_token)),
            ("oauth_access_token_expire", self.oauth_access_token_expire.map(Json::from)),
            ("oauth_refresh_token", exposed(&self.oauth_refresh_token)),
            ("access_key_id", self.access_key_id.clone().map(Json::from)),
            ("access_key_secret", exposed(&self.access_key_secret)),
            ("sts_token", exposed(&self.sts_token)),
            ("sts_expiration", self.sts_expiration.map(Json::from)),
        ] {
            if let Some(value) = value {
                fields.insert(name.to_owned(), value);
            }
        }
    }
}

/// The exchange wants an access token that is good for 15 minutes; the official libraries renew it 20 before.
const TOKEN_MARGIN_SECONDS: i64 = 1200;
/// With less left a session would be requested again at once.
const SESSION_MARGIN: SignedDuration = SignedDuration::from_secs(180);
const AN_HOUR: i64 = 3600;
const TIMEOUT: Duration = Duration::from_secs(10);
/// Two requests of another program, each with its time-out, and a little.
const LONGEST_LOCK: Duration = Duration::from_secs(25);
const LOCK_PAUSE: Duration = Duration::from_millis(50);

#[cfg(test)]
mod tests {
    use std::{fs, path::Path, sync::Arc};

    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
        sync::Mutex,
    };

    use super::*;
    use crate::cloud::transport::{clock::Clock, http::TransportSettings, trust::ExtraRoots};

    /// A sign-in site: answers what it is asked for, and keeps the paths.
    async fn site() -> (Url, Arc<Mutex<Vec<String>>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let paths = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; 4096];
                let count = stream.read(&mut request).await.unwrap();
                let request = String::from_utf8_lossy(&request[..count]).into_owned();
                let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
                let body = match path.as_str() {
                    "/v1/token" => r#"{"access_token":"new","refresh_token":"next","expires_in":3600}"#,
                    _ => {
                        r#"{"accessKeyId":"STS.issued","accessKeySecret":"s","securityToken":"t","expiration":"2099-01-01T00:00:00Z"}"#
                    }
                };
                paths.lock().await.push(path);
                let head =
                    format!("HTTP/1.1 200 X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
                stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
            }
        });
        (url, requests)
    }

    fn transport() -> Transport {
        let second = Duration::from_secs(10);
        let (connect_timeout, read_timeout) = (second, second);
        let settings = TransportSettings {
            connect_timeout,
            read_timeout,
            user_agent: String::new(),
            past_proxies: true,
            extra_roots: ExtraRoots::default(),
        };
        Transport::new(settings, Clock::system())
    }

    /// A profile whose access token has ended.
    fn sign_in(folder: &Path, site: Url) -> OAuth {
        let file = folder.join("config.json");
        let profile = json!({
            "name": "p", "mode": "OAuth", "extra": 1, "oauth_access_token": "old", "oauth_access_token_expire": 1,
            "oauth_refresh_token": "once", "sts_token": null
        });
        fs::write(&file, json!({ "current": "p", "profiles": [profile], "meta": "x" }).to_string()).unwrap();
        OAuth { file, profile: "p".to_owned(), site, client_id: "c".to_owned() }
    }

    /// Where there are locks.
    #[cfg(unix)]
    #[tokio::test]
    async fn ten_at_once_spend_the_refresh_token_once() {
        let folder = tempfile::tempdir().unwrap();
        let (site, requests) = site().await;
        let sign_in = sign_in(folder.path(), site);
        let transport = transport();
        let all = (0..10).map(|_| sign_in.fetch(&transport));
        for found in futures_util::future::join_all(all).await {
            assert_eq!(found.unwrap().access_key_id(), "STS.issued");
        }
        assert_eq!(*requests.lock().await, ["/v1/token", "/v1/exchange"]);
        let profile_session: Json =
            serde_json::from_str(&fs::read_to_string(&sign_in.file).unwrap()).unwrap();
        assert_eq!(
            (&profile_session["meta"], &profile_session["profiles"][0]["extra"]),
            (&json!("x"), &json!(1))
        );
        assert_eq!(profile_session["profiles"][0]["oauth_refresh_token"], "next");
        assert_eq!(profile_session["profiles"][0]["sts_expiration"], 4_070_908_800_i64);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left behind");
    }

    /// Whoever asked is gone before the new tokens come.
    #[tokio::test]
    async fn an_interruption_does_not_lose_new_tokens() {
        let folder = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let site = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let sign_in = sign_in(folder.path(), site);
        let file = sign_in.file.clone();
        let fetching = tokio::spawn(async move { sign_in.fetch(&transport()).await.map(drop) });
        let (mut stream, _) = listener.accept().await.unwrap();
        assert!(stream.read(&mut [0; 4096]).await.unwrap() > 0);
        fetching.abort();
        assert!(fetching.await.unwrap_err().is_cancelled());
        let body = r#"{"access_token":"new","refresh_token":"next","expires_in":3600}"#;
        let head = format!("HTTP/1.1 200 X\r\ncontent-length: {}\r\n\r\n", body.len());
        stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        unstoppable::settled().await;
        assert!(fs::read_to_string(&file).unwrap().contains("\"next\""));
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_not_taken_for_absent() {
        let folder = tempfile::tempdir().unwrap();
        let (site, requests) = site().await;
        let sign_in = sign_in(folder.path(), site);
        let text = fs::read_to_string(&sign_in.file).unwrap();
        for (broken, problem) in [
            (
                text.replace(r#""oauth_access_token":"old""#, r#""oauth_access_token":["hush"]"#),
                "oauth_access_token",
            ),
            (text.replace(r#""sts_token":null"#, r#""sts_expiration":"hush""#), "sts_expiration"),
            (text.replace(r#""name":"p""#, r#""name":"q""#), "the profile is gone"),
            (r#"{"profiles":{}}"#.to_owned(), "the profile is gone"),
            ("hush".to_owned(), "no longer JSON"),
        ] {
            fs::write(&sign_in.file, &broken).unwrap();
            let error = sign_in.fetch(&transport()).await.unwrap_err().to_string();
            assert!(error.contains(problem) && !error.contains("hush"), "{error}");
            assert_eq!(fs::read_to_string(&sign_in.file).unwrap(), broken);
        }
        assert_eq!(*requests.lock().await, Vec::<String>::new());
    }

    #[test]
    fn a_session_is_used_until_shortly_before_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let oauth = sign_in(folder.path(), Url::parse("http://127.0.0.1:1").unwrap());
        let now = Timestamp::from_second(1_000_000).unwrap();
        let margin = SESSION_MARGIN.as_secs();
        for (left, is_used) in [(margin + 1, true), (margin, false), (-1, false)] {
            let profile_session = ProfileSession {
                sts_expiration: Some(now.as_second() + left),
                access_key_id: Some("id".to_owned()),
                access_key_secret: Some("secret".to_owned().into()),
                sts_token: Some("token".to_owned().into()),
                oauth_access_token: None,
                oauth_access_token_expire: None,
                oauth_refresh_token: None,
            };
            assert_eq!(oauth.session(&profile_session, now).is_some(), is_used, "{left} seconds left");
        }
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn what_cannot_be_kept_is_not_spent() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (site, requests) = site().await;
        let sign_in = sign_in(folder.path(), site);
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o500)).unwrap();
        let outcome = sign_in.fetch(&transport()).await;
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
        // Whoever may write everywhere, as root may, keeps it.
        match outcome {
            Ok(_) => assert!(fs::read_to_string(&sign_in.file).unwrap().contains("next")),
            Err(error) => {
                assert!(error.next_step().contains("writable"), "{error}");
                assert_eq!(*requests.lock().await, Vec::<String>::new());
            }
        }
    }
}
