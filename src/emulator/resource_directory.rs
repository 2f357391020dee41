//! The directory of accounts: ResourceDirectoryMaster 2022-04-19, and the same actions of Resource
//! Management 2020-03-31 (documented). Answers hold the fields of their document pages.
//!
//! The management account lists members, and a delegated administrator does. What another member
//! gets is inferred: that it has no directory, the one refusal that the pages of these actions have.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::{
    action::{Action, ActionCall, Product},
    directory::{Directory, Membership, is_folder_id, time},
    request::{ActionResult, Refusal, Request, fields, set},
};

pub(super) const PRODUCT: Product = Product {
    code: "ResourceDirectoryMaster",
    version: "2022-04-19",
    host: "resourcedirectory.aliyuncs.com",
    actions: &[
        Action::documented("ListAccounts", "resourcemanager:ListAccounts", list_accounts),
        Action::documented(
            "ListAccountsForParent",
            "resourcemanager:ListAccountsForParent",
            list_accounts_for_parent,
        ),
        Action::documented("GetAccount", "resourcemanager:GetAccount", get_account),
        Action::documented(
            "GetResourceDirectory",
            "resourcemanager:GetResourceDirectory",
            get_resource_directory,
        ),
        Action::documented(
            "ListFoldersForParent",
            "resourcemanager:ListFoldersForParent",
            list_folders_for_parent,
        ),
        Action::documented("GetFolder", "resourcemanager:GetFolder", get_folder),
        Action::documented("ListAncestors", "resourcemanager:ListAncestors", list_ancestors),
    ],
};

pub(super) fn list_accounts(call: &mut ActionCall<'_>) -> ActionResult {
    listing(call)?.accounts(call.request)
}

pub(super) fn list_accounts_for_parent(call: &mut ActionCall<'_>) -> ActionResult {
    listing(call)?.accounts_for_parent(call.request)
}

pub(super) fn get_account(call: &mut ActionCall<'_>) -> ActionResult {
    listing(call)?.account(call.request)
}

pub(super) fn list_folders_for_parent(call: &mut ActionCall<'_>) -> ActionResult {
    listing(call)?.folders(call.request)
}

pub(super) fn get_folder(call: &mut ActionCall<'_>) -> ActionResult {
    listing(call)?.folder(call.request)
}

pub(super) fn list_ancestors(call: &mut ActionCall<'_>) -> ActionResult {
    listing(call)?.ancestors(call.request)
}

/// The resource that a permission must cover: one account or folder by its path, or all (documented).
pub(super) fn resource(call: &ActionCall<'_>) -> String {
    let (state, request) = (&call.state, call.request);
    let path = |id: &str| {
        let directory = state.stored.directory.as_ref()?;
        match state.membership(id) {
            Some(member) => Some(format!("{}/{id}", directory.path(&member.folder_id))),
            None => directory.has_folder(id).then(|| directory.path(id)),
        }
    };
    let (kind, id) = match (request.parameter("AccountId"), request.action()) {
        (Some(account_id), _) => ("account", Some(account_id)),
        (None, Some("ListAccounts")) => ("account", None),
        _ => ("folder", request.parameter("FolderId").or_else(|| request.parameter("ParentFolderId"))),
    };
    let path = id.map_or(Some("*".to_owned()), path).unwrap_or_default();
    format!("acs:resourcemanager::{}:{kind}/{path}", call.caller.account_id)
}

/// The management account and its members may ask.
pub(super) fn get_resource_directory(call: &mut ActionCall<'_>) -> ActionResult {
    let stored = &call.state.stored;
    let is_member = call.state.membership(&call.caller.account_id).is_some();
    let belongs = is_member || call.caller.account_id == stored.management_account_id;
    let Some(directory) = stored.directory.as_ref().filter(|_| belongs) else {
        let message = "The specified account is not an Alibaba Cloud account or a member account of the resource \
                       directory.";
        return Err(Refusal::new(404, "ResourceDirectoryNotInUse", message));
    };
    fields(json!({ "ResourceDirectory": {
        "ResourceDirectoryId": directory.resource_directory_id,
        "RootFolderId": directory.root_folder_id,
        "CreateTime": time(directory.create_time),
        "MasterAccountId": stored.management_account_id,
        "MasterAccountName": "emulated",
        "ControlPolicyStatus": "Disabled",
        "MemberDeletionStatus": "Enabled",
        "IdentityInformation": "Emulated Co., Ltd.",
    } }))
}

/// The directory, for someone who may look into it.
struct Listing<'a> {
    directory: &'a Directory,
    members: Vec<(&'a str, &'a Membership)>,
}

fn listing<'a>(call: &'a ActionCall<'_>) -> Result<Listing<'a>, Refusal> {
    let caller = &call.caller.account_id;
    let delegated = call.state.membership(caller).is_some_and(|member| member.delegated_administrator);
    let may = delegated || *caller == call.state.stored.management_account_id;
    let directory = call.state.stored.directory.as_ref().filter(|_| may).ok_or_else(no_directory)?;
    Ok(Listing { directory, members: call.state.members().collect() })
}

impl Listing<'_> {
    fn accounts(&self, request: &Request) -> ActionResult {
        let found = self.matching(request, None);
        if request.parameter("MaxResults").is_none() && request.parameter("NextToken").is_none() {
            return self.page(request, "Accounts", "Account", found);
        }
        // The token is the number of members already shown, which clients take as opaque (SDK).
        let start: usize = number(request, "NextToken", 0, 0..=usize::MAX)?;
        let most = number(request, "MaxResults", 10, 1..=100)?;
        let (total, end) = (found.len(), start.saturating_add(most));
        let page: Vec<_> = found.into_iter().skip(start).take(most).collect();
        let mut response = json!({ "Accounts": { "Account": page }, "TotalCount": total });
        if end < total {
            set(&mut response, "NextToken", end.to_string());
        }
        fields(response)
    }

    fn accounts_for_parent(&self, request: &Request) -> ActionResult {
        let parent = self.parent(request)?;
        self.page(request, "Accounts", "Account", self.matching(request, Some(&parent)))
    }

    /// Members that a request asks for, each as lists show it.
    fn matching(&self, request: &Request, folder_id: Option<&str>) -> Vec<Json> {
        let wanted = tags(request);
        let keyword = request.parameter("QueryKeyword").unwrap_or_default().to_lowercase();
        let matches = |member: &Membership| {
            folder_id.is_none_or(|folder_id| member.folder_id == folder_id)
                && member.display_name.to_lowercase().contains(&keyword)
                && wanted.iter().all(|(key, value)| member.tags.get(key) == Some(value))
        };
        let with_tags = includes_tags(request);
        let to_json = |account_id: &str, member: &Membership| {
            let mut json = self.directory.member_json(account_id, member);
            set(&mut json, "ResourceDirectoryPath", self.path_of(account_id, member));
            if let Some(status) = member.deletion_status {
                set(&mut json, "DeletionStatus", json!(status));
            }
            if with_tags {
                set(&mut json, "Tags", json!({ "Tag": tag_list(member) }));
            }
            json
        };
        let matching = self.members.iter().filter(|(_, member)| matches(member));
        matching.map(|(account_id, member)| to_json(account_id, member)).collect()
    }

    fn path_of(&self, account_id: &str, member: &Membership) -> String {
        format!("{}/{account_id}", self.directory.path(&member.folder_id))
    }

    fn account(&self, request: &Request) -> ActionResult {
        let account_id = required(request, "AccountId")?;
        if account_id.len() != 16 || !account_id.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(invalid("AccountId"));
        }
        let found = self.members.iter().find(|(id, _)| *id == account_id);
        let Some((account_id, member)) = found else {
            let message = "This resource directory account does not exist.";
            return Err(Refusal::new(404, "EntityNotExists.Account", message));
        };
        let mut json = self.directory.member_json(account_id, member);
        set(&mut json, "ResourceDirectoryPath", self.path_of(account_id, member));
        set(&mut json, "IdentityInformation", "Emulated Co., Ltd.");
        set(&mut json, "HasSecureMobilePhone", false);
        if includes_tags(request) {
            // Here, unlike in lists, not doubly nested (documented).
            set(&mut json, "Tags", json!(tag_list(member)));
        }
        fields(json!({ "Account": json }))
    }

    fn folders(&self, request: &Request) -> ActionResult {
        let parent = self.parent(request)?;
        let keyword = request.parameter("QueryKeyword").unwrap_or_default().to_lowercase();
        let below = self.directory.folders.iter().filter(|(_, folder)| {
            folder.parent_folder_id == parent && folder.folder_name.to_lowercase().contains(&keyword)
        });
        let folders = below.map(|(id, folder)| {
            json!({ "FolderId": id, "FolderName": folder.folder_name, "CreateTime": time(folder.create_time) })
        });
        self.page(request, "Folders", "Folder", folders.collect())
    }

    fn folder(&self, request: &Request) -> ActionResult {
        let id = self.known_folder(request, "FolderId")?;
        let mut json = json!({ "FolderId": id, "ResourceDirectoryPath": self.directory.path(id) });
        match self.directory.folders.get(id) {
            Some(folder) => {
                set(&mut json, "FolderName", folder.folder_name.as_str());
                set(&mut json, "ParentFolderId", folder.parent_folder_id.as_str());
                set(&mut json, "CreateTime", time(folder.create_time));
            }
            None => {
                set(&mut json, "FolderName", "root");
                set(&mut json, "CreateTime", time(self.directory.create_time));
            }
        }
        fields(json!({ "Folder": json }))
    }

    /// From the Root folder to the folder above the child (documented), which may be a member too.
    fn ancestors(&self, request: &Request) -> ActionResult {
        let child = required(request, "ChildId")?;
        let member = self.members.iter().find(|(id, _)| *id == child);
        let parent = match (member, self.directory.folders.get(child)) {
            (Some((_, member)), _) => &member.folder_id,
            (None, Some(folder)) => &folder.parent_folder_id,
            (None, None) => return Err(no_folder()),
        };
        let root = json!({
            "FolderId": self.directory.root_folder_id, "FolderName": "root",
            "CreateTime": time(self.directory.create_time),
        });
        let above = self.directory.ancestry(parent).into_iter().filter_map(|id| {
            let folder = self.directory.folders.get(id)?;
            Some(json!({
                "FolderId": id, "FolderName": folder.folder_name, "CreateTime": time(folder.create_time),
            }))
        });
        fields(json!({ "Folders": { "Folder": std::iter::once(root).chain(above).collect::<Vec<_>>() } }))
    }

    /// The folder that `ParentFolderId` names; the Root folder without it (documented).
    fn parent(&self, request: &Request) -> Result<String, Refusal> {
        match request.parameter("ParentFolderId") {
            None => Ok(self.directory.root_folder_id.clone()),
            Some(_) => self.known_folder(request, "ParentFolderId").map(str::to_owned),
        }
    }

    fn known_folder<'r>(&self, request: &'r Request, parameter: &str) -> Result<&'r str, Refusal> {
        let id = required(request, parameter)?;
        if !is_folder_id(id) {
            return Err(invalid(parameter));
        }
        if self.directory.has_folder(id) { Ok(id) } else { Err(no_folder()) }
    }

    fn page(&self, request: &Request, list: &str, item: &str, found: Vec<Json>) -> ActionResult {
        let page = number(request, "PageNumber", 1, 1..=usize::MAX)?;
        let size = number(request, "PageSize", 10, 1..=100)?;
        let total = found.len();
        let page: Vec<_> = found.into_iter().skip((page - 1).saturating_mul(size)).take(size).collect();
        fields(json!({
            list: { item: page }, "PageNumber": page, "PageSize": size, "TotalCount": total,
        }))
    }
}

/// Whether a request asks for tags; Python's SDK writes `True`.
fn includes_tags(request: &Request) -> bool {
    request.parameter("IncludeTags").is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

/// The tags that a request filters by: each `Tag.N.Key` with its `Tag.N.Value`.
fn tags(request: &Request) -> BTreeMap<String, String> {
    let keys = request.parameters.iter().filter_map(|(name, key)| {
        let number = name.strip_prefix("Tag.")?.strip_suffix(".Key")?;
        let value = request.parameter(&format!("Tag.{number}.Value")).unwrap_or_default();
        Some((key.clone(), value.to_owned()))
    });
    keys.collect()
}

fn tag_list(member: &Membership) -> Vec<Json> {
    member.tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect()
}

fn number(
    request: &Request,
    name: &str,
    default: usize,
    allowed: std::ops::RangeInclusive<usize>,
) -> Result<usize, Refusal> {
    let number = request.parameter(name).map_or(Ok(default), str::parse);
    number.ok().filter(|number| allowed.contains(number)).ok_or_else(|| invalid(name))
}

fn required<'r>(request: &'r Request, name: &str) -> Result<&'r str, Refusal> {
    request.parameter(name).ok_or_else(|| {
        Refusal::new(400, &format!("MissingParameter.{name}"), &format!("You must specify {name}."))
    })
}

fn invalid(name: &str) -> Refusal {
    Refusal::new(400, &format!("InvalidParameter.{name}"), &format!("The {name} is invalid."))
}

fn no_folder() -> Refusal {
    Refusal::new(404, "EntityNotExists.Folder", "The resource directory folder does not exist.")
}

fn no_directory() -> Refusal {
    let message = "The resource directory for the account is not enabled. We recommend that you first enable the \
                   resource directory for the account.";
    Refusal::new(404, "EntityNotExists.ResourceDirectory", message)
}
