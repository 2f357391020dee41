//! The resource directory: which accounts are its members, and the folders they are in.
//!
//! The account of the first AccessKey is the management account. Every other account that a seed or a
//! control call made is a member, unless it was made to stand alone. Nothing else makes an account: an
//! ID that nobody made is unknown, as in the cloud.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

/// The directory of one management account.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Directory {
    pub(super) resource_directory_id: String,
    pub(super) root_folder_id: String,
    pub(super) create_time: Timestamp,
    /// By folder ID; without the Root folder.
    pub(super) folders: BTreeMap<String, Folder>,
}

/// A folder below the Root folder.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Folder {
    pub(super) folder_name: String,
    /// The Root folder or another folder.
    pub(super) parent_folder_id: String,
    pub(super) create_time: Timestamp,
}

/// What makes an account a member.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Membership {
    pub(super) display_name: String,
    pub(super) folder_id: String,
    pub(super) status: MemberStatus,
    #[serde(rename = "type")]
    pub(super) kind: MemberType,
    pub(super) join_method: JoinMethod,
    pub(super) join_time: Timestamp,
    pub(super) modify_time: Timestamp,
    /// `Checking`, `Deleting`, `CheckFailed` or `DeleteFailed` while its deletion is under way.
    pub(super) deletion_status: Option<DeletionStatus>,
    pub(super) tags: BTreeMap<String, String>,
    /// Whether it may list the directory, as a delegated administrator of a trusted service.
    pub(super) delegated_administrator: bool,
    /// Whether `ResourceDirectoryAccountAccessRole` exists in it, by which the management account
    /// enters.
    pub(super) access_role: bool,
}

/// How a member joined, or how far a change of its type is: the documented values of `Status`.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub(super) enum MemberStatus {
    #[default]
    CreateSuccess,
    PromoteVerifying,
    PromoteFailed,
    PromoteExpired,
    PromoteCancelled,
    PromoteSuccess,
    InviteSuccess,
}

/// Whether the directory created the account: the documented values of `Type`.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub(super) enum MemberType {
    #[default]
    ResourceAccount,
    CloudAccount,
}

/// How an account came to the directory: the documented values of `JoinMethod`.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum JoinMethod {
    #[default]
    Created,
    Invited,
}

/// How far the closing of an account is: the documented values of `DeletionStatus`.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(super) enum DeletionStatus {
    Checking,
    Deleting,
    CheckFailed,
    DeleteFailed,
}

/// A member as a seed or a control call describes it; what is left out has a default.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct MemberSettings {
    pub(super) display_name: Option<String>,
    /// ID or name of a folder; the Root folder, if it is left out.
    pub(super) folder: Option<String>,
    pub(super) status: Option<MemberStatus>,
    #[serde(rename = "type")]
    pub(super) kind: Option<MemberType>,
    pub(super) join_method: Option<JoinMethod>,
    pub(super) join_time: Option<Timestamp>,
    pub(super) deletion_status: Option<DeletionStatus>,
    pub(super) tags: Option<BTreeMap<String, String>>,
    pub(super) delegated_administrator: Option<bool>,
    pub(super) access_role: Option<bool>,
}

/// A folder as a seed or a control call describes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FolderSettings {
    pub(super) folder_name: String,
    /// `fd-` and ten letters or digits; one is made up, if it is left out.
    pub(super) folder_id: Option<String>,
    /// ID or name of a folder that exists; the Root folder, if it is left out.
    pub(super) parent: Option<String>,
}

impl Directory {
    pub(super) fn new(now: Timestamp) -> Self {
        Self {
            resource_directory_id: "rd-Emulat".to_owned(),
            root_folder_id: "r-Emulat".to_owned(),
            create_time: now,
            folders: BTreeMap::new(),
        }
    }

    /// Adds a folder; returns its ID.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(super) fn add_folder(&mut self, folder: FolderSettings, now: Timestamp) -> Result<String, String> {
        let parent_folder_id = self.find_folder(folder.parent.as_deref())?;
        let made_up = || format!("fd-Emulator{:02}", self.folders.len() + 1);
        let id = folder.folder_id.unwrap_or_else(made_up);
        if !is_folder_id(&id) || self.has_folder(&id) {
            return Err(format!("{id:?} is not an unused folder ID: \"fd-\" and ten letters or digits"));
        }
        let folder = Folder { folder_name: folder.folder_name, parent_folder_id, create_time: now };
        self.folders.insert(id.clone(), folder);
        Ok(id)
    }

    /// The ID of a folder that is given by ID or name; of the Root folder, if it is not given.
    ///
    /// # Errors
    /// There is no such folder, or several have the name.
    pub(super) fn find_folder(&self, folder: Option<&str>) -> Result<String, String> {
        let Some(folder) = folder else {
            return Ok(self.root_folder_id.clone());
        };
        if self.has_folder(folder) {
            return Ok(folder.to_owned());
        }
        let named: Vec<_> = self.folders.iter().filter(|(_, found)| found.folder_name == folder).collect();
        match named.as_slice() {
            [(id, _)] => Ok((*id).clone()),
            [] => Err(format!("there is no folder {folder:?}")),
            _ => Err(format!("several folders are named {folder:?}; give the ID")),
        }
    }

    pub(super) fn has_folder(&self, id: &str) -> bool {
        id == self.root_folder_id || self.folders.contains_key(id)
    }

    /// A membership, with what a change leaves out as it was.
    ///
    /// # Errors
    /// There is no such folder.
    pub(super) fn membership(
        &self,
        account_id: &str,
        settings: MemberSettings,
        was: Option<&Membership>,
        now: Timestamp,
    ) -> Result<Membership, String> {
        let kind = settings.kind.or(was.map(|was| was.kind)).unwrap_or_default();
        let folder_id = match (&settings.folder, was) {
            (None, Some(was)) => was.folder_id.clone(),
            (folder, _) => self.find_folder(folder.as_deref())?,
        };
        let join_method = settings.join_method.or(was.map(|was| was.join_method)).unwrap_or_default();
        let joined = match join_method {
            JoinMethod::Created => MemberStatus::CreateSuccess,
            JoinMethod::Invited => MemberStatus::InviteSuccess,
        };
        let display_name = settings.display_name.or_else(|| was.map(|was| was.display_name.clone()));
        Ok(Membership {
            display_name: display_name.unwrap_or_else(|| format!("member-{account_id}")),
            folder_id,
            status: settings.status.or(was.map(|was| was.status)).unwrap_or(joined),
            kind,
            join_method,
            join_time: settings.join_time.or(was.map(|was| was.join_time)).unwrap_or(now),
            modify_time: now,
            deletion_status: settings.deletion_status.or(was.and_then(|was| was.deletion_status)),
            tags: settings.tags.or_else(|| was.map(|was| was.tags.clone())).unwrap_or_default(),
            delegated_administrator: settings
                .delegated_administrator
                .or(was.map(|was| was.delegated_administrator))
                .unwrap_or(false),
            access_role: settings.access_role.or(was.map(|was| was.access_role)).unwrap_or(true),
        })
    }

    /// The folders from below the Root folder down to one, without the Root folder itself.
    pub(super) fn ancestry(&self, folder_id: &str) -> Vec<&str> {
        let mut above = Vec::new();
        let mut next = self.folders.get_key_value(folder_id);
        while let Some((id, folder)) = next {
            above.push(id.as_str());
            next = self.folders.get_key_value(&folder.parent_folder_id);
        }
        above.reverse();
        above
    }

    /// The folder with all above it: `rd-…/r-…/fd-…/…`.
    pub(super) fn path(&self, folder_id: &str) -> String {
        let above = [self.resource_directory_id.as_str(), self.root_folder_id.as_str()];
        above.into_iter().chain(self.ancestry(folder_id)).collect::<Vec<_>>().join("/")
    }

    /// A member as every response shows it.
    pub(super) fn member_json(&self, account_id: &str, member: &Membership) -> Json {
        json!({
            "AccountId": account_id,
            "DisplayName": member.display_name,
            "AccountName": format!("{account_id}@emulated.example"),
            "FolderId": member.folder_id,
            "ResourceDirectoryId": self.resource_directory_id,
            "Status": member.status,
            "Type": member.kind,
            "JoinMethod": member.join_method,
            "JoinTime": time(member.join_time),
            "ModifyTime": time(member.modify_time),
        })
    }
}

/// As this product writes it: with milliseconds (documented examples).
pub(super) fn time(timestamp: Timestamp) -> String {
    timestamp.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// `r-` and six, or `fd-` and ten letters or digits (documented).
pub(super) fn is_folder_id(text: &str) -> bool {
    let of = |prefix: &str, length| {
        text.strip_prefix(prefix)
            .is_some_and(|rest| rest.len() == length && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    };
    of("r-", 6) || of("fd-", 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str, parent: Option<&str>) -> FolderSettings {
        FolderSettings { folder_name: name.to_owned(), folder_id: None, parent: parent.map(str::to_owned) }
    }

    #[test]
    fn folders_are_found_by_id_and_by_a_name_that_one_has() {
        let now = Timestamp::UNIX_EPOCH;
        let mut directory = Directory::new(now);
        let top = directory.add_folder(folder("Production", None), now).unwrap();
        let below = directory.add_folder(folder("Europe", Some("Production")), now).unwrap();
        assert_eq!(directory.find_folder(Some(&below)).as_ref(), Ok(&below));
        assert_eq!(directory.find_folder(Some("Europe")).as_ref(), Ok(&below));
        assert_eq!(directory.find_folder(None), Ok("r-Emulat".to_owned()));
        assert_eq!(directory.path(&below), format!("rd-Emulat/r-Emulat/{top}/{below}"));
        assert_eq!(directory.path("r-Emulat"), "rd-Emulat/r-Emulat");
        directory.add_folder(folder("Europe", None), now).unwrap();
        assert!(directory.find_folder(Some("Europe")).unwrap_err().contains("several"));
        assert!(directory.find_folder(Some("Asia")).is_err());
        assert!(directory.add_folder(folder("Lost", Some("Asia")), now).is_err());
        let taken = FolderSettings { folder_id: Some(top), ..folder("Again", None) };
        assert!(directory.add_folder(taken, now).is_err());
    }

    #[test]
    fn a_change_leaves_the_rest_of_a_member_alone() {
        let directory = Directory::new(Timestamp::UNIX_EPOCH);
        let settings = |json: Json| serde_json::from_value::<MemberSettings>(json).unwrap();
        let member = json!({ "display_name": "shop", "join_method": "invited", "tags": { "team": "a" } });
        let member = directory.membership("1", settings(member), None, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(member.status, MemberStatus::InviteSuccess);
        let later = Timestamp::from_second(9).unwrap();
        let change = settings(json!({ "deletion_status": "Checking", "access_role": false }));
        let changed = directory.membership("1", change, Some(&member), later).unwrap();
        assert_eq!((changed.display_name, changed.tags), (member.display_name, member.tags));
        assert_eq!((changed.join_time, changed.modify_time), (member.join_time, later));
        assert!(!changed.access_role && changed.deletion_status == Some(DeletionStatus::Checking));
    }

    #[test]
    fn folder_ids() {
        for (text, well_formed) in [
            ("r-Abc123", true),
            ("fd-Abc1234567", true),
            ("r-Abc12", false),
            ("fd-Abc123456/", false),
            ("Abc1234567", false),
        ] {
            assert_eq!(is_folder_id(text), well_formed, "{text}");
        }
    }
}
