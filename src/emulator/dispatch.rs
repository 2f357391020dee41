//! A call of a cloud client, from the request to the reply: which action it is, who calls, what was
//! asked to go wrong, and whether the caller may.

use serde_json::{Map, Value as Json};

use super::{
    access::check_access,
    action::{Action, ActionCall, Product},
    ambient::new_id,
    authentication::authenticate,
    call_log::{CallRecord, bounded},
    cloud::{Cloud, SaveError},
    fault::{Kind, strike},
    products::{action_of, product_of},
    reply::Reply,
    request::{ActionResult, Caller, DeniedBy, Refusal, Request},
    state::State,
    sts,
};

/// Carries out a call, unless a fault is in the way.
pub(super) fn reply(cloud: &Cloud, request: &Request) -> Reply {
    let request_id = new_id();
    let reply = cloud.change(|state| {
        let (account, fault, outcome) = outcome_of(state, request);
        let mut reply = reply_to(outcome, request, &request_id).at(state.now());
        if let Some(fault) = &fault {
            reply.spoil(fault);
        }
        record(state, request, &account, &reply, &request_id, fault.as_ref());
        reply
    });
    reply.unwrap_or_else(|SaveError(problem)| {
        reply_to(Err(Refusal::new(500, "InternalError", &problem)), request, &request_id)
    })
}

/// The account that calls, the fault that struck, and the response.
fn outcome_of(state: &mut State, request: &Request) -> (String, Option<Kind>, ActionResult) {
    let found = find_action(request).and_then(|action| Ok((action, authenticate(state, request)?)));
    let (action, caller) = match found {
        Ok(found) => found,
        Err(refusal) => return (String::new(), None, Err(refusal)),
    };
    // Faults wait for calls that would have taken effect.
    let fault = strike_call(state, action, &caller, request);
    let refused = fault.as_ref().and_then(|fault| refusal_on_request(fault, action, &caller));
    let outcome = match refused {
        Some(refusal) => Err(refusal),
        None => carry_out(ActionCall { state, caller: &caller, request, fault: fault.as_ref() }, action),
    };
    (caller.account_id, fault, outcome)
}

fn find_action(request: &Request) -> Result<&'static Action, Refusal> {
    let product = product_of(request)
        .ok_or_else(|| Refusal::new(400, "InvalidVersion", "Specified parameter Version is not valid."))?;
    action_of(product, request).ok_or_else(|| {
        let message = "Specified api is not found, please check your url and method.";
        Refusal::new(404, "InvalidAction.NotFound", message)
    })
}

/// A fault for one account also strikes those who enter it.
fn strike_call(state: &mut State, action: &Action, caller: &Caller, request: &Request) -> Option<Kind> {
    let entered = match action.name {
        sts::ASSUME_ROLE | sts::ASSUME_ROLE_WITH_OIDC => sts::entered_account(request).ok(),
        _ => None,
    };
    let accounts = [caller.account_id.as_str(), entered.unwrap_or(&caller.account_id)];
    let now = state.now();
    strike(&mut state.faults, action.name, &accounts, now)
}

fn refusal_on_request(fault: &Kind, action: &Action, caller: &Caller) -> Option<Refusal> {
    Some(match fault {
        Kind::Status { http_status, code, message } => Refusal::new(*http_status, code, message),
        Kind::Throttle { .. } => {
            Refusal::new(400, "Throttling.User", "Request was denied due to user flow control.")
        }
        Kind::Deny {} => Refusal::denied(action.permission.unwrap_or(action.name), caller, DeniedBy::Account),
        Kind::ExpiredToken {} => {
            Refusal::new(400, "InvalidSecurityToken.Expired", "The security token has expired.")
        }
        Kind::ClockSkew {} => {
            Refusal::new(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")
        }
        // Nothing is done; the reply is spoilt afterwards.
        Kind::DropBefore {} | Kind::HoldBefore {} | Kind::Garbage {} => {
            Refusal::new(500, "InternalError", "Failed on request.")
        }
        _ => return None,
    })
}

fn carry_out(mut call: ActionCall<'_>, action: &Action) -> ActionResult {
    if let Some(permission) = action.permission {
        check_access(&call, permission)?;
    }
    let response = (action.run)(&mut call);
    // A deletion that takes no time is over when its own response comes.
    call.state.settle_tasks();
    response
}

fn reply_to(outcome: ActionResult, request: &Request, request_id: &str) -> Reply {
    match outcome {
        Ok(mut fields) => {
            fields.insert("RequestId".to_owned(), request_id.into());
            Reply::json(200, &Json::Object(fields))
        }
        Err(refusal) => {
            let product = product_of(request);
            let host = request.header("host").unwrap_or("localhost");
            let (host, code) = product.map_or((host, ""), |product: &Product| (product.host, product.code));
            Reply::json(refusal.http_status, &refusal.to_json(request_id, host, code))
        }
    }
}

fn record(
    state: &mut State,
    request: &Request,
    account: &str,
    reply: &Reply,
    request_id: &str,
    fault: Option<&Kind>,
) {
    let body: Map<String, Json> = serde_json::from_slice(&reply.body).unwrap_or_default();
    let is_logged = |(name, _): &(&String, &String)| !UNSHOWN_PARAMETERS.contains(&name.as_str());
    let parameters = request.parameters.iter().filter(is_logged).take(PARAMETERS_SHOWN);
    let call = CallRecord {
        seq: 0,
        time: state.now(),
        account: account.to_owned(),
        action: bounded(request.action().unwrap_or_default()),
        version: bounded(request.version().unwrap_or_default()),
        parameters: parameters.map(|(name, value)| (bounded(name), bounded(value))).collect(),
        http_status: if reply.is_sent() { reply.http_status } else { 0 },
        code: body.get("Code").and_then(Json::as_str).map(str::to_owned),
        request_id: request_id.to_owned(),
        user_agent: bounded(request.header("user-agent").unwrap_or_default()),
        fault: fault.map(Kind::name),
    };
    state.calls.add(call);
}

const UNSHOWN_PARAMETERS: [&str; 5] =
    ["AccessKeyId", "Signature", "SignatureNonce", "SecurityToken", "OIDCToken"];
/// More parameters than any action has.
const PARAMETERS_SHOWN: usize = 64;
