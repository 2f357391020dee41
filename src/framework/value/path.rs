//! Where in a value something is: the steps from the root of a resource or provider block.

use std::fmt;

/// One step from a value into what it holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Into an attribute of an object.
    Attribute(String),
    /// To an element of a list or tuple, counted from 0.
    Index(usize),
    /// To an element of a map.
    Key(String),
}

/// An attribute path; empty for the root. No step leads into a set: such a path ends at the set.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(Vec<Step>);

impl Path {
    /// The path of the block as a whole.
    pub fn root() -> Self {
        Self::default()
    }

    /// An attribute of the root, or one below it, as in `timeouts.create`: names without dots,
    /// joined by dots.
    pub fn of(dotted: &str) -> Self {
        Self(dotted.split('.').map(|name| Step::Attribute(name.to_owned())).collect())
    }

    /// This path, one attribute further down.
    pub fn attribute(&self, name: &str) -> Self {
        self.with(Step::Attribute(name.to_owned()))
    }

    /// This path, one element of a list or tuple further down; counted from 0.
    pub fn index(&self, index: usize) -> Self {
        self.with(Step::Index(index))
    }

    /// This path, one element of a map further down.
    pub fn key(&self, key: &str) -> Self {
        self.with(Step::Key(key.to_owned()))
    }

    /// This path, one step further down.
    pub fn then(&self, step: &Step) -> Self {
        self.with(step.clone())
    }

    /// The steps from the root, outermost first.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Whether this is the root, and so points at no attribute.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn with(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Attribute(name) if position == 0 => f.write_str(name)?,
                Step::Attribute(name) => write!(f, ".{name}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) => write!(f, "[{key:?}]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_as_in_configuration() {
        let path = Path::of("endpoints.ram").index(2).key("a b").attribute("x");
        assert_eq!(path.to_string(), r#"endpoints.ram[2]["a b"].x"#);
        assert_eq!(Path::root().to_string(), "");
    }
}
