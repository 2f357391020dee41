//! tfplugin6 on the wire.

pub mod generated;
