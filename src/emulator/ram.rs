//! RAM 2015-05-01: roles, templates of service-linked roles, and policies (documented; codes of the
//! actions on ordinary roles observed in other clients, and on service-linked ones inferred).

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value as Json, json};

use super::{
    action::{Action, ActionCall, Product, Strength},
    catalog::SYSTEM_POLICIES,
    request::{ActionResult, Refusal, date, fields, set},
    role::{AttachedPolicy, EmulatedRole, Permissions, View},
    service_linked::{
        self, all_roles, already_exists, checked_role_name, description, no_such_role, no_such_service,
    },
    state::{MAX_SESSION_SECONDS, SHORTEST_MAX_SESSION_SECONDS},
    trust::TrustPolicy,
};
use crate::cloud::api::ram::action;

pub(super) const PRODUCT: Product = Product {
    code: "Ram",
    version: "2015-05-01",
    host: "ram.aliyuncs.com",
    actions: &[
        Action::documented(
            "CreateServiceLinkedRole",
            "ram:CreateServiceLinkedRole",
            create_service_linked_role,
        ),
        Action::documented("DeleteServiceLinkedRole", "ram:DeleteServiceLinkedRole", service_linked::delete),
        Action::documented("GetRole", "ram:GetRole", get_role),
        Action::documented("ListRoles", "ram:ListRoles", list_roles),
        Action::documented("CreateRole", "ram:CreateRole", create_role),
        Action::documented("UpdateRole", "ram:UpdateRole", update_role),
        Action::documented("DeleteRole", "ram:DeleteRole", delete_role),
        Action::documented("AttachPolicyToRole", "ram:AttachPolicyToRole", attach_policy),
        Action::documented("DetachPolicyFromRole", "ram:DetachPolicyFromRole", detach_policy),
        Action::documented(action::LIST_POLICIES_FOR_ROLE, "ram:ListPoliciesForRole", list_policies_for_role),
        Action::documented("ListPolicies", "ram:ListPolicies", list_policies),
        Action::documented("ListEntitiesForPolicy", "ram:ListEntitiesForPolicy", list_entities_for_policy),
        Action::documented(action::GET_POLICY, "ram:GetPolicy", get_policy),
        Action::documented(action::GET_POLICY_VERSION, "ram:GetPolicyVersion", get_policy_version),
        Action::documented("ListPolicyVersions", "ram:ListPolicyVersions", list_policy_versions),
        Action::documented(
            action::GET_SERVICE_LINKED_ROLE_TEMPLATE,
            "ram:GetServiceLinkedRoleTemplate",
            get_template,
        ),
        Action {
            name: "DecodeDiagnosticMessage",
            strength: Strength::Sdk,
            permission: Some("ram:DecodeDiagnosticMessage"),
            run: decode_diagnostic_message,
        },
    ],
};

fn create_service_linked_role(call: &mut ActionCall<'_>) -> ActionResult {
    service_linked::create(call, View::RamCreateServiceLinked)
}

fn get_role(call: &mut ActionCall<'_>) -> ActionResult {
    service_linked::get(call, View::RamGet, None)
}

fn list_roles(call: &mut ActionCall<'_>) -> ActionResult {
    let roles = all_roles(call)
        .map(|role| role.to_json(&call.caller.account_id, View::RamList, &description(call, role, None)));
    page_by_marker(call, "Roles", "Role", roles.collect())
}

/// Pages by marker: here the number of entries already shown, which clients take as opaque.
fn page_by_marker(call: &ActionCall<'_>, list: &str, item: &str, all: Vec<Json>) -> ActionResult {
    let number = |name: &str, default: usize| {
        let number = call.request.parameter(name).map_or(Ok(default), str::parse::<usize>);
        number.map_err(|_| Refusal::invalid(name))
    };
    let (most, start) = (number("MaxItems", 100)?, number("Marker", 0)?);
    if !(1..=1000).contains(&most) {
        return Err(Refusal::invalid("MaxItems"));
    }
    let end = start.saturating_add(most);
    let truncated = end < all.len();
    let page: Vec<_> = all.into_iter().skip(start).take(most).collect();
    let mut response = json!({ "IsTruncated": truncated, list: { item: page } });
    if truncated {
        set(&mut response, "Marker", end.to_string());
    }
    fields(response)
}

/// An ordinary role, whose sessions may do nothing until a policy is attached.
fn create_role(call: &mut ActionCall<'_>) -> ActionResult {
    let role_name = checked_role_name(call)?.to_owned();
    let trust = trust_policy(call, "AssumeRolePolicyDocument")?;
    let trust = trust.ok_or_else(|| {
        Refusal::new(400, "MissingAssumeRolePolicyDocument", "AssumeRolePolicyDocument is mandatory.")
    })?;
    let seconds = max_session_seconds(call, "MaxSessionDuration")?;
    if call.state.role(&call.caller.account_id, &role_name).is_some() {
        return Err(already_exists());
    }
    if call.state.template_of_role(&role_name).is_some() {
        return Err(is_service_linked());
    }
    let role = EmulatedRole {
        trust,
        description: call.request.parameter("Description").unwrap_or_default().to_owned(),
        max_session_duration_seconds: seconds.unwrap_or(SHORTEST_MAX_SESSION_SECONDS),
        permissions: Permissions::Attached(Vec::new()),
        ..call.state.new_role(&call.caller.account_id, &role_name, None)
    };
    keep(call, role)
}

fn update_role(call: &mut ActionCall<'_>) -> ActionResult {
    let mut role = ordinary_role(call)?;
    if let Some(trust) = trust_policy(call, "NewAssumeRolePolicyDocument")? {
        role.trust = trust;
    }
    if let Some(seconds) = max_session_seconds(call, "NewMaxSessionDuration")? {
        role.max_session_duration_seconds = seconds;
    }
    if let Some(description) = call.request.parameter("NewDescription") {
        role.description = description.to_owned();
    }
    role.update_date = call.state.now();
    keep(call, role)
}

/// Puts a role into the caller's account and shows it.
fn keep(call: &mut ActionCall<'_>, role: EmulatedRole) -> ActionResult {
    let json = role.to_json(&call.caller.account_id, View::RamWrite, &role.description);
    call.state.own_account(call.caller)?.roles.insert(role.role_name.clone(), role);
    fields(json!({ "Role": json }))
}

fn delete_role(call: &mut ActionCall<'_>) -> ActionResult {
    let role = ordinary_role(call)?;
    if matches!(&role.permissions, Permissions::Attached(policies) if !policies.is_empty()) {
        let message = "The role cannot be deleted while a policy is attached to it.";
        return Err(Refusal::new(409, "DeleteConflict.Role.Policy", message));
    }
    call.state.own_account(call.caller)?.roles.remove(&role.role_name);
    fields(json!({}))
}

fn attach_policy(call: &mut ActionCall<'_>) -> ActionResult {
    let mut role = ordinary_role(call)?;
    let policy_name = system_policy(call)?.to_owned();
    let mut attached = attached_policies(&role);
    if attached.iter().any(|attached| attached.policy_name == policy_name) {
        let message = "The policy is attached to the role already.";
        return Err(Refusal::new(409, "EntityAlreadyExists.Role.Policy", message));
    }
    attached.push(AttachedPolicy { policy_name, attach_date: call.state.now() });
    role.permissions = Permissions::Attached(attached);
    keep(call, role)?;
    fields(json!({}))
}

fn detach_policy(call: &mut ActionCall<'_>) -> ActionResult {
    let mut role = ordinary_role(call)?;
    let policy_name = system_policy(call)?;
    let mut attached = attached_policies(&role);
    let count = attached.len();
    attached.retain(|attached| attached.policy_name != policy_name);
    if attached.len() == count {
        let message = "The policy is not attached to the role.";
        return Err(Refusal::new(404, "EntityNotExist.Role.Policy", message));
    }
    role.permissions = Permissions::Attached(attached);
    keep(call, role)?;
    fields(json!({}))
}

fn attached_policies(role: &EmulatedRole) -> Vec<AttachedPolicy> {
    match &role.permissions {
        Permissions::Everything => Vec::new(),
        Permissions::Attached(policies) => policies.clone(),
    }
}

/// A role that these actions may change: nobody may change a service-linked one (documented; the code
/// inferred).
fn ordinary_role(call: &ActionCall<'_>) -> Result<EmulatedRole, Refusal> {
    let role_name = checked_role_name(call)?;
    let role = call.state.role(&call.caller.account_id, role_name);
    match role.cloned().ok_or_else(|| no_such_role(role_name))? {
        EmulatedRole { service_name: Some(_), .. } => Err(is_service_linked()),
        role => Ok(role),
    }
}

fn is_service_linked() -> Refusal {
    let message = "A service-linked role can be changed by its service alone.";
    Refusal::new(403, "NoPermission.ServiceLinkedRole", message)
}

fn trust_policy(call: &ActionCall<'_>, parameter: &str) -> Result<Option<TrustPolicy>, Refusal> {
    let Some(text) = call.request.parameter(parameter) else { return Ok(None) };
    let policy = serde_json::from_str(text).map_err(|error| {
        let message = format!("The trust policy is not one, or not one that mss-emulator evaluates: {error}");
        Refusal::new(400, &format!("InvalidParameter.{parameter}"), &message)
    })?;
    Ok(Some(policy))
}

fn max_session_seconds(call: &ActionCall<'_>, parameter: &str) -> Result<Option<i64>, Refusal> {
    let Some(text) = call.request.parameter(parameter) else { return Ok(None) };
    let seconds = text.parse().ok().filter(|seconds| MAX_SESSION_SECONDS.contains(seconds));
    seconds.map(Some).ok_or_else(|| Refusal::invalid(parameter))
}

fn get_template(call: &mut ActionCall<'_>) -> ActionResult {
    let service_name = call.request.required("ServiceName")?;
    let template = call.state.template_of_service(service_name).ok_or_else(no_such_service)?;
    let descriptions =
        template.descriptions().map(|(language, text)| json!({ "Language": language, "Description": text }));
    fields(json!({ "ServiceLinkedRoleTemplate": {
        "ServiceName": template.service_name,
        "RoleNamePrefix": template.role_name,
        "SystemPolicyName": template.policy_name,
        "MultipleRolesAllowed": template.multiple_roles_allowed,
        "RoleDescriptions": { "RoleDescription": descriptions },
    } }))
}

fn list_policies_for_role(call: &mut ActionCall<'_>) -> ActionResult {
    let role_name = checked_role_name(call)?;
    let role = call.state.role(&call.caller.account_id, role_name).ok_or_else(|| no_such_role(role_name))?;
    let own = call.state.template_of_role(&role.role_name).map(|template| AttachedPolicy {
        policy_name: template.policy_name.clone(),
        attach_date: role.create_date,
    });
    let attached = own.into_iter().chain(attached_policies(role)).filter_map(|attached| {
        let policy = find_policy(call, &attached.policy_name)?;
        Some(json!({
            "PolicyName": policy.name,
            "PolicyType": "System",
            "Description": policy.description,
            "DefaultVersion": policy.newest.0,
            "AttachDate": date(attached.attach_date),
        }))
    });
    fields(json!({ "Policies": { "Policy": attached.collect::<Vec<_>>() } }))
}

fn list_policies(call: &mut ActionCall<'_>) -> ActionResult {
    if let Some(kind) = call.request.parameter("PolicyType") {
        check_policy_type(kind)?;
    }
    let all = match call.request.parameter("PolicyType") {
        Some("Custom") => Vec::new(),
        _ => system_policy_names(call).filter_map(|name| find_policy(call, &name)).collect(),
    };
    let policies = all.iter().map(|policy| policy.to_json(attachments(call, &policy.name).count()));
    page_by_marker(call, "Policies", "Policy", policies.collect())
}

fn list_entities_for_policy(call: &mut ActionCall<'_>) -> ActionResult {
    let policy = requested_policy(call)?;
    let roles = attachments(call, &policy.name).map(|(role, attach_date)| {
        json!({
            "RoleId": role.role_id,
            "RoleName": role.role_name,
            "Arn": role.arn(&call.caller.account_id),
            "Description": description(call, role, None),
            "AttachDate": date(attach_date),
        })
    });
    fields(json!({
        "Roles": { "Role": roles.collect::<Vec<_>>() }, "Users": { "User": [] }, "Groups": { "Group": [] },
    }))
}

/// The roles of the caller's account that have a policy, and since when.
fn attachments<'a>(
    call: &'a ActionCall<'_>,
    policy_name: &'a str,
) -> impl Iterator<Item = (&'a EmulatedRole, jiff::Timestamp)> {
    all_roles(call).filter_map(move |role| {
        let template = call.state.template_of_role(&role.role_name);
        if template.is_some_and(|template| template.policy_name == policy_name) {
            return Some((role, role.create_date));
        }
        let attached =
            attached_policies(role).into_iter().find(|policy| policy.policy_name == policy_name)?;
        Some((role, attached.attach_date))
    })
}

fn get_policy(call: &mut ActionCall<'_>) -> ActionResult {
    let policy = requested_policy(call)?;
    let count = attachments(call, &policy.name).count();
    fields(json!({
        "Policy": policy.to_json(count),
        "DefaultPolicyVersion": policy.version(&policy.newest),
    }))
}

fn get_policy_version(call: &mut ActionCall<'_>) -> ActionResult {
    let policy = requested_policy(call)?;
    let wanted = call.request.required("VersionId")?;
    let well_formed = wanted.strip_prefix('v').is_some_and(|number| number.parse::<u32>().is_ok());
    if !well_formed {
        return Err(Refusal::new(400, "InvalidParameter.VersionId.Format", "The version ID is invalid."));
    }
    match policy.versions().find(|(id, ..)| id == wanted) {
        Some(version) => fields(json!({ "PolicyVersion": policy.version(version) })),
        None => Err(Refusal::new(404, "EntityNotExist.Policy.Version", "The policy version does not exist.")),
    }
}

fn list_policy_versions(call: &mut ActionCall<'_>) -> ActionResult {
    let policy = requested_policy(call)?;
    let versions: Vec<_> = policy.versions().map(|version| policy.version(version)).collect();
    fields(json!({ "PolicyVersions": { "PolicyVersion": versions } }))
}

/// The message is the detail itself here; its fields as the SDK has them.
fn decode_diagnostic_message(call: &mut ActionCall<'_>) -> ActionResult {
    let encoded = call.request.required("EncodedDiagnosticMessage")?;
    let decoded = STANDARD.decode(encoded).ok().and_then(|text| serde_json::from_slice::<Json>(&text).ok());
    let detail = decoded.ok_or_else(|| Refusal::invalid("EncodedDiagnosticMessage"))?;
    let of = |name: &str| detail.get(name).cloned().unwrap_or_default();
    fields(json!({ "DecodedDiagnosticMessage": {
        "ExplicitDeny": of("NoPermissionType") == "ExplicitDeny",
        "AuthAction": of("AuthAction"),
        "AuthResource": "*",
        "AuthPrincipal": {
            "AuthPrincipalType": of("AuthPrincipalType"),
            "AuthPrincipalOwnerId": of("AuthPrincipalOwnerId"),
            "AuthPrincipalDisplayName": of("AuthPrincipalDisplayName"),
        },
        "AuthConditions": [],
        "MatchedPolicies": [],
        "NoPermissionPolicyType": of("PolicyType"),
    } }))
}

/// A system policy; custom ones do not exist here.
struct SystemPolicy {
    name: String,
    description: String,
    /// Earlier versions, the oldest first.
    older: Vec<Version>,
    newest: Version,
}

/// ID, date and document of one version.
type Version = (String, String, Json);

impl SystemPolicy {
    fn versions(&self) -> impl Iterator<Item = &Version> {
        self.older.iter().chain([&self.newest])
    }

    fn version(&self, version: &Version) -> Json {
        let (id, created, document) = version;
        json!({
            "VersionId": id, "IsDefaultVersion": *id == self.newest.0,
            "PolicyDocument": document.to_string(), "CreateDate": created,
        })
    }

    fn to_json(&self, attachment_count: usize) -> Json {
        let (_, created, _) = self.older.first().unwrap_or(&self.newest);
        let (id, updated, _) = &self.newest;
        json!({
            "PolicyName": self.name, "PolicyType": "System", "Description": self.description,
            "DefaultVersion": id, "AttachmentCount": attachment_count,
            "CreateDate": created, "UpdateDate": updated,
        })
    }
}

fn requested_policy(call: &ActionCall<'_>) -> Result<SystemPolicy, Refusal> {
    let (name, kind) = (call.request.required("PolicyName")?, call.request.required("PolicyType")?);
    check_policy_type(kind)?;
    let found = Some(name).filter(|_| kind == "System").and_then(|name| find_policy(call, name));
    found.ok_or_else(no_such_policy)
}

/// The name of a system policy that an ordinary role may be given.
fn system_policy<'a>(call: &ActionCall<'a>) -> Result<&'a str, Refusal> {
    let (name, kind) = (call.request.required("PolicyName")?, call.request.required("PolicyType")?);
    check_policy_type(kind)?;
    let known = kind == "System" && SYSTEM_POLICIES.iter().any(|(known, ..)| *known == name);
    if known { Ok(name) } else { Err(no_such_policy()) }
}

fn check_policy_type(kind: &str) -> Result<(), Refusal> {
    match kind {
        "System" | "Custom" => Ok(()),
        _ => Err(Refusal::new(400, "InvalidParameter.PolicyType", "The policy type is invalid.")),
    }
}

fn no_such_policy() -> Refusal {
    Refusal::new(404, "EntityNotExist.Policy", "The policy does not exist.")
}

fn system_policy_names(call: &ActionCall<'_>) -> impl Iterator<Item = String> {
    let of_roles = call.state.stored.services.iter().map(|template| template.policy_name.clone());
    let others = SYSTEM_POLICIES.iter().map(|(name, ..)| (*name).to_owned());
    of_roles.chain(others).collect::<Vec<_>>().into_iter()
}

fn find_policy(call: &ActionCall<'_>, name: &str) -> Option<SystemPolicy> {
    let own = call.state.stored.services.iter().find(|template| template.policy_name == name);
    if let Some(template) = own {
        let versions = template.policy_versions().into_iter();
        let mut older: Vec<_> =
            versions.map(|(id, date, document)| (id.to_owned(), date.to_owned(), document)).collect();
        let newest = older.pop()?;
        let description = format!("Policy of {}.", template.role_name);
        return Some(SystemPolicy { name: name.to_owned(), description, older, newest });
    }
    let (_, description, actions) = SYSTEM_POLICIES.iter().find(|(known, ..)| *known == name)?;
    let document = json!({
        "Version": "1", "Statement": [{ "Effect": "Allow", "Action": actions, "Resource": "*" }],
    });
    Some(SystemPolicy {
        name: name.to_owned(),
        description: (*description).to_owned(),
        older: Vec::new(),
        newest: ("v1".to_owned(), SYSTEM_POLICY_DATE.to_owned(), document),
    })
}

/// A date older than anything here (inferred).
const SYSTEM_POLICY_DATE: &str = "2015-04-28T00:00:00Z";
