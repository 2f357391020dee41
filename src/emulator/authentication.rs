//! Who sent a request: its signature, its key, its date and its nonce.

use jiff::{SignedDuration, Timestamp};

use super::{
    ambient::real_now,
    request::{Caller, Identity, Refusal, Request},
    session::Session,
    signature::{Authorization, verify_v1},
    state::{State, no_such_key},
    sts,
};

/// Who calls, if the signature is right.
pub(super) fn authenticate(state: &mut State, request: &Request) -> Result<Caller, Refusal> {
    let signed = request.header("authorization").is_some() || request.parameter("Signature").is_some();
    match request.action() {
        // The token of an identity provider stands for a signature.
        Some(sts::ASSUME_ROLE_WITH_OIDC) if !signed => {
            Ok(Caller { account_id: sts::entered_account(request)?.to_owned(), identity: Identity::Nobody })
        }
        _ if request.header("authorization").is_none() && signed => authenticate_v1(state, request),
        _ => authenticate_v3(state, request),
    }
}

fn authenticate_v3(state: &mut State, request: &Request) -> Result<Caller, Refusal> {
    let authorization = Authorization::of(request)?;
    let header = |name: &str| {
        request.header(name).ok_or_else(|| {
            Refusal::new(400, "MissingParameter", &format!("The header {name} is mandatory for this action."))
        })
    };
    check_date(header("x-acs-date")?)?;
    let (caller, secret) =
        find_key(state, authorization.access_key_id, request.header("x-acs-security-token"))?;
    authorization.verify(request, &secret)?;
    // Last, so that only who knows the secret can use a nonce up.
    use_nonce(state, header("x-acs-signature-nonce")?)?;
    Ok(caller)
}

fn authenticate_v1(state: &mut State, request: &Request) -> Result<Caller, Refusal> {
    check_date(request.required("Timestamp")?)?;
    let (caller, secret) =
        find_key(state, request.required("AccessKeyId")?, request.parameter("SecurityToken"))?;
    verify_v1(request, &secret)?;
    use_nonce(state, request.required("SignatureNonce")?)?;
    Ok(caller)
}

/// The secret of a key, and whose it is. Sessions must show their token and not have ended.
fn find_key(state: &State, id: &str, token: Option<&str>) -> Result<(Caller, String), Refusal> {
    if let Some(session) = state.stored.sessions.get(id) {
        check_session(session, token, state.now())?;
        let identity = Identity::Role {
            role_arn: session.role_arn.clone(),
            role_name: session.role_name.clone(),
            session_name: session.session_name.clone(),
            access_key_id: id.to_owned(),
        };
        return Ok((Caller { account_id: session.account_id.clone(), identity }, session.secret.clone()));
    }
    let key = state.stored.access_keys.get(id).ok_or_else(no_such_key)?;
    if token.is_some() {
        return Err(mismatch());
    }
    let caller = Caller { account_id: key.account_id.clone(), identity: Identity::User };
    Ok((caller, key.secret.clone()))
}

fn check_session(session: &Session, token: Option<&str>, now: Timestamp) -> Result<(), Refusal> {
    match token {
        None => Err(Refusal::new(400, "MissingSecurityToken", "The security token is mandatory.")),
        Some(token) if token != session.token => Err(mismatch()),
        Some(_) if session.expires_at <= now => {
            Err(Refusal::new(400, "InvalidSecurityToken.Expired", "The security token has expired."))
        }
        Some(_) => Ok(()),
    }
}

fn mismatch() -> Refusal {
    let message = "The security token does not belong to the access key.";
    Refusal::new(400, "InvalidSecurityToken.MismatchWithAccessKey", message)
}

/// Takes a nonce; each is good for one request within the time that a date is good for.
fn use_nonce(state: &mut State, nonce: &str) -> Result<(), Refusal> {
    let now = real_now();
    if state.nonces.len() > NONCES_BEFORE_CLEANING {
        state.nonces.retain(|_, used| *used + DATE_TOLERANCE * 2 > now);
    }
    match state.nonces.insert(nonce.to_owned(), now) {
        None => Ok(()),
        Some(_) => {
            Err(Refusal::new(400, "SignatureNonceUsed", "Specified signature nonce was used already."))
        }
    }
}

/// Refuses a date more than 15 minutes from real time.
fn check_date(date: &str) -> Result<(), Refusal> {
    let Ok(date) = date.parse::<Timestamp>() else {
        let message = "Specified time stamp is not well formed.";
        return Err(Refusal::new(400, "InvalidTimeStamp.Format", message));
    };
    if real_now().duration_since(date).abs() <= DATE_TOLERANCE {
        return Ok(());
    }
    Err(Refusal::new(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired."))
}

const DATE_TOLERANCE: SignedDuration = SignedDuration::from_mins(15);
const NONCES_BEFORE_CLEANING: usize = 100_000;

#[cfg(test)]
mod tests {
    use super::{
        super::{seed::Seed, session::NewSession},
        *,
    };

    fn state() -> State {
        State::new(&Seed::default()).unwrap()
    }

    #[test]
    fn a_nonce_is_good_once() {
        let mut state = state();
        assert_eq!(use_nonce(&mut state, "a"), Ok(()));
        assert_eq!(use_nonce(&mut state, "b"), Ok(()));
        assert_eq!(use_nonce(&mut state, "a").unwrap_err().code, "SignatureNonceUsed");
    }

    #[test]
    fn a_date_is_good_for_a_quarter_of_an_hour() {
        let at = |minutes| (real_now() + SignedDuration::from_mins(minutes)).to_string();
        assert_eq!(check_date(&at(0)), Ok(()));
        assert_eq!(check_date(&at(-14)), Ok(()));
        assert_eq!(check_date(&at(14)), Ok(()));
        assert_eq!(check_date(&at(-16)).unwrap_err().code, "InvalidTimeStamp.Expired");
        assert_eq!(check_date(&at(16)).unwrap_err().code, "InvalidTimeStamp.Expired");
        assert_eq!(check_date("yesterday").unwrap_err().code, "InvalidTimeStamp.Format");
    }

    #[test]
    fn keys_of_sessions_need_their_token_and_end() {
        let mut state = state();
        let new = NewSession {
            account_id: "1".to_owned(),
            role_arn: "acs:ram::1:role/r".to_owned(),
            role_name: "r".to_owned(),
            session_name: "test".to_owned(),
            policy: None,
            seconds: 3600,
        };
        let (id, session) = new.open(state.now());
        state.stored.sessions.insert(id.clone(), session.clone());
        let (_, first, _) = state.first_key();
        let code =
            |state: &State, id: &str, token| find_key(state, id, token).map_err(|refusal| refusal.code);
        assert!(code(&state, &id, Some(&session.token)).is_ok());
        assert_eq!(code(&state, &id, None), Err("MissingSecurityToken".to_owned()));
        let mismatch = "InvalidSecurityToken.MismatchWithAccessKey";
        assert_eq!(code(&state, &id, Some("u")), Err(mismatch.to_owned()));
        assert_eq!(code(&state, &first, Some("t")), Err(mismatch.to_owned()));
        assert_eq!(code(&state, "nobody", None), Err("InvalidAccessKeyId.NotFound".to_owned()));
        state.stored.clock_offset_seconds = 3601;
        let expired = code(&state, &id, Some(&session.token));
        assert_eq!(expired, Err("InvalidSecurityToken.Expired".to_owned()));
    }
}
