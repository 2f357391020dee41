//! The configuration that a program edits, and its text.

use std::{collections::BTreeSet, fmt::Write as _};

use super::{
    observe::Name,
    program::{Account, Block, Change, Place, Step},
};

/// That an address has to do with a role.
#[derive(Clone, Debug)]
pub struct Claim {
    pub name: Name,
    pub address: String,
    /// Through the provider configuration `mss.other`.
    pub alias: bool,
}

/// The contents of the files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Configuration {
    pub blocks: Vec<Block>,
    allowed: Option<Vec<Account>>,
    /// `moved`, `removed` and `import` blocks, as text.
    statements: Vec<String>,
}

impl Configuration {
    /// Carries out an edit; whether it fitted.
    pub fn edit(&mut self, step: &Step) -> bool {
        match step {
            Step::Add(block) => self.add(block),
            Step::Drop { label } => self.take(label).is_some(),
            Step::Remove { label, destroy } => self.remove(label, *destroy),
            Step::Rename { label, to, moved } => self.rename(label, to, *moved),
            Step::CrossModule { label, moved } => self.cross_module(label, *moved),
            Step::AddKey { label, key, account } => self.add_key(label, key, *account),
            Step::DropKey { label, key } => self.drop_key(label, key),
            Step::RenameKey { label, key, to, moved } => self.rename_key(label, key, to, *moved),
            Step::SwapKeys { label, first, second } => self.swap_keys(label, first, second),
            Step::Change { label, change } => self.block(label).is_some_and(|block| change.apply(block)),
            Step::Allow(accounts) => {
                self.allowed.clone_from(accounts);
                true
            }
            Step::Tidy => !std::mem::take(&mut self.statements).is_empty(),
            _ => false,
        }
    }

    /// Adds a `moved`, `removed` or `import` block.
    pub fn state(&mut self, statement: String) {
        if !self.statements.contains(&statement) {
            self.statements.push(statement);
        }
    }

    /// Every role that the configuration names.
    pub fn claims(&self) -> Vec<Claim> {
        self.blocks.iter().flat_map(Block::claims).collect()
    }

    /// The addresses of the instances that are created before the old ones are destroyed.
    pub fn created_before_destroyed(&self) -> BTreeSet<String> {
        let blocks = self.blocks.iter().filter(|block| block.create_before_destroy);
        blocks.flat_map(Block::addresses).collect()
    }

    /// Whether a `moved` block leads from one address to another.
    pub fn moves(&self, from: &str, to: &str) -> bool {
        self.statements.contains(&moved_block(from, to))
    }

    /// The block with a label.
    fn block(&mut self, label: &str) -> Option<&mut Block> {
        self.blocks.iter_mut().find(|block| block.label == label)
    }

    /// The block that stands for an address, with or without instance key.
    pub fn block_at(&self, address: &str) -> Option<&Block> {
        let resource = address.split('[').next().unwrap_or_default();
        self.blocks.iter().find(|block| block.address() == resource)
    }

    /// Takes an instance out: its key, or the whole block if that is all there is.
    pub fn take_out(&mut self, address: &str) -> bool {
        let Some(block) = self.block_at(address) else { return false };
        let label = block.label.clone();
        let key = address.split('"').nth(1).filter(|_| block.keys.len() > 1).map(str::to_owned);
        match key {
            Some(key) => self.drop_key(&label, &key),
            None => self.take(&label).is_some(),
        }
    }

    fn has(&self, label: &str) -> bool {
        self.blocks.iter().any(|block| block.label == label)
    }

    fn add(&mut self, block: &Block) -> bool {
        let fits = self.blocks.len() < MOST_BLOCKS && !self.has(&block.label);
        if fits {
            self.blocks.push(block.clone());
        }
        fits
    }

    fn take(&mut self, label: &str) -> Option<Block> {
        let index = self.blocks.iter().position(|block| block.label == label)?;
        Some(self.blocks.remove(index))
    }

    fn remove(&mut self, label: &str, destroy: bool) -> bool {
        let Some(block) = self.take(label) else { return false };
        let from = block.address();
        self.state(format!(
            "removed {{\n  from = {from}\n  lifecycle {{\n    destroy = {destroy}\n  }}\n}}\n"
        ));
        true
    }

    fn rename(&mut self, label: &str, to: &str, moved: bool) -> bool {
        if self.has(to) {
            return false;
        }
        self.readdress(label, moved, |block| to.clone_into(&mut block.label))
    }

    fn cross_module(&mut self, label: &str, moved: bool) -> bool {
        let aliased = self.block(label).is_some_and(|block| block.alias);
        !aliased && self.readdress(label, moved, |block| block.module = !block.module)
    }

    fn readdress(&mut self, label: &str, moved: bool, change: impl Fn(&mut Block)) -> bool {
        let Some(block) = self.block(label) else { return false };
        let from = block.address();
        change(block);
        let to = block.address();
        if moved {
            self.state(moved_block(&from, &to));
        }
        true
    }

    /// Puts an instance, which is there, into another account.
    pub fn place_key(&mut self, label: &str, key: &str, account: Account) {
        let keys =
            self.blocks.iter_mut().filter(|block| block.label == label).flat_map(|block| &mut block.keys);
        keys.filter(|(found, _)| found == key).for_each(|(_, place)| *place = account);
    }

    fn add_key(&mut self, label: &str, key: &str, account: Account) -> bool {
        let Some(block) = self.block(label) else { return false };
        let fits = !block.keys.is_empty() && !block.keys.iter().any(|(known, _)| known == key);
        if fits {
            block.keys.push((key.to_owned(), account));
        }
        fits
    }

    fn drop_key(&mut self, label: &str, key: &str) -> bool {
        let Some(block) = self.block(label) else { return false };
        let index = block.keys.iter().position(|(known, _)| known == key);
        // Without keys it would be another kind of resource.
        match index.filter(|_| block.keys.len() > 1) {
            Some(index) => {
                block.keys.remove(index);
                true
            }
            None => false,
        }
    }

    fn rename_key(&mut self, label: &str, key: &str, to: &str, moved: bool) -> bool {
        let Some(block) = self.block(label) else { return false };
        let address = block.address();
        let taken = block.keys.iter().any(|(known, _)| known == to);
        let Some(entry) = block.keys.iter_mut().find(|(known, _)| known == key).filter(|_| !taken) else {
            return false;
        };
        to.clone_into(&mut entry.0);
        if moved {
            self.state(moved_block(&format!("{address}[\"{key}\"]"), &format!("{address}[\"{to}\"]")));
        }
        true
    }

    fn swap_keys(&mut self, label: &str, first: &str, second: &str) -> bool {
        let Some(block) = self.block(label) else { return false };
        let position = |key: &str| block.keys.iter().position(|(known, _)| known == key);
        let (Some(first), Some(second)) = (position(first), position(second)) else { return false };
        let accounts = (block.keys[first].1, block.keys[second].1);
        (block.keys[first].1, block.keys[second].1) = (accounts.1, accounts.0);
        true
    }

    /// The text of the root module, without the `terraform` block.
    pub fn root(&self) -> String {
        let mut text = self.providers();
        text += "module \"m\" {\n  source = \"./m\"\n}\n";
        text += &self.statements.concat();
        text + &self.blocks_of(false)
    }

    /// The text of the module.
    pub fn module(&self) -> String {
        MODULE_HEAD.to_owned() + &self.blocks_of(true)
    }

    fn providers(&self) -> String {
        let ids = |accounts: &Vec<Account>| {
            let ids: Vec<_> = accounts.iter().map(|account| format!("\"{}\"", account.id())).collect();
            format!("  allowed_account_ids = [{}]\n", ids.join(", "))
        };
        let allowed = self.allowed.as_ref().map(ids).unwrap_or_default();
        let one = |alias: &str| format!("provider \"mss\" {{\n{alias}{allowed}{PROVIDER}}}\n");
        one("") + &one("  alias = \"other\"\n")
    }

    fn blocks_of(&self, module: bool) -> String {
        self.blocks.iter().filter(|block| block.module == module).map(Block::text).collect()
    }
}

impl Change {
    /// Changes a block; whether it could.
    fn apply(&self, block: &mut Block) -> bool {
        match self {
            Self::Role(role) => block.role = *role,
            Self::Place(place) => block.place = *place,
            Self::Adopt(on) => block.adopt = *on,
            Self::Policy(policy) => block.policy = *policy,
            Self::ServiceName(on) => block.service_name = *on,
            Self::Patient(on) => block.patient = *on,
            Self::CreateBeforeDestroy(on) => block.create_before_destroy = *on,
            Self::PreventDestroy(on) => block.prevent_destroy = *on,
            Self::Dependent(on) => block.dependent = *on,
            Self::Alias(on) if !block.module => block.alias = *on,
            Self::Alias(_) => return false,
        }
        true
    }
}

impl Block {
    /// Its address, without instance key.
    pub fn address(&self) -> String {
        let module = if self.module { "module.m." } else { "" };
        format!("{module}{TYPE}.{}", self.label)
    }

    /// The address of each of its instances.
    pub fn addresses(&self) -> Vec<String> {
        let address = self.address();
        if self.keys.is_empty() {
            return vec![address];
        }
        self.keys.iter().map(|(key, _)| format!("{address}[\"{key}\"]")).collect()
    }

    fn claims(&self) -> Vec<Claim> {
        let claim = |address: String, account: Account| {
            let name = (account.id().to_owned(), self.role.name().to_owned());
            Claim { name, address, alias: self.alias }
        };
        let accounts: Vec<_> = match self.place {
            _ if !self.keys.is_empty() => self.keys.iter().map(|(_, account)| *account).collect(),
            Place::Default => vec![Account::Own],
            Place::Known(account) | Place::Computed(account) => vec![account],
        };
        self.addresses().into_iter().zip(accounts).map(|(address, account)| claim(address, account)).collect()
    }

    fn text(&self) -> String {
        let label = &self.label;
        let mut text = String::new();
        if let (Place::Computed(account), true) = (self.place, self.keys.is_empty()) {
            let id = account.id();
            let _ =
                writeln!(text, "resource \"terraform_data\" \"account_{label}\" {{\n  input = \"{id}\"\n}}");
        }
        let _ = writeln!(text, "resource \"{TYPE}\" \"{label}\" {{");
        for line in self.arguments() {
            let _ = writeln!(text, "  {line}");
        }
        let _ = writeln!(text, "  lifecycle {{");
        let _ = writeln!(text, "    create_before_destroy = {}", self.create_before_destroy);
        let _ = writeln!(text, "    prevent_destroy       = {}\n  }}\n}}", self.prevent_destroy);
        if self.dependent {
            text += &self.dependent_text();
        }
        text
    }

    fn arguments(&self) -> Vec<String> {
        let read = if self.patient { "40s" } else { "30s" };
        let all = [
            self.alias.then(|| "provider = mss.other".to_owned()),
            (!self.keys.is_empty()).then(|| self.for_each()),
            Some(format!("role_name = \"{}\"", self.role.name())),
            self.account(),
            self.adopt.then(|| "adopt_existing = true".to_owned()),
            self.policy.map(|policy| format!("deletion_policy = \"{}\"", policy.name())),
            self.service_name.then(|| format!("service_name = \"{}\"", self.role.service_name())),
            Some(format!("timeouts = {{ create = \"40s\", read = \"{read}\", delete = \"40s\" }}")),
        ];
        all.into_iter().flatten().collect()
    }

    fn for_each(&self) -> String {
        let entry = |(key, account): &(String, Account)| format!("{key} = \"{}\"", account.id());
        format!("for_each = {{ {} }}", self.keys.iter().map(entry).collect::<Vec<_>>().join(", "))
    }

    fn account(&self) -> Option<String> {
        if !self.keys.is_empty() {
            return Some("account_id = each.value".to_owned());
        }
        match self.place {
            Place::Default => None,
            Place::Known(account) => Some(format!("account_id = \"{}\"", account.id())),
            Place::Computed(_) => Some(format!("account_id = terraform_data.account_{}.output", self.label)),
        }
    }

    fn dependent_text(&self) -> String {
        let label = &self.label;
        let input = if self.keys.is_empty() {
            format!("{TYPE}.{label}.arn")
        } else {
            format!("values({TYPE}.{label})[*].arn")
        };
        format!("resource \"terraform_data\" \"after_{label}\" {{\n  input = {input}\n}}\n")
    }
}

/// A `moved` block.
pub fn moved_block(from: &str, to: &str) -> String {
    format!("moved {{\n  from = {from}\n  to   = {to}\n}}\n")
}

/// The type of the resource.
pub const TYPE: &str = "mss_service_linked_role";
const MOST_BLOCKS: usize = 4;
const MODULE_HEAD: &str = "terraform {\n  required_providers {\n    mss = { source = \
                           \"registry.terraform.io/mss-iac/mss\" }\n  }\n}\n";
/// A call without a response is given up before any operation is.
const PROVIDER: &str = "  client_read_timeout = 20000\n  max_retries         = 1\n";
