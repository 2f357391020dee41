//! The provider and its resource.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use terraform_provider_mss::framework::{
    diagnostics::{Diagnostic, Diagnostics},
    provider::Provider,
    resource::{
        CancellationToken, Create, Delete, IdentityAttribute, IdentitySchema, ImportedState, MoveSource,
        Phase, Plan, PlanDestroy, Prior, Read, Resource, ResourceResult, Update,
    },
    schema::{Attribute, Kind, Nesting, Presence, Schema},
    value::{Members, Object, Path, Root, Type, Value},
};

pub const TYPE_NAME: &str = "odd_shape";

/// The provider `odd`.
#[derive(Clone, Default)]
pub struct Odd(Arc<Store>);

#[derive(Default)]
struct Store {
    objects: Mutex<BTreeMap<String, Object>>,
    /// How often a client has said that it plans during apply.
    applying: AtomicUsize,
}

impl Odd {
    pub fn times_applying(&self) -> usize {
        self.0.applying.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl Provider for Odd {
    fn schema(&self) -> Schema {
        Schema { version: 0, description: "Odd.", attributes: Vec::new() }
    }

    fn resources(&self) -> Vec<Arc<dyn Resource>> {
        vec![Arc::new(Shape(Arc::clone(&self.0)))]
    }

    fn validate(&self, _config: &Object) -> Diagnostics {
        Diagnostics::new()
    }

    async fn configure(&self, _config: Object, _terraform_version: &str) -> Diagnostics {
        Diagnostics::new()
    }
}

struct Shape(Arc<Store>);

/// The shape of this name has a flag that is set, whatever was planned.
pub const OTHERWISE: &str = "otherwise";

impl Shape {
    fn keep(&self, mut planned: Object) -> ResourceResult {
        if name(&planned) == OTHERWISE {
            planned.set("flag", true);
        }
        let made = make(&planned.into(), &shape_schema().object_type(), &Path::root());
        let state = Root::try_from(made).unwrap().object("the state").unwrap();
        self.0.objects.lock().unwrap().insert(name(&state), state.clone());
        ResourceResult::state(state)
    }
}

#[async_trait]
impl Resource for Shape {
    fn type_name(&self) -> &'static str {
        TYPE_NAME
    }

    fn schema(&self) -> Schema {
        shape_schema()
    }

    async fn plan(&self, plan: &mut Plan, _stop: &CancellationToken) {
        if let Prior::Object(_) = &plan.prior {
            plan.diagnostics.extend(expect(&plan.prior_private, STORED, "the plan of an update"));
        }
        if matches!(plan.phase, Phase::Apply { .. }) {
            self.0.applying.fetch_add(1, Ordering::Relaxed);
        }
        plan.private = PLANNED.to_vec();
    }

    async fn plan_destroy(&self, destroy: &mut PlanDestroy, _stop: &CancellationToken) {
        destroy.diagnostics.extend(expect(&destroy.private, STORED, "the plan of a destroy"));
    }

    fn identity_schema(&self) -> IdentitySchema {
        let name = IdentityAttribute { name: "name", description: "Its name.", required_for_import: true };
        IdentitySchema { version: 0, attributes: vec![name] }
    }

    fn import_identity(&self, identity: &Object) -> Result<ImportedState, Diagnostic> {
        self.import(&identity.string("name").known().unwrap_or_default())
    }

    fn generate_config(&self, config: Object) -> Object {
        config
    }

    async fn create(&self, create: Create<'_>, _stop: &CancellationToken) -> ResourceResult {
        match expect(create.private, PLANNED, "a create") {
            Some(lost) => ResourceResult::unchanged(lost),
            None => {
                *create.private = STORED.to_vec();
                self.keep(create.planned)
            }
        }
    }

    async fn read(&self, read: Read<'_>, _stop: &CancellationToken) -> ResourceResult {
        let expected = if read.imported { IMPORTED } else { STORED };
        if let Some(lost) = expect(read.private, expected, "a read") {
            return ResourceResult::unchanged(lost);
        }
        *read.private = STORED.to_vec();
        let found = self.0.objects.lock().unwrap().get(&name(&read.current)).cloned();
        found.map_or_else(ResourceResult::gone, ResourceResult::state)
    }

    async fn update(&self, update: Update<'_>, _stop: &CancellationToken) -> ResourceResult {
        match expect(update.private, PLANNED, "an update") {
            Some(lost) => ResourceResult::unchanged(lost),
            None => {
                *update.private = STORED.to_vec();
                self.keep(update.planned)
            }
        }
    }

    async fn delete(&self, delete: Delete<'_>, _stop: &CancellationToken) -> ResourceResult {
        // In a replacement Terraform hands over what its second plan left.
        if *delete.private != PLANNED
            && let Some(lost) = expect(delete.private, STORED, "a delete")
        {
            return ResourceResult::unchanged(lost);
        }
        self.0.objects.lock().unwrap().remove(&name(&delete.prior));
        ResourceResult::gone()
    }

    fn seen_in_state(&self, _state: &Object) {}

    fn import(&self, id: &str) -> Result<ImportedState, Diagnostic> {
        let mut state = Object::empty();
        state.set("name", id);
        Ok(ImportedState { state: state.only(shape_schema().names()), private: IMPORTED.to_vec() })
    }

    fn upgrade(&self, _version: i64, state: Object) -> Result<Object, Diagnostic> {
        Ok(state)
    }

    fn move_state(&self, source: &MoveSource) -> Result<ImportedState, Diagnostic> {
        Err(Diagnostic::error("Cannot be moved", source.type_name.clone()))
    }
}

/// What a plan leaves for its apply, what is stored beside a state, and what an import leaves for its read.
pub const PLANNED: &[u8] = b"planned";
pub const STORED: &[u8] = b"stored";
pub const IMPORTED: &[u8] = b"imported";

/// Private data that did not come through as it was left.
fn expect(private: &[u8], expected: &[u8], place: &str) -> Option<Diagnostic> {
    let found = String::from_utf8_lossy(private);
    (private != expected)
        .then(|| Diagnostic::error("Private data was lost", format!("{place} has {found:?}.")))
}

fn name(shape: &Object) -> String {
    shape.string("name").known().unwrap_or_default()
}

/// Fills in whatever the plan has left open.
fn make(value: &Value, of: &Type, path: &Path) -> Value {
    match (value, of) {
        (Value::Unknown, Type::String) => format!("made for {path}").into(),
        (Value::Unknown, Type::Number) => Value::Number("0.1234567890123456789".parse().unwrap()),
        (Value::Unknown, Type::Bool) => true.into(),
        (Value::Unknown, Type::Dynamic) => Value::Dynamic(Box::new(Type::Bool), Box::new(true.into())),
        (Value::Unknown, Type::List(_) | Type::Set(_)) => Value::List(Vec::new()),
        (Value::Unknown, Type::Map(_)) => Value::Map(Members::new()),
        (Value::Unknown, Type::Tuple(of)) => {
            Value::List(of.iter().map(|of| make(&Value::Unknown, of, path)).collect())
        }
        (Value::Unknown, Type::Object(of)) => {
            let make = |(name, of): (&String, &Type)| {
                (name.clone(), make(&Value::Unknown, of, &path.attribute(name)))
            };
            Value::Map(of.iter().map(make).collect())
        }
        (Value::Dynamic(of, value), Type::Dynamic) => {
            Value::Dynamic(of.clone(), Box::new(make(value, of, path)))
        }
        (Value::List(elements), Type::List(of) | Type::Set(of)) => {
            let make = |(index, element)| make(element, of, &path.index(index));
            Value::List(elements.iter().enumerate().map(make).collect())
        }
        (Value::List(elements), Type::Tuple(of)) => {
            let make = |(element, of)| make(element, of, path);
            Value::List(elements.iter().zip(of).map(make).collect())
        }
        (Value::Map(elements), Type::Map(of)) => {
            let make = |(key, element): (&String, &Value)| (key.clone(), make(element, of, &path.key(key)));
            Value::Map(elements.iter().map(make).collect())
        }
        (Value::Map(members), Type::Object(of)) => {
            let make = |(name, value): (&String, &Value)| {
                let of = of.get(name).unwrap_or(&Type::Dynamic);
                (name.clone(), make(value, of, &path.attribute(name)))
            };
            Value::Map(members.iter().map(make).collect())
        }
        (value, _) => value.clone(),
    }
}

/// Every type, presence and nesting.
pub fn shape_schema() -> Schema {
    let boxed = Box::new;
    let object = |attributes: Vec<(&str, Type)>| {
        Type::Object(attributes.into_iter().map(|(name, of)| (name.to_owned(), of)).collect())
    };
    let deep = object(vec![
        ("a", Type::String),
        ("b", Type::List(boxed(Type::Number))),
        ("c", Type::Map(boxed(object(vec![("d", Type::Set(boxed(Type::String)))])))),
    ]);
    let described = "Odd.";
    let mut attributes = vec![
        Attribute::required("name", Type::String, described).requires_replace(),
        Attribute::optional("number", Type::Number, described),
        Attribute::optional("flag", Type::Bool, described),
        Attribute::optional("list", Type::List(boxed(Type::String)), described),
        Attribute::optional("set", Type::Set(boxed(Type::Number)), described),
        Attribute::optional("map", Type::Map(boxed(Type::Bool)), described),
        Attribute::optional("deep", deep.clone(), described),
        Attribute::optional("tuple", Type::Tuple(vec![Type::String, Type::Number]), described),
        Attribute::optional("dynamic", Type::Dynamic, described),
        Attribute::optional_computed("defaulted_list", Type::List(boxed(Type::String)), described)
            .default(Value::List(vec!["d".into()])),
        Attribute::optional_computed("chosen_deep", deep.clone(), described),
        Attribute::optional_computed("chosen_dynamic", Type::Dynamic, described),
        Attribute::computed("made_deep", deep, described),
        Attribute::computed("made_kept", Type::Number, described).keeps_prior(),
        nested("single", Nesting::Single, Presence::Optional, leaves()),
        nested("nested_list", Nesting::List, Presence::Optional, leaves()),
        nested("nested_set", Nesting::Set, Presence::Optional, leaves()),
        nested("nested_map", Nesting::Map, Presence::Optional, leaves()),
        nested("chosen_list", Nesting::List, Presence::OptionalComputed, leaves()),
        nested("made_map", Nesting::Map, Presence::Computed, made_leaves()),
    ];
    let inner = vec![
        nested("in_list", Nesting::List, Presence::Optional, leaves()),
        nested("in_set", Nesting::Set, Presence::Optional, leaves()),
    ];
    attributes.push(nested("twice", Nesting::Map, Presence::Optional, inner));
    Schema { version: 0, description: described, attributes }
}

fn nested(name: &'static str, nesting: Nesting, presence: Presence, inner: Vec<Attribute>) -> Attribute {
    Attribute {
        kind: Kind::Nested(nesting, inner),
        presence,
        ..Attribute::optional(name, Type::Bool, "Odd.")
    }
}

fn leaves() -> Vec<Attribute> {
    vec![
        Attribute::required("key", Type::String, "Odd."),
        Attribute::optional("plain", Type::Number, "Odd."),
        Attribute::optional_computed("defaulted", Type::String, "Odd.").default("d"),
        Attribute::optional_computed("chosen", Type::Bool, "Odd."),
        Attribute::computed("made", Type::String, "Odd."),
        Attribute::computed("kept", Type::String, "Odd.").keeps_prior(),
    ]
}

fn made_leaves() -> Vec<Attribute> {
    vec![Attribute::computed("made", Type::String, "Odd.")]
}
