//! RAM 2015-05-01: roles, templates of service-linked roles, and their policies (documented; the
//! template action SDK).

use serde_json::{Value as Json, json};

use super::{
    catalog::{self, TEMPLATES, Template},
    fault::Fault,
    request::{Answer, Caller, Refusal, Request, fields, set},
    resource_manager::{
        all_roles, checked_role_name, create_service_linked_role, delete_service_linked_role, get_role,
        no_such_role, no_such_service,
    },
    state::State,
};
use crate::cloud::api::ram::action;

/// Carries out an action; `None` if the product has no such action.
pub(super) fn handle(
    state: &mut State,
    caller: &Caller,
    request: &Request,
    fault: Option<&Fault>,
) -> Option<Answer> {
    Some(match request.action()? {
        "CreateServiceLinkedRole" => create_service_linked_role(state, caller, request),
        "DeleteServiceLinkedRole" => delete_service_linked_role(state, caller, request),
        "GetRole" => get_role(state, caller, request, fault),
        "ListRoles" => list_roles(state, caller, request),
        action::GET_SERVICE_LINKED_ROLE_TEMPLATE => get_template(request),
        "ListPoliciesForRole" => list_policies_for_role(state, caller, request),
        "GetPolicy" => get_policy(request),
        "GetPolicyVersion" => get_policy_version(request),
        _ => return None,
    })
}

/// Pages by marker: here the number of roles already shown, which clients take as opaque.
fn list_roles(state: &State, caller: &Caller, request: &Request) -> Answer {
    let invalid =
        |name: &str| Refusal::new(400, &format!("InvalidParameter.{name}"), "The parameter is invalid.");
    let most: usize =
        request.parameter("MaxItems").map_or(Ok(100), str::parse).map_err(|_| invalid("MaxItems"))?;
    let start: usize =
        request.parameter("Marker").map_or(Ok(0), str::parse).map_err(|_| invalid("Marker"))?;
    if !(1..=1000).contains(&most) {
        return Err(invalid("MaxItems"));
    }
    let roles = all_roles(state, &caller.account_id);
    let end = start.saturating_add(most);
    let truncated = end < roles.len();
    let shown: Vec<_> = roles.into_iter().skip(start).take(most).collect();
    let mut answer = json!({ "IsTruncated": truncated, "Roles": { "Role": shown } });
    if truncated {
        set(&mut answer, "Marker", end.to_string());
    }
    fields(answer)
}

fn get_template(request: &Request) -> Answer {
    let service_name = request.required("ServiceName")?;
    let template = catalog::by_service_name(service_name).ok_or_else(no_such_service)?;
    fields(json!({ "ServiceLinkedRoleTemplate": {
        "ServiceName": template.service_name,
        "RoleNamePrefix": template.role_name,
        "SystemPolicyName": template.policy_name,
        "MultipleRolesAllowed": false,
        "RoleDescriptions": { "RoleDescription": [{ "Language": "en", "Description": template.product }] },
    } }))
}

fn list_policies_for_role(state: &State, caller: &Caller, request: &Request) -> Answer {
    let role_name = checked_role_name(request)?;
    let role = state.role(&caller.account_id, role_name).ok_or_else(|| no_such_role(role_name))?;
    let attached = catalog::by_role_name(&role.role_name).map(|template| {
        json!({
            "PolicyName": template.policy_name,
            "PolicyType": "System",
            "Description": format!("Policy of {}.", template.role_name),
            "DefaultVersion": "v1",
            "AttachDate": role.create_date.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        })
    });
    fields(json!({ "Policies": { "Policy": Vec::from_iter(attached) } }))
}

fn get_policy(request: &Request) -> Answer {
    let template = policy_of(request)?;
    fields(json!({
        "Policy": {
            "PolicyName": template.policy_name, "PolicyType": "System",
            "Description": format!("Policy of {}.", template.role_name),
            "DefaultVersion": "v1", "AttachmentCount": 1, "CreateDate": POLICY_DATE, "UpdateDate": POLICY_DATE,
        },
        "DefaultPolicyVersion": policy_version(template),
    }))
}

fn get_policy_version(request: &Request) -> Answer {
    let template = policy_of(request)?;
    let version = request.required("VersionId")?;
    let number = version.strip_prefix('v').map(|number| number.parse::<u32>().is_ok());
    match (number, version) {
        (_, "v1") => fields(json!({ "PolicyVersion": policy_version(template) })),
        (Some(true), _) => {
            Err(Refusal::new(404, "EntityNotExist.Policy.Version", "The policy version does not exist."))
        }
        _ => Err(Refusal::new(400, "InvalidParameter.VersionId.Format", "The version ID is invalid.")),
    }
}

/// System policies of the roles; custom ones do not exist here.
fn policy_of(request: &Request) -> Result<&'static Template, Refusal> {
    let (name, kind) = (request.required("PolicyName")?, request.required("PolicyType")?);
    if !matches!(kind, "System" | "Custom") {
        return Err(Refusal::new(400, "InvalidParameter.PolicyType", "The policy type is invalid."));
    }
    let template = TEMPLATES.iter().find(|template| template.policy_name == name && kind == "System");
    template.ok_or_else(|| Refusal::new(404, "EntityNotExist.Policy", "The policy does not exist."))
}

/// Of the document, the statement alone that every service-linked role's policy has (documented).
fn policy_version(template: &Template) -> Json {
    let document = json!({
        "Version": "1",
        "Statement": [{
            "Effect": "Allow",
            "Action": "ram:DeleteServiceLinkedRole",
            "Resource": "*",
            "Condition": { "StringEquals": { "ram:ServiceName": template.service_name } },
        }],
    });
    json!({
        "VersionId": "v1", "IsDefaultVersion": true, "PolicyDocument": document.to_string(), "CreateDate": POLICY_DATE,
    })
}

const POLICY_DATE: &str = "2024-02-22T00:00:00Z";
